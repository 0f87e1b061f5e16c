import { useState } from 'preact/hooks'
import { useApi } from '../lib/api'
import { useNow } from '../lib/clock'
import { availability, bounds, budgetLeft, bytesBinary, count, duration, durationShort, percent, plural } from '../lib/format'
import { href, setQuery, usePlace } from '../lib/router'
import { clock, dateLong, hourMinute, zoneName } from '../lib/time'
import type { Agent, Incident, Overview, Page as Paged, Site, State } from '../lib/types'
import { AgentsAway } from '../ui/away'
import { useCompany } from '../ui/company'
import { Icon, Mark } from '../ui/icons'
import { IncidentRow, lasted } from '../ui/incidents'
import { Card, Empty, Load } from '../ui/parts'
import { Page } from '../ui/shell'
import { Answer, cls, Demo, Percent, plainName, StateWord, states } from '../ui/state'
import { Strip } from '../ui/strip'
import { Region, rowClick, useSteady } from '../ui/table'
import { FirstRun } from './firstrun'

const windows: [string, string][] = [['7', '7 days'], ['30', '30 days'], ['90', '90 days']]

export function OverviewPage() {
  const { query } = usePlace()
  const site = query.get('site')
  const days = windows.some((w) => w[0] === query.get('days')) ? query.get('days')! : '30'
  const of = useApi<Overview>(`overview?days=${days}${site ? `&site=${encodeURIComponent(site)}` : ''}`, ['state', 'incident', 'inventory'], 30)
  const name = of.data?.sites.find((s) => s.name === site)?.display_name
  const title = site ? plainName(name ?? site) : 'Overview'
  return (
    <Page title={title} {...(site ? { crumbs: [{ text: 'Overview' }] } : {})}>
      <Load of={of} what="The overview could not be read." heading="Overview" rows={9} row={44}>
        {(o) => (o.first_run ? <FirstRun overview={o} first={o.first_run} changed={of.again} /> : <Body o={o} days={days} site={site} title={title} again={of.again} />)}
      </Load>
    </Page>
  )
}

function Body({ o, days, site, title, again }: { o: Overview; days: string; site: string | null; title: string; again: () => void }) {
  const now = useNow(30)
  return (
    <>
      <div class="head">
        <h1 class="eyebrow">{title} · {dateLong(now)} {zoneName()}<Demo on={o.demo} /></h1>
        <Answer phrases={o.answer} />
      </div>
      <AgentsAway site={site} />
      <div class="grid">
        <Trio o={o} days={days} />
        <Incidents o={o} again={again} site={site} />
        <AgentsCard site={site} />
        <SitesCard o={o} days={days} />
        <SitesPhone o={o} days={days} />
      </div>
    </>
  )
}

function Trio({ o, days }: { o: Overview; days: string }) {
  return (
    <section class="card c12 trio" id="co" aria-label={`All sites, last ${days} days`}>
      <AvailabilityCell o={o} days={days} />
      <BudgetCell o={o} />
      <DevicesCell o={o} />
    </section>
  )
}

/** Where a percentage stands on a scale of nines from 99 to 99.99; below 99 at the left edge. */
export function nine(p: number): number {
  if (p >= 100) return 100
  const nines = -Math.log10(1 - p / 100)
  return Math.max(0, Math.min(100, ((nines - 2) / 2.25) * 100))
}

function AvailabilityCell({ o, days }: { o: Overview; days: string }) {
  const a = o.availability
  if (a.percent === null) {
    return <div class="cell"><h2>Availability <span class="mute">{days} days</span></h2><div class="big">–</div><p class="small sub">Nothing was measured in this time.</p></div>
  }
  const open = a.unknown_seconds > 0 && a.low !== null && a.high !== null && a.low !== a.high
  const low = nine(Number(a.low ?? a.percent))
  const high = nine(Number(a.high ?? a.percent))
  const objective = nine(Number(a.objective))
  const sentence = `On a scale of nines: ${a.percent} percent${open ? `, certainly above ${a.low}` : ''}, objective ${a.objective}`
  return (
    <div class="cell">
      <h2>Availability <span class="mute">{days} days</span></h2>
      <div class="big">{a.percent}<small>%</small></div>
      {open
        ? <p class="small sub" title={bounds(a.low, a.high, a.unknown_seconds)}>certainly above <b class="med">{availability(a.low)}</b>: {duration(a.unknown_seconds)} unknown</p>
        : <p class="small sub">{a.unknown_seconds > 0 ? `${duration(a.unknown_seconds)} unknown` : 'nothing unknown'}, objective {availability(a.objective)}</p>}
      <div class="nines" role="img" aria-label={sentence}>
        <i class="rail" />
        {open && <i class="un" style={{ left: `${low}%`, width: `${Math.max(1, high - low)}%` }} />}
        <i class="ob" style={{ left: `${objective}%` }} />
        <i class={Number(a.percent) >= Number(a.objective) ? 'pt' : 'pt miss'} style={{ left: `${nine(Number(a.percent))}%` }} />
        <span class="l99">99</span><span class="o" style={{ left: `${objective}%` }}>{a.objective}</span>
        {Math.abs(objective - nine(99.99)) > 12 && <span class="m" style={{ left: `${nine(99.99)}%` }}>99.99</span>}
      </div>
    </div>
  )
}

