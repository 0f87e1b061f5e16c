// Smoke: the median of the round trip coloured by loss; bands of the rest in grey; complete loss is a full column, never blank.
import { useEffect, useMemo, useState } from 'preact/hooks'
import { ApiError } from '../lib/api'
import { durationShort, lossCounts, percent, rtt } from '../lib/format'
import { echoQuery, fillBefore, gridFor, highest, increments, lossOf, median, queryRange, rttQuery, type Grid, type Series } from '../lib/prom'
import type { Range } from '../lib/range'
import { roundStep, ticksBetween } from '../lib/scale'
import { hourMinute, instant } from '../lib/time'
import { Card, Empty, Failed, PromQL, Skeleton } from './parts'
import { column, Plot, type Paint } from './plot'

const quantiles = ['0', '0.05', '0.25', '0.5', '0.75', '0.95', '1'] as const
const mid = 3

export interface SmokeData { grid: Grid; q: (number | null)[][]; loss: (number | null)[]; lost: number; sent: number }

/** The colour of loss: ink, amber, orange, red, crimson. */
export function lossToken(ratio: number | null): string {
  if (!ratio) return '--d-line'
  return ratio <= 0.02 ? '--loss-1' : ratio <= 0.1 ? '--loss-2' : ratio <= 0.5 ? '--loss-3' : '--loss-4'
}

export interface Span { from: number; to: number } // indices, inclusive

/** Where every echo was lost, as spans. Steps in which nothing was sent neither end nor begin one. */
export function lostSpans(loss: (number | null)[]): Span[] {
  const out: Span[] = []
  let open: Span | null = null
  loss.forEach((l, i) => {
    if (l === 1) {
      if (open) open.to = i
      else out.push((open = { from: i, to: i }))
    } else if (l !== null) open = null
  })
  return out
}

const pick = (all: Series[], match: (m: Record<string, string>) => boolean, agent: string, g: Grid): (number | null)[] => {
  const fit = all.filter((s) => match(s.metric))
  return (fit.find((s) => s.metric.agent === agent) ?? fit[0])?.values ?? g.times.map(() => null)
}

async function read(device: string, agent: string, r: Range, signal: AbortSignal): Promise<SmokeData> {
  const g = gridFor(r, 60)
  const before: Grid = { ...g, from: g.from - g.step, times: [g.from - g.step, ...g.times] }
  const [rtts, echoes] = await Promise.all([queryRange(rttQuery(device, g.step), g, signal), queryRange(echoQuery(device), before, signal)])
  let q = quantiles.map((x) => pick(rtts, (m) => m.quantile === x, agent, g))
  if (g.step < 300 && q[mid]![0] === null) {
    const coarse = await queryRange(rttQuery(device, 300), g, signal)
    q = q.map((fine, i) => fillBefore(fine, pick(coarse, (m) => m.quantile === quantiles[i], agent, g)))
  }
  const counter = (name: string) => increments(pick(echoes, (m) => m.__name__ === name, agent, before)).slice(1)
  const loss = lossOf(counter('ninewatch_icmp_sent_total'), counter('ninewatch_icmp_received_total'))
  const gone = loss.ratio.map((l) => l === 1)
  return { grid: g, q: q.map((s) => s.map((v, i) => (gone[i] ? null : v))), loss: loss.ratio, lost: loss.lost, sent: loss.sent }
}

interface Props { device: string; agent: string; range: Range; tick: number }

