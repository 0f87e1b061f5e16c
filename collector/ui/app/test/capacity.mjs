// What the mock says of capacity: a line over its limit, two to order soon, one that has time, and one without a date.
const today = '2026-11-18'
const add = (days) => new Date(Date.parse(`${today}T00:00:00Z`) + days * 86400e3).toISOString().slice(0, 10)

function outlook(resource, kind, title, site, unit, capacity, limit, p95, trend, lead, more = {}) {
  const level = capacity * limit / 100
  const reached = trend > 0 && p95 < level ? Math.round((level - p95) / trend) : null
  const days = reached === null || reached > 365 ? null : reached // of the horizon
  const forecast = Array.from({ length: 52 }, (_, i) => ({ date: add(4 + 7 * i), p10: p95 + trend * 7 * i * 0.8, p50: p95 + trend * 7 * i, p90: p95 + trend * 7 * i * 1.3 }))
  return {
    resource, kind, title, site, device: 'lis-edge-1', series: resource, unit, capacity, limit: level, limit_percent: limit, lead_time_days: lead, p95, trend_per_day: trend, forecast,
    full_on: { p10: days === null ? null : add(Math.round(days / 1.3)), p50: days === null ? null : add(days), p90: days === null || days / 0.8 > 365 ? null : add(Math.round(days / 0.8)) },
    over_since: null, order_by: days === null ? null : add(Math.round(days / 1.3) - lead), overdue: false,
    probability: [{ days: lead, p: 0.03 }, { days: 30, p: 0 }, { days: 90, p: 0.5 }, { days: 180, p: 1 }],
    backtest: { mase: 0.82, naive_mase: 1.04, coverage80: 0.79, n: 330 }, model: 'season, segment and trend', shifts: [{ date: '2026-08-12', by: 6.2e7, kind: 'level' }],
    history_days: 190, coverage: 0.98, day: today, made_at: '2026-11-18T03:10:00Z', held: { warning: 0, critical: 0 }, ...more,
  }
}

const items = [
  outlook('circuit:rtm-b', 'circuit', 'Rotterdam WAN-B', 'rotterdam', 'bit/s', 5e8, 80, 4.38e8, 2e5, 45, { over_since: '2026-11-03', order_by: today, overdue: true, full_on: { p10: today, p50: today, p90: today } }),
  outlook('circuit:lis-a', 'circuit', 'Lisbon WAN-A', 'lisbon', 'bit/s', 1e9, 80, 7.12e8, 1.06e6, 55, { direction: 'in', interface: 'Te0/0/0' }),
  outlook('storage:gru-san-1/vol2', 'storage', 'São Paulo san-1 vol2', 'saopaulo', 'bytes', 41 * 2 ** 40, 90, 35.6 * 2 ** 40, 2.2e10, 45),
  outlook('interface:ham-dist-1/Po2', 'interface', 'ham-dist-1 Po2', 'hamburg', 'bit/s', 2e10, 70, 1.21e10, 1.3e7, 30, { interface: 'Po2' }),
  outlook('processor:mad-fw-1', 'processor', 'mad-fw-1 processors', 'madrid', 'percent', 100, 80, 31, 0, 30),
]
const withheld = [outlook('circuit:fnc-a', 'circuit', 'Funchal WAN-A', 'funchal', 'bit/s', 1e8, 80, 4.1e7, 0, 60, { withheld: 'its 80 % band caught only 52 % of past values', backtest: { mase: 0.9, naive_mase: 1, coverage80: 0.52, n: 330 } })]

const kinds = { links: ['circuit', 'interface'], storage: ['storage'], compute: ['processor', 'memory'], power: ['power'] }
export function plan(p) {
  const cls = p.get('class')
  const site = /^site:(.*)/.exec(p.get('scope') ?? '')?.[1]
  const of = (list) => list.filter((o) => (!cls || kinds[cls].includes(o.kind)) && (!site || o.site === site))
  const all = of([...items, ...withheld])
  return {
    items: all, next_cursor: null, total: all.length, counts: { circuit: 27, interface: 385, storage: 96, processor: 118 }, within_a_year: of(items).filter((o) => o.order_by).length, withheld: of(withheld), made_at: '2026-11-18T03:10:00Z',
    answer: [{ text: 'Order two things in the next two weeks: ', tone: 'strong' }, { text: 'bandwidth for ' }, { text: 'Lisbon WAN-A by 28 Nov', tone: 'strong' }, { text: '.' }],
  }
}
export const noPlan = { items: [], next_cursor: null, total: 0, counts: {}, within_a_year: 0, withheld: [], made_at: null, answer: [{ text: 'Nothing can be forecast yet.', tone: 'strong' }] }

