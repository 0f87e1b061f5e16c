import { useEffect, useState } from 'preact/hooks'
import { now as clockNow } from '../lib/clock'
import { bytesBinary, count, percent } from '../lib/format'
import { gridFor, queryAt, queryRange, quote, type Series } from '../lib/prom'
import type { Range } from '../lib/range'
import { Mark } from './icons'
import { Card } from './parts'
import { Spark } from './spark'

type Line = (number | null)[]
export interface Resource { key: string; name: string; more: string; value: string; line: Line }
export interface Sensor { key: string; name: string; klass: string; part: string; value: string; status: number | null; line: Line }
export interface Health { resources: Resource[]; sensors: Sensor[]; parts: Sensor[] }

/** What a status is called, by the value of ninewatch_sensor_status. */
const words = ['OK', 'Warning', 'Critical', 'Unknown', 'Absent']
const marks = ['up', 'degraded', 'down', 'unknown', 'unknown'] as const
const shownSensors = 12

const units: Record<string, string> = {
  celsius: '°C', volt: 'V', ampere: 'A', watt: 'W', voltampere: 'VA', hertz: 'Hz', percent: '%', minute: 'min', second: 's', kilowatthour: 'kWh', '1': '',
}
const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 4, useGrouping: false })

/** A value of a sensor with its unit, as people write it. */
export function reading(value: number, unit: string): string {
  const u = units[unit] ?? unit
  return u === '%' || u === '°C' || u === '' ? `${number.format(value)}${u && ` ${u}`}` : `${number.format(value)} ${u}`
}

const rank = (s: Sensor) => (s.status === 2 ? 0 : s.status === 1 ? 1 : 2)

/** Puts what is wrong first, then by class and name. */
export function inOrder(list: Sensor[]): Sensor[] {
  return [...list].sort((a, b) => rank(a) - rank(b) || a.klass.localeCompare(b.klass) || a.name.localeCompare(b.name, 'en', { numeric: true }))
}

const id = (m: Record<string, string>) => `${m.class ?? ''}/${m.sensor ?? ''}`

async function health(device: string): Promise<Health> {
  const to = Math.floor(clockNow() / 1000)
  const sel = `{device=${quote(device)}}`
  const day: Range = { from: to - 86400, to, live: true, text: '24h', label: '' }
  const g = gridFor(day, 1800)
  // Samples from before there were series of our own have the names of HOST-RESOURCES-MIB alone.
  const cpu = `(ninewatch_cpu_usage_ratio${sel} or hrProcessorLoad${sel} / 100)`
  const room = (what: string) => `{__name__=~"ninewatch_(memory|storage)_${what}",device=${quote(device)}}`
  const [cpuNow, cpuDay, used, total, ratio, values, lines, status] = await Promise.all([
    queryAt(`avg(${cpu})`, to), queryRange(`avg(${cpu})`, g), queryAt(room('used_bytes'), to), queryAt(room('total_bytes'), to), queryAt(room('usage_ratio'), to),
    queryAt(`ninewatch_sensor_value${sel}`, to), queryRange(`ninewatch_sensor_value${sel}`, g), queryAt(`ninewatch_sensor_status${sel}`, to),
  ])
  const resources: Resource[] = []
  if (cpuNow[0]) resources.push({ key: 'cpu', name: 'Processor', more: 'mean of all, 24 h', value: percent(cpuNow[0].value), line: cpuDay[0]?.values ?? [] })
  for (const r of ratio) {
    const kind = r.metric.__name__?.includes('memory') ? 'memory' : 'storage'
    const same = (x: { metric: Record<string, string> }) => x.metric.name === r.metric.name && !!x.metric.__name__?.includes(kind)
    const u = used.find(same), t = total.find(same)
    resources.push({ key: `${kind}/${r.metric.name}`, name: r.metric.name || kind, more: u && t ? `${bytesBinary(u.value)} of ${bytesBinary(t.value)}` : `of the ${kind}`, value: percent(r.value), line: [] })
  }
  return { resources, ...sensors(values, lines, status) }
}

/** Joins values with what they are worth; a state has no value. */
export function sensors(values: { metric: Record<string, string>; value: number }[], lines: Series[], status: { metric: Record<string, string>; value: number }[]): { sensors: Sensor[]; parts: Sensor[] } {
  const worth = new Map(status.map((s) => [id(s.metric), s.value]))
  const line = new Map(lines.map((s) => [id(s.metric), s.values]))
  const all: Sensor[] = values.map(({ metric: m, value }) => ({
    key: id(m), name: m.sensor ?? '', klass: m.class ?? '', part: m.part ?? '', value: reading(value, m.unit ?? ''), status: worth.get(id(m)) ?? null, line: line.get(id(m)) ?? [],
  }))
  for (const { metric: m, value } of status) {
    if (!all.some((s) => s.key === id(m))) all.push({ key: id(m), name: m.sensor ?? '', klass: m.class ?? '', part: m.part ?? '', value: '', status: value, line: [] })
  }
  return { sensors: inOrder(all.filter((s) => !s.part)), parts: inOrder(all.filter((s) => s.part)) }
}

function useHealth(device: string, tick: number): Health | null {
  const [held, set] = useState<Health | null>(null)
  useEffect(() => {
    let dead = false
    health(device).then((h) => { if (!dead) set(h) }, () => { /* an extra: without an answer the cards stay as they are */ })
    return () => { dead = true }
  }, [device, tick])
  return held
}

/** Processors, memory, storage, sensors, power supplies and fans of a device, whoever made it. */
export function HealthCards({ device, tick }: { device: string; tick: number }) {
  const h = useHealth(device, tick)
  if (!h) return null
  return (
    <>
      {h.resources.length > 0 && (
        <Card title="Processor, memory and storage">
          <ul class="list two">
            {h.resources.slice(0, shownSensors).map((r) => (
              <li key={r.key}>
                <div class="min0 sp"><span class="two med cut" title={r.name}>{r.name}</span><span class="two small mute">{r.more}</span></div>
                {r.line.length > 0 && <Spark values={r.line} width={64} height={22} area={false} />}
                <span class="num strong resval">{r.value}</span>
              </li>
            ))}
          </ul>
        </Card>
      )}
      <SensorCard title="Power supplies and fans" list={h.parts} />
      <SensorCard title="Sensors" list={h.sensors} />
    </>
  )
}

function SensorCard({ title, list }: { title: string; list: Sensor[] }) {
  const [all, open] = useState(false)
  if (!list.length) return null
  return (
    <Card title={title} chip={count(list.length)}>
      <ul class="list two">
        {(all ? list : list.slice(0, shownSensors)).map((s) => (
          <li key={s.key}>
            <div class="min0 sp"><span class="two med cut" title={s.name}>{s.name}</span><span class="two small mute">{s.klass.replaceAll('_', ' ')}</span></div>
            {s.line.some((v) => v !== null) && <Spark values={s.line} width={64} height={22} area={false} />}
            <span class="rightcol nw">
              {s.value && <span class="two num strong">{s.value}</span>}
              {s.status !== null && <span class={`two small st ${marks[s.status] ?? 'unknown'}`}><Mark state={marks[s.status] ?? 'unknown'} size={10} />{words[s.status] ?? 'Unknown'}</span>}
            </span>
          </li>
        ))}
        {!all && list.length > shownSensors && <li><button type="button" class="aslink" onClick={() => open(true)}>Show all {list.length}</button></li>}
      </ul>
    </Card>
  )
}