export function Smoke({ device, agent, range, tick }: Props) {
  const [data, set] = useState<{ of: string; v: SmokeData } | undefined>()
  const [error, fail] = useState<ApiError | undefined>()
  const [tries, again] = useState(0)
  const subject = `${device} ${range.text}`

  useEffect(() => {
    const stop = new AbortController()
    read(device, agent, range, stop.signal)
      .then((v) => {
        set({ of: subject, v })
        fail(undefined)
      })
      .catch((e) => { if (!stop.signal.aborted) fail(e instanceof ApiError ? e : new ApiError(0, 'No answer', String(e))) })
    return () => stop.abort()
  }, [subject, agent, tick, tries])

  const legend = (
    <span class="legend losslegend">
      <span>loss</span>
      {([['--d-line', '0 %'], ['--loss-1', '≤ 2 %'], ['--loss-2', '≤ 10 %'], ['--loss-3', '≤ 50 %'], ['--loss-4', 'more']] as const).map(([t, w]) => (
        <span><i style={{ background: `var(${t})` }} />{w}</span>
      ))}
    </span>
  )
  const here = data?.of === subject ? data.v : undefined
  return (
    <Card title="Round trip" legend={legend} more={<PromQL queries={[rttQuery(device, gridFor(range, 60).step), echoQuery(device)]} />}>
      <div class="body">
        {error && !here && <Failed what="The graph could not be read." error={error} again={() => again(tries + 1)} />}
        {!error && !here && <Skeleton rows={6} />}
        {here && <SmokePlot data={here} range={range} />}
      </div>
    </Card>
  )
}

/** The axis follows the 95 % band, so that one slow echo does not flatten the rest; what is above it is cut at the edge. */
export function smokeScale(q: (number | null)[][]): { low: number; high: number; step: number } {
  const known = (s: (number | null)[]) => s.filter((v): v is number => v !== null).sort((a, b) => a - b)
  const tops = known(q[5]!)
  const maxima = known(q[6]!)
  const lows = known(q[0]!)
  const typical = tops.length ? tops[Math.floor(tops.length * 0.98)]! : (known(q[mid]!).at(-1) ?? 0.001)
  const high = Math.max(typical * 1.15, Math.min(maxima.length ? maxima[Math.floor(maxima.length * 0.9)]! * 1.05 : 0, typical * 2.2))
  const low = lows[0] ?? 0
  const floor = low > high * 0.25 ? low * 0.8 : 0
  return { low: floor, high, step: roundStep((high - floor) / 4) }
}

function band(p: Paint, d: SmokeData, low: number, high: number, token: string, top: number) {
  const { times, step } = d.grid
  p.ctx.fillStyle = p.colour(token)
  const draw = (run: number[]) => {
    p.ctx.beginPath()
    if (run.length === 1) { // a lone window is as wide as its step
      const i = run[0]!
      p.ctx.rect(p.x(times[i]! - step / 2), p.y(Math.min(top, d.q[high]![i]!)), p.x(times[i]! + step / 2) - p.x(times[i]! - step / 2), p.y(d.q[low]![i]!) - p.y(Math.min(top, d.q[high]![i]!)))
    } else {
      run.forEach((i, j) => p.ctx[j ? 'lineTo' : 'moveTo'](p.x(times[i]!), p.y(Math.min(top, d.q[high]![i]!))))
      for (let j = run.length - 1; j >= 0; j--) p.ctx.lineTo(p.x(times[run[j]!]!), p.y(d.q[low]![run[j]!]!))
    }
    p.ctx.fill()
  }
  let run: number[] = []
  times.forEach((_, i) => {
    if (d.q[low]![i] != null && d.q[high]![i] != null) return void run.push(i)
    if (run.length) draw(run)
    run = []
  })
  if (run.length) draw(run)
}

function medians(p: Paint, d: SmokeData) {
  const { times, step } = d.grid
  times.forEach((t, i) => {
    const m = d.q[mid]![i]
    if (m == null) return
    const l = d.loss[i] ?? 0
    const thick = (l > 0 ? 3.5 : 2) * p.px
    const x0 = p.x(t - step)
    p.ctx.fillStyle = p.colour(lossToken(l))
    p.ctx.fillRect(x0, p.y(m) - thick / 2, Math.max(1.5 * p.px, p.x(t) - x0 + 0.5), thick)
  })
}