export function resource(name) {
  const o = [...items, ...withheld].find((x) => x.resource === name)
  if (!o) return null
  const history = Array.from({ length: 190 }, (_, i) => {
    const v = o.p95 + o.trend_per_day * (i - 190) - (i % 7 > 4 ? 0.18 * o.p95 : 0)
    return { date: add(i - 190), p95: i > 48 && i < 52 ? null : v, max: v * 1.1, mean: v * 0.5, coverage: 1, capacity: o.capacity }
  })
  return { ...o, history }
}

export function whatIf(p) {
  const o = items.find((x) => x.resource === p.get('resource'))
  if (!o) return null
  const capacity = Number(p.get('capacity') ?? 0) || o.capacity
  const plus = items.find((x) => x.resource === p.get('plus'))
  const more = plus ? plus.p95 * Number(p.get('plus_percent') ?? 100) / 100 : 0
  return outlook(o.resource, o.kind, o.title, o.site, o.unit, capacity, Number(p.get('limit') ?? 0) || o.limit_percent, o.p95 + more, o.trend_per_day * Number(p.get('growth') ?? 100) / 100, Number(p.get('lead') ?? o.lead_time_days))
}

export function growth(p) {
  const by = p.get('by')
  const row = (group, kind, unit, now, before, more) => ({ group, kind, unit, now, before, percent: 100 * (now - before) / before, counted: 12, all: 14, order_by: add(31), over: 0, ...more })
  if (by === 'department') return { by, items: [row('', 'storage', 'bytes', 9e12, 8e12), row('Sales', 'interface', 'bit/s', 4.2e8, 3.9e8)] }
  return { by, items: [row('hamburg', 'interface', 'bit/s', 1.2e10, 1.1e10), row('lisbon', 'circuit', 'bit/s', 5.1e8, 4.2e8), row('rotterdam', 'circuit', 'bit/s', 4e8, 4.1e8, { over: 1 })] }
}

export function upgrades(p) {
  const o = items.find((x) => x.resource === p.get('resource'))
  if (!o || o.unit === 'percent') return { resource: p.get('resource'), items: [] }
  return {
    resource: o.resource, cost_today: '1,900 EUR a month',
    items: [1.5, 2, 3, 5, 10].map((k) => ({ capacity: k * o.capacity, times: k, full_on: { p10: null, p50: k < 2 ? add(300) : null, p90: null }, order_by: null, ...(k === 2 ? { cost: '2,400 EUR a month', cost_of: 'ham-a' } : {}) })),
  }
}

// A week of hours, and the next two: high by day, and over the limit on the afternoon of the second Wednesday.
export function hourly(name) {
  const o = [...items, ...withheld].find((x) => x.resource === name)
  if (!o) return null
  const begin = Date.parse(`${today}T00:00:00Z`) - 7 * 86400e3
  const at = (i) => new Date(begin + i * 3600e3).toISOString().replace('.000', '')
  const level = (i) => o.p95 * (0.55 + 0.35 * Math.sin((i % 24 - 8) / 24 * 2 * Math.PI))
  const past = Array.from({ length: 168 }, (_, i) => ({ at: at(i), mean: i > 60 && i < 64 ? null : level(i) }))
  const hours = Array.from({ length: 336 }, (_, i) => ({ at: at(168 + i), p10: level(i) * 0.85, p50: level(i), p90: level(i) * (1.1 + i / 900) }))
  const first = (key) => hours.find((h) => h[key] >= o.limit)?.at ?? null
  return {
    resource: o.resource, direction: o.direction, unit: o.unit, limit: o.limit, hours, past, reached: o.withheld ? { p10: null, p50: null, p90: null } : { p10: first('p90'), p50: first('p50'), p90: first('p10') },
    backtest: o.backtest, model: 'hour of the week and level', withheld: o.withheld, history_hours: 1344, coverage: 0.98, made_at: '2026-11-18T03:10:00Z',
  }
}

export const quality = (name) => ({ resource: name, speed: 5e8, speed_suspect: name === 'circuit:rtm-b', in: { packets: 4e9, errors: 2.1e-5, discards: 0 }, out: { packets: 3e9, errors: null, discards: 0.0031 } })
