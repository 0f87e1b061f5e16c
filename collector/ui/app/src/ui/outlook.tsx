// The detail of one resource: its past, what is expected, and when to order.
import { amount, dateWords, dayOf, limitWords, type Expected, type Outlook } from '../lib/capacity'
import { bitAxis, bytesBinary, percent } from '../lib/format'
import { roundStep, ticksBetween } from '../lib/scale'
import { clip, Plot, rule, type Paint } from './plot'

const AHEAD = 180 * 86_400_000

export const axis = (v: number, unit: string) => (unit === 'bit/s' ? bitAxis(v) : unit === 'bytes' ? bytesBinary(v) : String(Math.round(v)))

/** The 80 % band of what is expected. */
export function band(p: Paint, ahead: Expected[], at: (f: Expected) => number) {
  p.ctx.fillStyle = p.colour('--d-band-2')
  p.ctx.beginPath()
  ahead.forEach((f, i) => p.ctx[i ? 'lineTo' : 'moveTo'](p.x(at(f)), p.y(f.p90)))
  for (const f of [...ahead].reverse()) p.ctx.lineTo(p.x(at(f)), p.y(f.p10))
  p.ctx.fill()
}

export function OutlookChart({ past, outlook: o }: { past: Outlook; outlook: Outlook }) {
  const history = past.history ?? []
  const dated = o.withheld === undefined || o.withheld === '' ? o.forecast : []
  const today = dayOf(o.day)
  const ahead = dated.filter((f) => dayOf(f.date) <= today + AHEAD)
  const times = [...history.map((h) => dayOf(h.date)), ...ahead.map((f) => dayOf(f.date))].map((t) => t / 1000)
  const was = [...history.map((h) => h.p95), ...ahead.map(() => null)]
  const will = [...history.map(() => null), ...ahead.map((f) => f.p50)]
  const top = Math.max(0, ...history.map((h) => h.p95 ?? 0), ...ahead.map((f) => f.p90), o.limit ?? 0, Math.min(o.capacity ?? 0, 2 * (o.limit ?? 0))) * 1.06 || 1
  const step = roundStep(top / 5)
  const from = times[0] ?? today / 1000 - 86400
  const to = Math.max(times[times.length - 1] ?? 0, today / 1000 + 86400)
  const now = o.day
  const marks = (p: Paint) => {
    const line = (date: string, token: string, text: string, bottom: number) => {
      const t = dayOf(date) / 1000
      if (t < from || t > to) return
      const x = p.x(t)
      p.ctx.fillStyle = p.colour(token)
      p.ctx.fillRect(x - p.px / 2, p.box.top, 1.5 * p.px, p.box.height)
      const right = x > p.box.left + p.box.width - 110 * p.px
      p.text(text, x + (right ? -6 : 6) * p.px, p.box.top + p.box.height - bottom * p.px, { align: right ? 'right' : 'left', token: token === '--degraded' ? '--degraded-ink' : '--ink-3', halo: true })
    }
    if (o.capacity && o.capacity <= top) {
      rule(p, o.capacity, '--ink', { width: 1.5 })
      p.text(`capacity ${amount(o.capacity, o.unit)}`, p.box.left + 6 * p.px, p.y(o.capacity) + 14 * p.px, { halo: true })
    }
    if (o.limit) {
      rule(p, o.limit, '--degraded', { width: 1.5, dash: [6, 4] })
      p.text(limitWords(o), p.box.left + 6 * p.px, p.y(o.limit) - 6 * p.px, { token: '--degraded-ink', halo: true })
    }
    for (const s of o.shifts) line(s.date, '--ink-3', `re-based ${dateWords(s.date, now)}`, 6)
    line(o.day, '--ink-3', 'today', 22)
    if (o.order_by && !o.over_since) line(o.order_by, '--degraded', `order by ${dateWords(o.order_by, now)}`, 38)
  }
  const label = `${o.title}: daily 95th percentile and forecast. ${o.order_by ? `Order by ${dateWords(o.order_by, now, true)}.` : ''}`
  return (
    <Plot
      label={label} height={286} times={times} from={from} to={to} data={[was, will]} y={[0, top]}
      series={[{ stroke: '--d-in', width: 1.2 }, { stroke: '--d-in', width: 2 }]}
      ticks={ticksBetween(0, top, step).map((at) => ({ at, text: axis(at, o.unit) }))} behind={(p) => clip(p, () => band(p, ahead, (f) => dayOf(f.date) / 1000))} above={marks}
      readout={(i) => <Readout i={i} outlook={o} history={history.length} past={past} ahead={ahead} />}
    />
  )
}

function Readout({ i, outlook: o, history, past, ahead }: { i: number | null; outlook: Outlook; history: number; past: Outlook; ahead: Outlook['forecast'] }) {
  if (i === null) {
    return <><span>daily p95 <b>{amount(o.p95, o.unit)}</b></span>{o.trend_per_day !== null && <span>{o.trend_per_day < 0 ? 'falls' : 'grows'} <b>{amount(Math.abs(o.trend_per_day), o.unit)} a day</b></span>}<span class="mute">line: daily p95 · thick: medians of 7 days ahead · band: 80 %</span></>
  }
  if (i < history) {
    const h = past.history![i]!
    return <><span><b>{dateWords(h.date, o.day, true)}</b></span><span>{h.p95 === null ? 'no data, left out' : <>p95 <b>{amount(h.p95, o.unit)}</b></>}</span>{h.max !== null && <span>largest <b>{amount(h.max, o.unit)}</b></span>}</>
  }
  const f = ahead[i - history]
  if (!f) return null
  return <><span><b>{dateWords(f.date, o.day, true)}</b></span><span>likely <b>{amount(f.p50, o.unit)}</b></span><span>80 %: <b>{amount(f.p10, o.unit)} – {amount(f.p90, o.unit)}</b></span></>
}

/** How far to trust a forecast, in words. */
export function trust(o: Outlook): string {
  const b = o.backtest
  const parts: string[] = []
  if (b.n > 0 && b.coverage80 !== null) parts.push(`Replayed on ${b.n} past days, the 80 % band caught ${percent(b.coverage80)} of what came`)
  if (b.mase !== null) parts.push(`its error is ${(b.naive_mase ? b.mase / b.naive_mase : b.mase).toFixed(2)} of a seasonal-naive forecast (below 1 is better)`)
  let out = parts.length ? `${parts.join('; ')}. ` : ''
  out += `Model: ${o.model || 'none'}, from ${o.history_days} days of which ${percent(o.coverage)} have data. `
  if (o.shifts.length) out += `What lies before ${dateWords(o.shifts[o.shifts.length - 1]!.date, o.day)} is not fitted: the level or its slope changed there. `
  if (o.compared) out += `A forecast of ${dateWords(o.compared.made_at.slice(0, 10), o.day)} was off by ${percent(Math.abs(o.compared.median_error))} in the median. `
  if (o.beyond) out += 'The likely date lies further ahead than twice the history: take it as a direction. '
  return out + 'Below 60 % caught, no date is shown.'
}