function SmokePlot({ data, range }: { data: SmokeData; range: Range }) {
  const { grid, q, loss } = data
  const spans = useMemo(() => lostSpans(loss), [data])
  const plotData = useMemo(() => [q[mid]!], [data])
  const scale = useMemo(() => smokeScale(q), [data])
  const answered = q[mid]!.some((v) => v !== null)
  if (!answered && !spans.length) return <Empty>No echo was sent to this device in this time.</Empty>

  const ticks = ticksBetween(scale.low, scale.high, scale.step).map((v) => ({ at: v, text: v === 0 ? '0' : axisMs(v, scale.step) }))
  const m = median(q[mid]!)
  const slow = highest(q[6]!, grid.times)
  const spanText = (s: Span) => durationShort((s.to - s.from + 1) * grid.step)
  const label = `Round trip, ${range.label}: median ${rtt(m)}, slowest ${rtt(slow?.value)}; `
    + (data.sent ? `${lossCounts(data.lost, data.sent)} echoes lost` : 'no echoes counted')
    + spans.map((s) => `; complete loss for ${spanText(s)} from ${hourMinute(grid.times[s.from]! * 1000)}`).slice(0, 3).join('')

  const behind = (p: Paint) => {
    band(p, data, 0, 6, '--smoke-1', scale.high)
    band(p, data, 1, 5, '--smoke-2', scale.high)
    band(p, data, 2, 4, '--smoke-3', scale.high)
    medians(p, data)
    const roomy = spans.length <= 4
    for (const s of spans) {
      const from = grid.times[s.from]! - grid.step
      column(p, from, grid.times[s.to]!, '--loss-4', roomy ? `100 % lost, ${spanText(s)}` : '', 'top')
    }
  }
  return (
    <Plot label={label} height={190} times={grid.times} from={range.from} to={range.to} data={plotData}
      series={[{ dot: '--d-line' }]} dots={(i) => lossToken(loss[i] ?? 0)}
      y={[scale.low, scale.high]} ticks={ticks} behind={behind}
      readout={(i) => (i === null ? (
        <>
          <span>median <b>{rtt(m)}</b></span>
          <span>slowest <b>{rtt(slow?.value)}</b></span>
          <span>lost <b>{lossCounts(data.lost, data.sent)}</b> echoes{data.sent > 0 && `, ${lossPercent(data.lost / data.sent)}`}</span>
          <span class="mute desk">smoke: min to max, 5–95, 25–75 %</span>
        </>
      ) : <At i={i} data={data} range={range} />)} />
  )
}

const lossPercent = (r: number) => (r > 0 && r < 0.001 ? '< 0.1 %' : percent(r, r === 0 || r === 1 ? 0 : 1))
/** As many decimals as the step has: 2.5 ms, 5 ms. */
export function axisMs(v: number, step: number): string {
  const ms = step * 1000
  const digits = [0, 1, 2].find((d) => Math.abs(ms * 10 ** d - Math.round(ms * 10 ** d)) < 1e-6) ?? 3
  return `${(v * 1000).toFixed(digits)} ms`
}

function At({ i, data, range }: { i: number; data: SmokeData; range: Range }) {
  const t = data.grid.times[i]! * 1000
  const v = (k: number) => data.q[k]![i] ?? null
  const l = data.loss[i] ?? null
  return (
    <>
      <span><b>{range.to - range.from > 86400 ? instant(t).slice(0, -3) : hourMinute(t)}</b></span>
      {l === 1 ? <span>every echo lost</span> : v(mid) === null ? <span>not measured</span> : (
        <>
          <span>median <b>{rtt(v(mid))}</b></span>
          <span>5–95 % <b>{rtt(v(1))} – {rtt(v(5))}</b></span>
          {l !== null && <span>loss <b>{lossPercent(l)}</b></span>}
        </>
      )}
    </>
  )
}