const shades = [100, 82, 68, 56, 46, 38, 26]
const shade = (i: number) => `color-mix(in oklab,var(--down) ${shades[Math.min(i, shades.length - 1)]}%,var(--surface))`

function BudgetCell({ o }: { o: Overview }) {
  const { total_seconds: total, left_seconds: left } = o.budget
  const spent = o.budget.spent.filter((s) => s.seconds > 0).sort((a, b) => b.seconds - a.seconds)
  const shown = spent.length > 5 ? spent.slice(0, 4) : spent
  const rest = spent.slice(shown.length)
  const restSeconds = rest.reduce((s, x) => s + x.seconds, 0)
  const parts = [...shown.map((s) => ({ name: plainName(s.display_name || s.name), seconds: s.seconds })), ...(rest.length ? [{ name: `${rest.length} more`, seconds: restSeconds }] : [])]
  const sentence = parts.length ? `Who spent the budget: ${parts.map((p) => `${p.name} ${durationShort(p.seconds)}`).join(', ')}` : 'Nothing of the budget is spent'
  return (
    <div class="cell wide">
      <h2>Error budget</h2>
      {total > 0 ? (
        <>
          <div class="row baseline">
            <div class={left < 0 ? 'big bad' : 'big'}>{left < 0 ? duration(-left) : duration(left)}</div>
            <span class="sub">{left < 0 ? `over ${duration(total)}` : `left of ${duration(total)}, ${percent(left / total)}`}</span>
          </div>
          <div class="spent" role="img" aria-label={sentence}>
            {parts.map((p, i) => <i style={{ flex: p.seconds, background: shade(i) }} />)}
            {left > 0 && <i style={{ flex: left, background: 'var(--surface-3)' }} />}
          </div>
          <p class="small sub spentl">
            {parts.slice(0, shown.length).map((p, i) => <span><i style={{ background: shade(i) }} />{p.name} <b class="med">{durationShort(p.seconds)}</b></span>)}
            {rest.length > 0 && <span class="mute">{rest.length} more spent {durationShort(restSeconds)}</span>}
            {!parts.length && <span class="mute">Nothing of it is spent.</span>}
          </p>
        </>
      ) : <p class="small sub">No objective is set, or nothing was measured yet.</p>}
    </div>
  )
}

const plannedWord = (s: State) => (s === 'maintenance' ? 'planned' : s)

function DevicesCell({ o }: { o: Overview }) {
  const d = o.devices
  const least = d.total * 0.018 // a single device stays visible among thousands
  const rest = states.filter((s) => s !== 'up' && d[s] > 0)
  return (
    <div class="cell">
      <h2>{plural(d.total, 'device')} now</h2>
      <div class="big">{count(d.up)}<small>up</small></div>
      <div class="seg6" role="img" aria-label={states.filter((s) => d[s] > 0).map((s) => `${count(d[s])} ${plannedWord(s)}`).join(', ') || 'no devices'}>
        {states.filter((s) => d[s] > 0).map((s) => <i class={cls[s]} style={{ flex: Math.max(least, d[s]) }} />)}
      </div>
      <p class="legend statelegend">
        {rest.map((s) => <a class="row g4" href={href('/devices', { state: s })}><Mark state={s} size={11} />{count(d[s])} {plannedWord(s)}</a>)}
        {!rest.length && <span class="mute">{d.total ? 'Every device answers.' : 'No device is watched yet.'}</span>}
      </p>
    </div>
  )
}

function Incidents({ o, again, site }: { o: Overview; again: () => void; site: string | null }) {
  const open = o.incidents.open.filter((i) => !site || i.site === site)
  const resolved = o.incidents.resolved_24h.filter((i) => !site || i.site === site)
  const steady = useSteady(open, (i) => i.id, `overview ${site}`)
  const chip = steady.news ? <button type="button" class="chip" onClick={steady.settle}>{steady.news} new</button> : open.length ? plural(open.length, 'cause') : false
  return (
    <section class="card c8" id="inc">
      <header><h2>Open incidents</h2>{chip && (steady.news ? chip : <span class="chip desk">{chip}</span>)}<span class="more"><a class="link" href={href('/incidents')}>All</a></span></header>
      {open.length === 0
        ? <Empty>Nothing is broken that ninewatch can see.</Empty>
        : <ul class="incs">{steady.items.map((i, n) => <IncidentRow key={i.id} incident={i} worst={n === 0} changed={again} showDemo={!o.demo} />)}</ul>}
      {resolved.length > 0 && <Resolved list={resolved} />}
    </section>
  )
}

