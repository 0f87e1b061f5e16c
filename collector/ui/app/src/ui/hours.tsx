// The hours of the next two weeks of one resource, behind the last one, and which of them reaches the limit.
import { useApi } from '../lib/api'
import { amount, limitWords, type Expected, type Hourly, type Outlook } from '../lib/capacity'
import { percent } from '../lib/format'
import { roundStep, ticksBetween } from '../lib/scale'
import { dayMonth, hourMinute } from '../lib/time'
import { Icon } from './icons'
import { axis, band } from './outlook'
import { Empty, Load } from './parts'
import { clip, Plot, rule, type Paint } from './plot'

const secondsOf = (at: string) => Date.parse(at) / 1000
const hour = (at: string) => `${dayMonth(at)} ${hourMinute(at)}`

/** Which hour reaches the limit, or that none does. */
export function reachedWords(h: Hourly): string {
  const what = h.minimum ? 'falls to its limit' : 'reaches its limit'
  if (h.limit === null) return 'It has no limit: its capacity is not known.'
  if (h.reached.p50) return `The mean of an hour is likely to be the first that ${what} on ${hour(h.reached.p50)}${h.reached.p10 && h.reached.p10 !== h.reached.p50 ? `, at the earliest on ${hour(h.reached.p10)}` : ''}.`
  if (h.reached.p10) return `No hour is likely to be one that ${what}; at the earliest it is that of ${hour(h.reached.p10)}.`
  return `No hour of the next two weeks ${what}, not even at the ${h.minimum ? 'lower' : 'upper'} end of the band.`
}

function trustWords(h: Hourly): string {
  const b = h.backtest
  const replayed = b.n > 0 && b.coverage80 !== null ? `Replayed on ${b.n} past hours, the 80 % band caught ${percent(b.coverage80)} of what came${b.mase === null ? '' : `; its error is ${(b.naive_mase ? b.mase / b.naive_mase : b.mase).toFixed(2)} of a seasonal-naive forecast`}. ` : ''
  return `${replayed}Model: ${h.model || 'none'}, from ${h.history_hours} hours of which ${percent(h.coverage)} have data; computed ${hour(h.made_at)}.`
}

export function HoursAhead({ outlook: o }: { outlook: Outlook }) {
  const of = useApi<Hourly>(`capacity/hourly?resource=${encodeURIComponent(o.resource)}`, ['inventory'], 300)
  return (
    <Load of={of} what="The hours ahead could not be forecast." rows={6}>
      {(h) => (
        <>
          {h.past.length ? <HoursChart outlook={o} hourly={h} /> : <Empty>There is no whole hour of data yet.</Empty>}
          <p class="note"><Icon name="info" size={14} /><span>{h.withheld ? <><b class="med">No hour is named:</b> {h.withheld}. </> : <b class="med">{reachedWords(h)} </b>}{trustWords(h)}</span></p>
        </>
      )}
    </Load>
  )
}

function HoursChart({ outlook: o, hourly: h }: { outlook: Outlook; hourly: Hourly }) {
  const ahead: Expected[] = h.withheld ? [] : h.hours.map((e) => ({ ...e, date: e.at }))
  const times = [...h.past.map((p) => secondsOf(p.at)), ...ahead.map((e) => secondsOf(e.date))]
  const was = [...h.past.map((p) => p.mean), ...ahead.map(() => null)]
  const will = [...h.past.map(() => null), ...ahead.map((e) => e.p50)]
  const highest = Math.max(0, ...h.past.map((p) => p.mean ?? 0), ...ahead.map((e) => e.p90))
  const near = h.limit !== null && h.limit <= 4 * highest // else the limit would press the hours to the ground
  const top = Math.max(highest, near ? h.limit! : 0) * 1.06 || 1
  const now = secondsOf(h.past[h.past.length - 1]!.at) + 3600
  const marks = (p: Paint) => {
    if (near) {
      rule(p, h.limit!, '--degraded', { width: 1.5, dash: [6, 4] })
      p.text(limitWords(o), p.box.left + 6 * p.px, p.y(h.limit!) - 6 * p.px, { token: '--degraded-ink', halo: true })
    }
    p.ctx.fillStyle = p.colour('--ink-3')
    p.ctx.fillRect(p.x(now) - p.px / 2, p.box.top, 1.5 * p.px, p.box.height)
    p.text('now', p.x(now) + 6 * p.px, p.box.top + p.box.height - 6 * p.px, { token: '--ink-3', halo: true })
  }
  return (
    <Plot
      label={`${o.title}: hourly means of the last week and forecast of the next two. ${h.withheld ? '' : reachedWords(h)}`.trim()} height={286} times={times} from={times[0]!} to={Math.max(times[times.length - 1]!, now)} data={[was, will]} y={[0, top]}
      series={[{ stroke: '--d-in', width: 1.2 }, { stroke: '--d-in', width: 2 }]}
      ticks={ticksBetween(0, top, roundStep(top / 5)).map((at) => ({ at, text: axis(at, o.unit) }))}
      behind={(p) => clip(p, () => band(p, ahead, (e) => secondsOf(e.date)))} above={marks}
      readout={(i) => <Readout i={i} hourly={h} ahead={ahead} />}
    />
  )
}

function Readout({ i, hourly: h, ahead }: { i: number | null; hourly: Hourly; ahead: Expected[] }) {
  if (i === null) return <><span>hourly means</span><span class="mute">line: the last week · thick: likely · band: 80 %</span></>
  const past = h.past[i]
  if (past) return <><span><b>{hour(past.at)}</b></span><span>{past.mean === null ? 'no data, left out' : <>mean <b>{amount(past.mean, h.unit)}</b></>}</span></>
  const e = ahead[i - h.past.length]
  if (!e) return null
  return <><span><b>{hour(e.date)}</b></span><span>likely <b>{amount(e.p50, h.unit)}</b></span><span>80 %: <b>{amount(e.p10, h.unit)} – {amount(e.p90, h.unit)}</b></span></>
}
