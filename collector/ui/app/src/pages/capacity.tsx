// What fills up, when, and what to order by which date.
import '../css/capacity.css'
import { useApi } from '../lib/api'
import { amount, classes, countWords, dateWords, dayOf, fullWords, limitWords, qualityWords, share, type Outlook, type Plan, type Quality } from '../lib/capacity'
import { hourMinute } from '../lib/time'
import { percent } from '../lib/format'
import { href, setQuery, usePlace } from '../lib/router'
import { useCompany, useSiteName } from '../ui/company'
import { Icon } from '../ui/icons'
import { GrowthCard } from '../ui/growth'
import { HoursAhead } from '../ui/hours'
import { OutlookChart, trust } from '../ui/outlook'
import { Empty, Load } from '../ui/parts'
import { Page } from '../ui/shell'
import { Answer, Demo } from '../ui/state'
import { Region } from '../ui/table'
import { WhatIfCard, assumptions } from '../ui/whatif'

const YEAR = 365 * 86_400_000

export function Capacity() {
  const { query } = usePlace()
  const company = useCompany()
  const siteName = useSiteName()
  const site = query.get('site')
  const cls = query.get('class') ?? ''
  const q = new URLSearchParams({ scope: site ? `site:${site}` : 'company', limit: '200' })
  if (cls) q.set('class', cls)
  const of = useApi<Plan>(`capacity?${q}`, ['inventory'], 60)
  const chosen = query.get('resource') ?? of.data?.items[0]?.resource ?? null
  return (
    <Page title="Capacity">
      <div class="head">
        <h1 class="eyebrow">Capacity{site && ` · ${siteName(site)}`}{of.data && ` · ${countWords(of.data.counts)}`}{of.data?.made_at && ` · daily, last run ${hourMinute(of.data.made_at)}`}<Demo on={company.data?.demo} /></h1>
        {of.data ? <Answer phrases={of.data.answer} /> : <p class="answer">{of.error ? 'The plan could not be read.' : '\u00a0'}</p>}
      </div>
      <div class="grid">
        <section class="card c12">
          <header>
            <h2>What fills up, by order date</h2>
            {of.data && <span class="chip">{of.data.within_a_year} of {of.data.total ?? of.data.items.length} within a year</span>}
            <span class="legend desk"><span><i class="cap-order" />order by</span><span><i class="cap-band" />full, 80 % interval</span><span><i class="cap-mid" />most likely</span></span>
            <span class="sp" />
            <div class="seg noprint" role="group" aria-label="Kind of resource">
              {classes.map((c) => <button type="button" aria-pressed={c.key === cls} onClick={() => setQuery({ class: c.key || null, resource: null })}>{c.label}</button>)}
            </div>
            <a class="link small noprint" href={`/api/v1/reports/capacity?${new URLSearchParams({ scope: site ? `site:${site}` : 'company', format: 'csv', table: 'plan' })}`} download="capacity.csv">CSV</a>
          </header>
          <Load of={of} what="The capacity plan could not be read." rows={6} row={46}>
            {(plan) => (plan.items.length
              ? <Ranked plan={plan} chosen={chosen} />
              : <Empty>{cls ? 'Nothing of this kind is measured.' : 'Nothing is measured yet that can fill up. Interfaces, processors, memory and disks appear an hour after a device is added, a forecast after 14 days.'}</Empty>)}
          </Load>
        </section>
        {chosen && of.data && of.data.items.length > 0 && <Detail key={chosen} resource={chosen} others={of.data.items} />}
        {of.data && of.data.items.length > 0 && <GrowthCard scope={site ? `site:${site}` : 'company'} cls={cls} now={of.data.items[0]!.day} siteName={siteName} />}
      </div>
    </Page>
  )
}

// How many are shown besides what has a date: the fullest.
const FULLEST = 5