function Resolved({ list }: { list: Incident[] }) {
  return (
    <div class="resolved">
      <h3>Resolved in the last 24 hours</h3>
      <ul>
        {list.slice(0, 5).map((i) => (
          <li key={i.id}>
            <Icon name="check" size={13} />
            <a class="med" href={href(`/incidents/${i.id}`)}>{i.device || i.id}</a> <span class="cut">{rest(i)}</span>
            <span class="sp" /><span class="mute">{hourMinute(i.started_at)}, {durationShort(lasted(i, 0))}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** The summary without the device's name, which stands before it. */
const rest = (i: Incident) => (i.summary.startsWith(i.device + ' ') ? i.summary.slice(i.device.length + 1) : i.summary)

const agentsShown = 5
/** Who is silent first, then who has something waiting. */
const rank = (a: Agent) => (a.state === 'reporting' ? ((a.samples?.queued ?? 0) > 0 ? 1 : 2) : 0)

function AgentsCard({ site }: { site: string | null }) {
  const of = useApi<Paged<Agent>>('agents', ['inventory'], 10)
  const { data: company } = useCompany()
  const now = useNow(5)
  return (
    <div class="stack c4" id="pl">
      <Card title="Agents" more={<a class="link" href={href('/agents')}>All</a>}>
        <Load of={of} what="The agents could not be read." rows={2} row={46}>
          {(page) => {
            const items = page.items.filter((a) => !site || a.site === site).sort((a, b) => rank(a) - rank(b))
            if (!items.length) return <Empty action={<a class="link" href={href('/agents')}>Join a site</a>}>No agent reports{site ? ' from this site' : ''}.</Empty>
            return (
              <ul class="list two">
                {items.slice(0, agentsShown).map((a) => (
                  <li key={a.id}>
                    <Mark state={a.state === 'reporting' ? 'up' : 'unknown'} size={13} />
                    <div class="min0"><span class="two med cut">{a.id}</span><span class="two small mute cut">{plainName(company?.sites.find((s) => s.name === a.site)?.display_name ?? a.site)}, {plural(a.devices, 'device')}</span></div>
                    <span class="sp" />
                    <AgentNow a={a} now={now} />
                  </li>
                ))}
                {items.length > agentsShown && <li class="mute small">{items.length - agentsShown} more report</li>}
              </ul>
            )
          }}
        </Load>
      </Card>
    </div>
  )
}

function AgentNow({ a, now }: { a: Agent; now: number }) {
  if (a.state === 'revoked') return <span class="nw sub small">shut out</span>
  if (a.state === 'never') return <span class="nw sub small">has not reported yet</span>
  if (a.state === 'silent') return <span class="nw small st unknown">silent {a.last_seen ? durationShort((now - Date.parse(a.last_seen)) / 1000) : ''}</span>
  return (
    <span class="rightcol">
      <span class="two nw small">{a.watermark ? `data to ${clock(a.watermark)}` : 'reporting'}</span>
      <span class="two nw small mute">{a.samples && a.samples.queued > 0 ? `${plural(a.samples.queued, 'sample')} waiting` : a.spool && a.spool.records > 0 ? `${bytesBinary(a.spool.bytes)} waiting` : 'nothing waiting'}</span>
    </span>
  )
}

interface Group { region: string; sites: Site[] }

/** Regions in the collector's order, sites in the order given. */
export function byRegion(sites: Site[], regions: string[] = []): Group[] {
  const groups = new Map<string, Site[]>(regions.map((r) => [r, []]))
  for (const s of sites) groups.set(s.region, [...(groups.get(s.region) ?? []), s])
  return [...groups].map(([region, list]) => ({ region, sites: list }))
}

const spentOf = (s: Site) => (s.budget_seconds ?? 0) - (s.budget_left_seconds ?? s.budget_seconds ?? 0)

function groupSums(g: Group): string {
  const on = g.sites.filter((s) => s.budget_left_seconds !== null && s.budget_left_seconds >= 0).length
  const down = g.sites.reduce((n, s) => n + spentOf(s), 0)
  return `${plural(g.sites.length, 'site')} · ${on} on target · ${duration(down)} down`
}

const byBudget = (a: Site, b: Site) => (a.budget_left_seconds ?? Infinity) - (b.budget_left_seconds ?? Infinity) || a.name.localeCompare(b.name)

function Legend() {
  const sw = (token: string) => <i style={{ background: `var(${token})` }} />
  return (
    <span class="legend striplegend">
      <span>{sw('--up-quiet')}up</span><span>{sw('--degraded')}degraded</span><span>{sw('--down')}down, height = log of minutes</span><span>{sw('--hatch')}unknown</span><span>{sw('--maint')}planned</span>
    </span>
  )
}

function SitesCard({ o, days }: { o: Overview; days: string }) {
  const steady = useSteady([...o.sites].sort(byBudget), (s) => s.name, `sites ${days}`)
  const groups = byRegion(steady.items, o.sites.map((s) => s.region))
  const named = groups.length > 1 || (groups[0]?.region ?? '') !== ''
  const seg = (
    <span class="seg" role="group" aria-label="Window">
      {windows.map(([v, w]) => <button type="button" key={v} aria-pressed={v === days} onClick={() => setQuery({ days: v === '30' ? null : v })}>{w}</button>)}
    </span>
  )
  return (
    <Card title="Sites" span="c12 desk" legend={<Legend />} more={seg}>
      {o.sites.length === 0 ? <Empty>No site is set up yet. Sites come with the inventory: <span class="mono">ninewatch-collector apply -f inventory.yaml</span>.</Empty> : (
        <Region label="Sites">
          <table class="sites" onClick={rowClick}>
            <thead><tr>
              <th scope="col">Site</th><th scope="col">Now</th><th scope="col" class="num">Availability, %</th>
              <th scope="col" class="num" aria-sort="ascending">Budget left</th><th scope="col">90 days to today</th><th scope="col" class="num">Devices up</th>
            </tr></thead>
            {groups.map((g) => (
              <tbody key={g.region}>
                {named && <tr class="grp"><th colSpan={6} scope="rowgroup">{g.region || 'Other sites'}<span class="rt">{groupSums(g)}</span></th></tr>}
                {g.sites.map((s) => <SiteRow key={s.name} s={s} demo={o.demo} />)}
              </tbody>
            ))}
          </table>
        </Region>
      )}
    </Card>
  )
}

function budgetClass(s: Site): { words: string; meter: string; share: number } {
  const left = s.budget_left_seconds ?? 0
  const total = s.budget_seconds ?? 0
  const share = total > 0 ? Math.max(0, Math.min(1, left / total)) : 0
  if (left < 0) return { words: 'st down', meter: 'bad', share: 1 }
  return share < 0.2 ? { words: 'st degraded', meter: 'warn', share } : { words: '', meter: 'ok', share }
}

function SiteRow({ s, demo }: { s: Site; demo: boolean }) {
  const now = useNow(30)
  const b = budgetClass(s)
  return (
    <tr>
      <td><a data-row class="strong" href={href('/devices', { site: s.name })}>{plainName(s.display_name || s.name)}</a> <Demo on={s.demo && !demo} /></td>
      <td><StateWord state={s.state} since={s.since} now={now} /></td>
      <td class="num"><Percent percent={s.availability} low={s.low} high={s.high} /></td>
      <td class="bud">{s.budget_left_seconds === null ? <span class="num mute">–</span> : (
        <>
          <span class={`num ${b.words}`}>{budgetLeft(s.budget_left_seconds, true)}</span>
          <span class={`meter ${b.meter}`}><i style={{ width: `${b.share * 100}%` }} /></span>
        </>
      )}</td>
      <td class="strip-td"><Strip name={plainName(s.display_name || s.name)} days={s.strip} /></td>
      <td class="num">{s.devices_up === s.devices ? <span class="mute">{count(s.devices)}</span> : <><b>{count(s.devices_up)}</b><span class="mute"> of {count(s.devices)}</span></>}</td>
    </tr>
  )
}

function SitesPhone({ o, days }: { o: Overview; days: string }) {
  const [worstFirst] = useState(() => (a: Site, b: Site) => Number(a.state === 'up') - Number(b.state === 'up') || byBudget(a, b))
  const steady = useSteady([...o.sites].sort(worstFirst), (s) => s.name, `phone ${days}`)
  if (!o.sites.length) return null
  return (
    <section class="card phone" aria-label="Sites">
      <header><h2>Sites</h2><span class="more sub">{days}-day budget left · 90 days</span></header>
      <ul>
        {steady.items.map((s) => (
          <li key={s.name} class="ps">
            <a class="row g6" href={href('/devices', { site: s.name })}>
              <Mark state={s.state} /><span class="strong">{plainName(s.display_name || s.name)}</span><span class="sp" />
              <span class={`num ${budgetClass(s).words}`}>{s.budget_left_seconds === null ? '–' : s.budget_left_seconds < 0 ? `over by ${durationShort(-s.budget_left_seconds)}` : `${durationShort(s.budget_left_seconds)} left`}</span>
            </a>
            <Strip name={plainName(s.display_name || s.name)} days={s.strip} height={16} />
          </li>
        ))}
      </ul>
    </section>
  )
}
