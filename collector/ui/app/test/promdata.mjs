// A sample store that answers the app's own queries with a seeded day: busy at noon, quiet at night, one outage.
import { random } from './fixtures.mjs'

const outage = [Date.parse('2026-11-18T05:10:00Z') / 1000, Date.parse('2026-11-18T05:31:00Z') / 1000]
const lossy = [Date.parse('2026-11-18T12:18:00Z') / 1000, Date.parse('2026-11-18T12:54:00Z') / 1000]
const noise = (t, salt) => random(Math.floor(t / 60) * 31 + salt)() * 2 - 1
const shape = (t) => {
  const h = (t / 3600) % 24
  return 0.12 + 0.62 * Math.exp(-((h - 11.2) ** 2) / 9) + 0.5 * Math.exp(-((h - 15.4) ** 2) / 7) + 0.16 * Math.exp(-((h - 21) ** 2) / 5)
}
const inside = (t, [a, b]) => t > a && t <= b
const top = { 'Te0/0/0': 820e6, 'Te0/0/1': 80e6, 'Te0/1/0': 520e6, 'Te0/1/1': 470e6, Po1: 52e6, 'Gi0/0/0': 5e5, 'Gi0/0/2': 120e6 }

function traffic(key, dir, t, peak) {
  if (inside(t, outage)) return null
  const size = top[key] ?? 3e7
  const v = size * shape(t) * (1 + noise(t, key.length) * 0.08) * (peak ? 1.07 + Math.abs(noise(t, 5)) * 0.12 : 1)
  return Math.max(2e4, dir === 'In' ? v : v * 0.34 + size * 0.02)
}

const quantiles = { 0: -0.5, 0.05: -0.28, 0.25: -0.12, 0.5: 0, 0.75: 0.3, 0.95: 0.85, 1: 2.1 }
function rtt(q, t) {
  if (inside(t, outage)) return null
  const load = shape(t)
  const m = 3.9 + load * 0.7 + Math.abs(noise(t, 9)) * 0.12
  const spread = 0.25 + load * 1.6 + (inside(t, lossy) ? 1.2 : 0)
  return Math.max(3.2, m + quantiles[q] * spread * (1 + noise(t, 3) * 0.2)) / 1000
}
/** Counters that grow by 60 a minute; what is lost is not received. */
const lostBefore = (t) => Math.max(0, Math.min(t, outage[1]) - outage[0]) + Math.floor(Math.max(0, Math.min(t, lossy[1]) - lossy[0]) * 0.06)
const epoch = Date.parse('2026-08-01T00:00:00Z') / 1000

function seriesFor(q) {
  const device = /device="([^"]*)"/.exec(q)?.[1] ?? ''
  const key = /ifName="([^"]*)"/.exec(q)?.[1]
  const dead = device === 'opo-dist-1' ? Date.parse('2026-11-18T14:07:12Z') / 1000 : Infinity
  const until = (f) => (t) => (t > dead ? null : f(t))
  if (/icmp_\(sent|icmp_sent/.test(q)) {
    const gone = (t) => (t > dead ? Math.floor(t - dead) : 0)
    return [
      { metric: { __name__: 'ninewatch_icmp_sent_total', device, agent: 'lis-agent-1' }, at: (t) => Math.floor(t - epoch) },
      { metric: { __name__: 'ninewatch_icmp_received_total', device, agent: 'lis-agent-1' }, at: (t) => Math.floor(t - epoch) - (device === 'opo-dist-1' ? gone(t) : lostBefore(t)) },
    ]
  }
  if (/icmp_rtt_seconds/.test(q)) {
    const only = /quantile="0.5"\}$/.test(q) ? ['0.5'] : Object.keys(quantiles)
    return only.map((quantile) => ({ metric: { device, agent: 'lis-agent-1', quantile }, at: until((t) => rtt(quantile, t)) }))
  }
  const dir = /ifHC(In|Out)Octets/.exec(q)?.[1]
  if (dir && key) return /max_over_time/.test(q) ? [{ metric: {}, at: until((t) => traffic(key, dir, t, true)) }] : [{ metric: {}, at: until((t) => traffic(key, dir, t, false)) }]
  if (dir) return Object.keys(top).map((k) => ({ metric: { ifName: k, device }, at: until((t) => traffic(k, dir, t, false)) }))
  if (/ninewatch_cpu_usage_ratio/.test(q)) return [{ metric: {}, at: (t) => (20 + 30 * shape(t) + 3 * noise(t, 2)) / 100 }]
  const room = (what, memory, flash) => [{ metric: { __name__: `ninewatch_memory_${what}`, device, name: 'Processor' }, at: () => memory }, { metric: { __name__: `ninewatch_storage_${what}`, device, name: 'bootflash' }, at: () => flash }]
  if (/_used_bytes/.test(q)) return room('used_bytes', 5.5e9, 5.1e9)
  if (/_total_bytes/.test(q)) return room('total_bytes', 8.59e9, 1.6e10)
  if (/_usage_ratio/.test(q)) return room('usage_ratio', 0.64, 0.319)
  const inlet = { device, sensor: 'Inlet', class: 'temperature' }
  if (/ninewatch_sensor_value/.test(q)) return [{ metric: { ...inlet, unit: 'celsius' }, at: (t) => 24 + 6 * shape(t) }, { metric: { device, sensor: 'Fan 1', class: 'fanspeed', part: 'fan', unit: 'rpm' }, at: () => 5400 }]
  if (/ninewatch_sensor_status/.test(q)) return [{ metric: inlet, at: () => 0 }, { metric: { device, sensor: 'Fan 1', class: 'fanspeed', part: 'fan' }, at: () => 0 }, { metric: { device, sensor: 'PSU 2', class: 'state', part: 'power_supply' }, at: () => 2 }]
  return []
}

export function answer(path, p) {
  const q = p.get('query') ?? ''
  const list = seriesFor(q)
  if (path.endsWith('/query_range')) {
    const [from, to, step] = ['start', 'end', 'step'].map((k) => Number(p.get(k)))
    const result = list.map((s) => {
      const values = []
      for (let t = from; t <= to; t += step) {
        const v = s.at(t)
        if (v !== null) values.push([t, String(v)])
      }
      return { metric: s.metric, values }
    })
    return { status: 'success', data: { resultType: 'matrix', result } }
  }
  const t = Number(p.get('time'))
  if (/^quantile_over_time/.test(q)) {
    const seconds = Number(/\[(\d+)s:300s\]/.exec(q)?.[1] ?? 86400)
    const all = []
    for (let x = t - seconds; x <= t; x += 300) {
      const v = list[0]?.at(x)
      if (v != null) all.push(v)
    }
    all.sort((a, b) => a - b)
    const v = all[Math.floor(all.length * 0.95)]
    return { status: 'success', data: { resultType: 'vector', result: v === undefined ? [] : [{ metric: {}, value: [t, String(v)] }] } }
  }
  return { status: 'success', data: { resultType: 'vector', result: list.map((s) => ({ metric: s.metric, value: [t, String(s.at(t))] })) } }
}