/** What has a date and the fullest of the rest; all of it on demand. */
function Ranked({ plan, chosen }: { plan: Plan; chosen: string | null }) {
  const all = usePlace().query.get('all') === '1'
  const dated = plan.items.filter((o) => o.order_by !== null).length
  const shown = plan.items.filter((o, i) => all || i < dated + FULLEST || o.resource === chosen)
  const more = (plan.total ?? plan.items.length) - shown.length
  return (
    <>
      <Table items={shown} chosen={chosen} />
      {(more > 0 || all) && (
        <p class="cap-none small noprint">
          <button type="button" class="aslink" onClick={() => setQuery({ all: all ? null : '1' })}>{all ? 'Show only what fills up first' : `Show all ${plan.total ?? plan.items.length}`}</button>
        </p>
      )}
      <Withheld items={plan.withheld} />
    </>
  )
}

function Table({ items, chosen }: { items: Outlook[]; chosen: string | null }) {
  const now = items[0]!.day
  const from = dayOf(now)
  return (
    <Region label="What fills up">
      <table class="cap">
        <thead><tr><th scope="col">Resource</th><th scope="col" class="num">p95 now</th><th scope="col" class="lo cap-axis"><Axis from={from} /><span class="vh">The next year</span></th><th scope="col" class="lo">Full</th><th scope="col" aria-sort="ascending">Order by</th><th scope="col" class="num lo">Back-test</th></tr></thead>
        <tbody>{items.map((o) => <Row key={o.resource} o={o} now={now} from={from} on={o.resource === chosen} />)}</tbody>
      </table>
    </Region>
  )
}

function Row({ o, now, from, on }: { o: Outlook; now: string; from: number; on: boolean }) {
  const full = fullWords(o, now)
  const hot = o.order_by !== null && dayOf(o.order_by) < from + 14 * 86_400_000
  return (
    <tr class={on ? 'sel' : undefined}>
      <td class="tall"><a class="two strong" data-row href={href('/capacity', { resource: o.resource })} aria-current={on ? 'true' : undefined}>{o.title}</a><span class="two">{o.capacity ? `${amount(o.capacity, o.unit)}, ` : ''}{limitWords(o)}</span></td>
      <td class="num"><span class="two">{amount(o.p95, o.unit)}</span><span class="two">{percent(share(o))}</span></td>
      <td class="lo cap-axis"><Bar o={o} from={from} /></td>
      <td class="lo">{o.withheld && !o.over_since ? <span class="mute">no date</span> : <><span class={full.tone ? 'two cap-bad' : 'two'}>{full.text}</span><span class="two">{full.note}</span></>}</td>
      <td>{o.order_by ? <><span class={`two strong${o.overdue ? ' cap-bad' : hot ? ' cap-warn' : ''}`}>{o.overdue ? 'overdue' : dateWords(o.order_by, now)}</span><span class="two">lead time {o.lead_time_days} d</span></> : <span class="mute">{o.withheld ? 'withheld' : 'nothing'}</span>}</td>
      <td class="num lo"><span class="two">{percent(o.backtest.coverage80)}</span><span class="two">{o.backtest.mase === null ? '' : `MASE ${o.backtest.mase.toFixed(2)}`}</span></td>
    </tr>
  )
}

const x = (date: string | null, from: number) => (date === null ? 300 : Math.max(0, Math.min(300, ((dayOf(date) - from) / YEAR) * 300)))

function Axis({ from }: { from: number }) {
  const marks: { at: number; text: string }[] = []
  const d = new Date(from)
  for (let i = 1; i <= 11; i += 2) {
    const t = Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + i, 1)
    marks.push({ at: ((t - from) / YEAR) * 300, text: dateWords(new Date(t).toISOString().slice(0, 10), '').split(' ')[1]! })
  }
  return <svg width="300" height="14" viewBox="0 0 300 14" aria-hidden="true">{marks.map((m) => <text x={m.at} y="11">{m.text}</text>)}</svg>
}

