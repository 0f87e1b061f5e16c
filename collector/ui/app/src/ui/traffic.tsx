// Traffic of an interface: In above the axis, Out below, zero in the middle.
import { useEffect, useMemo, useState } from 'preact/hooks'
import { ApiError } from '../lib/api'
import { bitAxis, bitRate, bytesMoved, durationShort, percent } from '../lib/format'
import { fillBefore, gridFor, highest, lastOf, p95Query, peakQuery, queryAt, queryRange, trafficQuery, type Direction, type Grid } from '../lib/prom'
import type { Range } from '../lib/range'
import { roundStep, ticksBetween } from '../lib/scale'
import { hourMinute, instant, when } from '../lib/time'
import type { Interface, Outage } from '../lib/types'
import { Card, Empty, Failed, PromQL, Skeleton } from './parts'
import { column, Plot, rule, type Paint } from './plot'

interface Flow { mean: (number | null)[]; peak: (number | null)[]; p95: number | null }
interface Data { grid: Grid; In: Flow; Out: Flow }

async function flow(device: string, key: string, d: Direction, interval: number, r: Range, g: Grid, signal: AbortSignal): Promise<Flow> {
  const nothing = g.times.map(() => null)
  const one = async (q: string) => (await queryRange(q, g, signal))[0]?.values ?? nothing
  const peakText = peakQuery(device, key, d, interval, g.step)
  const [fine, peak, p95] = await Promise.all([
    one(trafficQuery(device, key, d, interval, g.step)),
    peakText ? one(peakText) : Promise.resolve(nothing),
    queryAt(p95Query(device, key, d, interval, r.to - r.from), r.to, signal).then((a) => a[0]?.value ?? null),
  ])
  const mean = g.step < 300 && fine[0] === null ? fillBefore(fine, await one(trafficQuery(device, key, d, 75, 300))) : fine
  return { mean, peak: mean.map((m, i) => (peak[i] != null && m !== null ? Math.max(m, peak[i]!) : m)), p95 }
}

interface Props { device: string; iface: Interface; interval: number; range: Range; outages: Outage[]; tick: number }

export function Traffic({ device, iface, interval, range, outages, tick }: Props) {
  const [data, set] = useState<Data | undefined>()
  const [error, fail] = useState<ApiError | undefined>()
  const [tries, again] = useState(0)
  const subject = `${device} ${iface.key} ${range.text}`
  const [shown, setShown] = useState('')

  useEffect(() => {
    const stop = new AbortController()
    const g = gridFor(range, interval)
    Promise.all((['In', 'Out'] as const).map((d) => flow(device, iface.key, d, interval, range, g, stop.signal)))
      .then(([i, o]) => {
        set({ grid: g, In: i!, Out: o! })
        setShown(subject)
        fail(undefined)
      })
      .catch((e) => { if (!stop.signal.aborted) fail(e instanceof ApiError ? e : new ApiError(0, 'No answer', String(e))) })
    return () => stop.abort()
  }, [subject, interval, tick, tries])

  const g = gridFor(range, interval)
  const queries = (['In', 'Out'] as const).flatMap((d) => [
    trafficQuery(device, iface.key, d, interval, g.step), peakQuery(device, iface.key, d, interval, g.step) ?? [],
  ].flat())
  const title = `${iface.key}${iface.alias ? ` ${iface.alias}` : ''}, traffic`
  return (
    <Card title={title} more={<PromQL queries={queries} />}>
      <div class="body">
        {error && !data && <Failed what="The graph could not be read." error={error} again={() => again(tries + 1)} />}
        {!error && (!data || shown !== subject) && <Skeleton rows={8} />}
        {data && shown === subject && <TrafficPlot data={data} iface={iface} range={range} outages={outages} />}
      </div>
    </Card>
  )
}

/** Top and bottom of the axis; capacity is inside when at least a quarter of it is used. */
export function trafficScale(inTop: number, outTop: number, capacity: number | null) {
  const used = Math.max(inTop, outTop)
  const withCapacity = capacity !== null && capacity > 0 && used >= capacity / 4
  const up = withCapacity ? Math.max(inTop, capacity) : inTop
  const step = roundStep(Math.max((up + outTop) / 6, 1))
  const high = Math.max(step, up * 1.06)
  const low = -Math.max(step * 0.9, outTop * 1.25)
  return { step, high, low, withCapacity }
}

const highOf = (f: Flow) => Math.max(0, ...f.peak.map((v) => v ?? 0), f.p95 ?? 0)

