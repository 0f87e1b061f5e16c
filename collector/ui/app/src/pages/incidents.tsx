import { useApi } from '../lib/api'
import { useNow } from '../lib/clock'
import { count, duration, durationShort, plural } from '../lib/format'
import { href, setQuery, usePlace } from '../lib/router'
import { when } from '../lib/time'
import type { Incident, Page as Paged, Phrase } from '../lib/types'
import { AgentsAway } from '../ui/away'
import { useCompany, useSiteName } from '../ui/company'
import { Mark } from '../ui/icons'
import { Acknowledge, incidentState, isOpen, lasted, severityWord } from '../ui/incidents'
import { Empty, Load } from '../ui/parts'
import { Page } from '../ui/shell'
import { Answer, Demo } from '../ui/state'
import { Region, rowClick, Rows, useSteady } from '../ui/table'
import { mayAct, session } from '../lib/session'
import { useStore } from '../lib/store'

const kinds = [['open', 'Open'], ['resolved', 'Resolved'], ['all', 'All']] as const

/** What is open, since when, and what nobody has taken. */
export function incidentsAnswer(open: Incident[], now: number): Phrase[] {
  if (!open.length) return [{ text: 'Nothing is broken that ninewatch can see.', tone: 'strong' }]
  const oldest = open.reduce((a, b) => (Date.parse(a.started_at) <= Date.parse(b.started_at) ? a : b))
  const free = open.filter((i) => !i.owner).length
  const age = duration(lasted(oldest, now))
  const head: Phrase[] = open.length === 1
    ? [{ text: open[0]!.summary, tone: 'down' }, { text: ', for ' }, { text: age, tone: 'strong' }]
    : [{ text: `${count(open.length)} incidents are open`, tone: 'down' }, { text: ', the oldest for ' }, { text: age, tone: 'strong' }]
  const tail = free === 0 ? '. All have an owner.' : open.length === 1 ? '. Nobody has acknowledged it.' : free === open.length ? '. Nobody has acknowledged any.' : `. ${plural(free, 'is', 'are')} not acknowledged.`
  return [...head, { text: tail }]
}

export function Incidents() {
  const { query } = usePlace()
  const site = query.get('site')
  const status = kinds.find((k) => k[0] === query.get('status'))?.[0] ?? 'open'
  const path = `incidents?status=${status}&limit=200${site ? `&site=${encodeURIComponent(site)}` : ''}`
  const of = useApi<Paged<Incident>>(path, ['incident'], 30)
  const company = useCompany()
  const now = useNow(1)
  const siteName = useSiteName()
  const open = company.data?.incidents.open.filter((i) => !site || i.site === site)
  return (
    <Page title="Incidents">
      <div class="head">
        <h1 class="eyebrow">Incidents{site && ` · ${siteName(site)}`}<Demo on={company.data?.demo} /></h1>
        {open ? <Answer phrases={incidentsAnswer(open, now)} /> : <p class="answer">&nbsp;</p>}
      </div>
      <AgentsAway site={site} />
      <section class="card">
        <header class="filters">
          <h2 class="vh">List of incidents</h2>
          <span class="seg" role="group" aria-label="Status">
            {kinds.map(([v, w]) => <button type="button" key={v} aria-pressed={v === status} onClick={() => setQuery({ status: v === 'open' ? null : v })}>{w}</button>)}
          </span>
          <span class="more">{of.data ? plural(of.data.total ?? of.data.items.length, 'incident') : ''}</span>
        </header>
        <Load of={of} what="The incidents could not be read." rows={4} row={62}>
          {(page) => <List items={page.items} scope={path} status={status} changed={of.again} />}
        </Load>
      </section>
    </Page>
  )
}

function List({ items, scope, status, changed }: { items: Incident[]; scope: string; status: string; changed: () => void }) {
  const now = useNow(1)
  const siteName = useSiteName()
  const who = useStore(session)
  const company = useCompany()
  const steady = useSteady(items, (i) => i.id, scope)
  if (!items.length) {
    return status === 'open'
      ? <Empty action={<button type="button" class="aslink" onClick={() => setQuery({ status: 'resolved' })}>What was resolved</button>}>No incident is open.</Empty>
      : <Empty>There has been no incident yet.</Empty>
  }
  return (
    <>
      {steady.news > 0 && <p class="newsbar"><button type="button" class="chip" onClick={steady.settle}>{steady.news} new, put in order</button></p>}
      <Region label="Incidents">
        <table class="inctable" onClick={rowClick}>
          <thead><tr><th scope="col">Incident</th><th scope="col" class="lo">Site</th><th scope="col" class="lo">Severity</th><th scope="col" class="lo">Started</th><th scope="col" class="num">Lasted</th><th scope="col" class="num lo">Owner</th></tr></thead>
          <Rows items={steady.items} columns={6} height={54} row={(i, n) => (
            <tr key={i.id} data-i={n}>
              <td class="incname"><span class="row top g8"><span class="lead"><Mark state={incidentState(i)} size={14} /></span><span class="min0"><a data-row class="two strong wraps" href={href(`/incidents/${i.id}`)}>{i.summary}</a><span class="two">{[i.id, i.impact, i.cause].filter(Boolean).join(' · ')}</span></span></span></td>
              <td class="lo nw">{siteName(i.site)} <Demo on={i.demo && !company.data?.demo} /></td>
              <td class="lo">{severityWord(i.severity)}</td>
              <td class="lo nw sub">{when(i.started_at, now)}</td>
              <td class="num">{isOpen(i) ? <b class="med">{duration(lasted(i, now))}</b> : durationShort(lasted(i, now))}</td>
              <td class="num lo">{i.owner ? <span class="sub">{i.owner}</span> : isOpen(i) && mayAct(who) ? <Acknowledge id={i.id} changed={changed} /> : <span class="mute">{isOpen(i) ? 'nobody' : 'resolved'}</span>}</td>
            </tr>
          )} />
        </table>
      </Region>
    </>
  )
}