/** Order by, the interval in which it fills up, and the likely day, on the next year. */
function Bar({ o, from }: { o: Outlook; from: number }) {
  if (o.over_since) return <svg width="300" height="22" viewBox="0 0 300 22" aria-hidden="true"><rect x="0" y="6" width="300" height="10" class="cap-full" /><rect x="0" y="4" width="4" height="14" class="cap-now" /></svg>
  if (!o.full_on.p10) return <span class="vh">not within a year</span>
  const a = x(o.full_on.p10, from)
  const z = x(o.full_on.p90, from)
  const order = x(o.order_by, from)
  return (
    <svg width="300" height="22" viewBox="0 0 300 22" aria-hidden="true">
      <line x1={order} x2={a} y1="11" y2="11" class="cap-lead" />
      <rect x={a} y="6" width={Math.max(2, z - a)} height="10" class="cap-bar" />
      {o.full_on.p50 && <rect x={x(o.full_on.p50, from) - 1} y="4" width="2" height="14" class="cap-likely" />}
      <rect x={order - 1} y="3" width="2.5" height="16" class={o.overdue || dayOf(o.order_by!) < from + 14 * 86_400_000 ? 'cap-soon' : 'cap-by'} />
    </svg>
  )
}

function Withheld({ items }: { items: Outlook[] }) {
  if (!items.length) return null
  const shown = items.slice(0, 6)
  return (
    <p class="cap-none small sub"><b class="med">{items.length === 1 ? '1 resource gets no date' : `${items.length} resources get no date`}:</b> {shown.map((o) => `${o.title} (${o.withheld})`).join(', ')}{items.length > shown.length && ` and ${items.length - shown.length} more`}.</p>
  )
}

function Detail({ resource, others }: { resource: string; others: Outlook[] }) {
  const { query } = usePlace()
  const hours = query.get('ahead') === 'hours'
  const r = encodeURIComponent(resource)
  const of = useApi<Outlook>(`capacity/resource?resource=${r}`, ['inventory'], 300)
  const asked = assumptions(query)
  const changed = useApi<Outlook>(asked ? `capacity/what-if?resource=${r}&${asked}` : null, [], 300)
  const shown = asked ? changed.data ?? of.data : of.data
  return (
    <>
      <section class="card c8">
        <header>
          <h2>{of.data?.title ?? resource}</h2>
          {of.data?.interface && <span class="chip line">{of.data.device} {of.data.interface}</span>}
          {of.data?.direction && <span class="chip line">{of.data.direction === 'in' ? 'received' : 'sent'}</span>}
          <span class="more row g12 noprint">
            <span class="seg" role="group" aria-label="How far ahead">
              <button type="button" aria-pressed={!hours} onClick={() => setQuery({ ahead: null })}>Months</button>
              <button type="button" aria-pressed={hours} onClick={() => setQuery({ ahead: 'hours' })}>Two weeks</button>
            </span>
            <a class="link" download={`${resource.replace(/[^\w.-]/g, '-')}.csv`} href={`/api/v1/capacity/history.csv?resource=${r}`}>CSV</a>
            {of.data && <a class="link" href={href(`/devices/${encodeURIComponent(of.data.device)}`)}>Device</a>}
          </span>
        </header>
        <div class="body stack">
          <Load of={of} what="The forecast could not be read." rows={6}>
            {(past) => (hours ? <HoursAhead outlook={past} /> : (
              <>
                {past.history?.length ? <OutlookChart past={past} outlook={shown!} /> : <Empty>There is no whole day of data yet.</Empty>}
                <p class="note"><Icon name="info" size={14} /><span>{shown!.withheld ? <><b class="med">No date is given:</b> {shown!.withheld}. </> : <b class="med">How far to trust this. </b>}{trust(past)}</span></p>
              </>
            ))}
          </Load>
          {of.data?.unit === 'bit/s' && <Sound resource={resource} />}
        </div>
      </section>
      {of.data && shown && <WhatIfCard base={of.data} shown={shown} others={others} waiting={!!asked && !changed.data && !changed.error} error={asked ? changed.error : undefined} />}
    </>
  )
}

/** Errors, discards and a speed that cannot be true. */
function Sound({ resource }: { resource: string }) {
  const of = useApi<Quality>(`capacity/quality?resource=${encodeURIComponent(resource)}`, ['inventory'], 300)
  const words = of.data && qualityWords(of.data)
  return words ? <p class="small sub">{words}</p> : null
}