function TrafficPlot({ data, iface, range, outages }: { data: Data; iface: Interface; range: Range; outages: Outage[] }) {
  const { grid, In, Out } = data
  const capacity = iface.speed_bps
  const known = [...In.mean, ...Out.mean].some((v) => v !== null)
  const scale = trafficScale(highOf(In), highOf(Out), capacity)
  const plotData = useMemo(() => [In.mean, Out.mean.map(minus), In.peak, Out.peak.map(minus)], [data])
  if (!known) {
    return <Empty>No traffic was measured on {iface.key} in this time. {iface.admin_status === 'down' ? 'The interface is switched off.' : 'Pick a longer range, or look at whether the device answers SNMP.'}</Empty>
  }
  const ticks = ticksBetween(scale.low, scale.high, scale.step).map((v) => ({
    at: v, text: v === 0 ? '0' : bitAxis(v), strong: v === 0,
  }))
  const last = ticks.at(-1)
  if (last) last.text = bitRate(last.at)
  const peak = highest(In.peak, grid.times)
  const outPeak = highest(Out.peak, grid.times)
  const label = `Traffic of ${iface.key}, ${range.label}. In peaks at ${bitRate(peak?.value)}${peak ? ` at ${hourMinute(peak.at * 1000)}` : ''}, `
    + `95th percentile ${bitRate(In.p95)}; out peaks at ${bitRate(outPeak?.value)}, 95th percentile ${bitRate(Out.p95)}`
    + (capacity ? `; capacity ${bitRate(capacity)}` : '')

  const behind = (p: Paint) => {
    for (const o of outages) {
      const to = o.to ? Date.parse(o.to) / 1000 : range.to
      column(p, Date.parse(o.from) / 1000, to, '--down-wash', '', 'bottom')
    }
  }
  const above = (p: Paint) => {
    const edge = p.box.left + p.box.width
    if (scale.withCapacity && capacity) {
      rule(p, capacity, '--ink', { width: 1.5 })
      p.text(`capacity ${bitRate(capacity)}`, edge - 4 * p.px, p.y(capacity) + 14 * p.px, { align: 'right', halo: true })
    }
    if (In.p95) {
      rule(p, In.p95, '--d-in', { dash: [6, 4] })
      p.text(`p95 in ${bitRate(In.p95)}`, p.box.left + 6 * p.px, p.y(In.p95) - 5 * p.px, { halo: true })
    }
    if (Out.p95) {
      rule(p, -Out.p95, '--d-out', { dash: [6, 4] })
      p.text(`p95 out ${bitRate(Out.p95)}`, p.box.left + 6 * p.px, p.y(-Out.p95) + 13 * p.px, { halo: true })
    }
    for (const o of outages) outageWord(p, o, range)
  }
  return (
    <Plot label={label} height={272} times={grid.times} from={range.from} to={range.to} data={plotData}
      series={[
        { stroke: '--d-in', fill: '--d-in-fill', dot: '--d-in' },
        { stroke: '--d-out', fill: '--d-out-fill', dot: '--d-out' },
        { fill: '--d-band' }, { fill: '--d-band-out' },
      ]}
      y={[scale.low, scale.high]} ticks={ticks} behind={behind} above={above}
      readout={(i) => <Readout i={i} data={data} capacity={capacity} range={range} />} />
  )
}

const minus = (v: number | null) => (v === null ? null : -v)

function outageWord(p: Paint, o: Outage, range: Range) {
  const to = o.to ? Date.parse(o.to) / 1000 : range.to
  const from = Date.parse(o.from) / 1000
  if (to < range.from || from > range.to) return
  const x = (p.x(Math.max(from, range.from)) + p.x(Math.min(to, range.to))) / 2
  const mid = Math.max(p.box.left + 40 * p.px, Math.min(p.box.left + p.box.width - 40 * p.px, x))
  p.text(`down ${durationShort(o.raw_seconds)}`, mid, p.box.top + p.box.height - 6 * p.px, { align: 'center', token: '--down-ink', halo: true })
}

const swatch = (token: string) => <i class="sw" style={{ background: `var(${token})` }} />

function Readout({ i, data, capacity, range }: { i: number | null; data: Data; capacity: number | null; range: Range }) {
  const { grid, In, Out } = data
  if (i !== null) {
    const a = In.mean[i] ?? null
    const b = Out.mean[i] ?? null
    const t = grid.times[i]! * 1000
    return (
      <>
        <span><b>{range.to - range.from > 86400 ? instant(t).slice(0, -3) : hourMinute(t)}</b></span>
        {a === null && b === null ? <span>not measured</span> : (
          <>
            <span>{swatch('--d-in')}In <b>{bitRate(a)}</b>{In.peak[i] != null && `, peak ${bitRate(In.peak[i])}`}</span>
            <span>{swatch('--d-out')}Out <b>{bitRate(b)}</b></span>
            {capacity !== null && capacity > 0 && a !== null && b !== null && <span>{percent(Math.max(a, b) / capacity)} of capacity</span>}
          </>
        )}
      </>
    )
  }
  const now = (f: Flow) => {
    const l = lastOf(f.mean)
    if (!l) return <b>–</b>
    const age = range.to - grid.times[l.index]!
    if (!range.live) return null
    return age > 3 * grid.step + 60 ? <span class="mute">{bitRate(l.value)}, {durationShort(age)} ago</span> : <><b>{bitRate(l.value)}</b> now</>
  }
  const peak = highest(In.peak, grid.times)
  const outPeak = highest(Out.peak, grid.times)
  const moved = [...In.mean, ...Out.mean].reduce<number>((s, v) => s + (v ?? 0) * grid.step / 8, 0)
  return (
    <>
      <span>{swatch('--d-in')}In, above {now(In)}</span>
      <span>{swatch('--d-out')}Out, below {now(Out)}</span>
      {peak && <span>peak in <b>{bitRate(peak.value)}</b> {whenShort(peak.at, range)}</span>}
      {outPeak && <span class="desk">peak out <b>{bitRate(outPeak.value)}</b> {whenShort(outPeak.at, range)}</span>}
      <span>moved <b>{bytesMoved(moved)}</b></span>
    </>
  )
}

const whenShort = (t: number, r: Range) => (r.to - r.from > 86400 ? when(t * 1000, r.to * 1000) : hourMinute(t * 1000))
