import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { request, useApi } from '../lib/api'
import { useNow } from '../lib/clock'
import { count, plural, rtt } from '../lib/format'
import { href, setQuery, usePlace } from '../lib/router'
import type { Device, Overview, Page as Paged, Phrase, State } from '../lib/types'
import { AgentsAway } from '../ui/away'
import { useCompany, useSiteName } from '../ui/company'
import { Mark } from '../ui/icons'
import { Empty, Load } from '../ui/parts'
import { Page } from '../ui/shell'
import { Answer, Demo, states, StateWord, words } from '../ui/state'
import { parseSort, Region, rowClick, Rows, sortText, Th, useSteady, type Sort } from '../ui/table'

const pageSize = 200

/** The answer of the list, from the counts of the overview. */
export function devicesAnswer(d: Overview['devices']): Phrase[] {
  if (d.total === 0) return [{ text: 'No device is watched here yet.', tone: 'strong' }, { text: ' Add one by its address, or apply an inventory.' }]
  const rest = states.filter((s) => s !== 'up' && d[s] > 0)
  if (!rest.length) return [{ text: d.total === 1 ? 'The one device is up.' : `All ${count(d.total)} devices are up.`, tone: 'strong' }]
  const tone = (s: State) => (s === 'down' || s === 'degraded' || s === 'unknown' ? { tone: s } : { tone: 'strong' as const })
  return [
    { text: `${count(d.up)} of ${plural(d.total, 'device')} are up`, tone: 'strong' }, { text: '; ' },
    ...rest.flatMap((s, i) => [{ text: `${count(d[s])} ${s === 'maintenance' ? 'in planned work' : s}`, ...tone(s) }, { text: i < rest.length - 1 ? ', ' : '.' }]),
  ]
}

/** All pages read so far, and the next one on demand. */
function usePages(path: string) {
  const first = useApi<Paged<Device>>(path, ['state', 'inventory'], 30)
  const [more, setMore] = useState<{ path: string; items: Device[]; cursor: string | null }>({ path, items: [], cursor: null })
  const busy = useRef(false)
  const mine = more.path === path ? more : { path, items: [], cursor: null }
  const cursor = mine.items.length ? mine.cursor : first.data?.next_cursor ?? null
  const next = async () => {
    if (!cursor || busy.current) return
    busy.current = true
    try {
      const p = await request<Paged<Device>>('GET', `${path}&cursor=${encodeURIComponent(cursor)}`)
      setMore({ path, items: [...mine.items, ...p.items], cursor: p.next_cursor ?? null })
    } finally {
      busy.current = false
    }
  }
  const items = useMemo(() => [...(first.data?.items ?? []), ...mine.items], [first.data, mine.items])
  return { first, items, complete: !cursor, next, total: first.data?.total ?? items.length }
}

export function Devices() {
  const { query } = usePlace()
  const company = useCompany()
  const site = query.get('site')
  const scoped = useApi<Overview>(site ? `overview?days=30&site=${encodeURIComponent(site)}` : null, ['state', 'inventory'], 30)
  const overview = site ? scoped.data : company.data
  const state = query.get('state')
  const q = query.get('q') ?? ''
  const params = new URLSearchParams({ limit: String(pageSize) })
  for (const [k, v] of [['site', site], ['state', state], ['q', q]] as const) if (v) params.set(k, v)
  const path = `devices?${params}`
  const pages = usePages(path)
  const siteName = useSiteName()
  return (
    <Page title={site ? siteName(site) : 'Devices'} {...(site ? { crumbs: [{ text: 'Devices', to: '/devices' }] } : {})}>
      <div class="head">
        <h1 class="eyebrow">Devices{site && ` · ${siteName(site)}`}<Demo on={company.data?.demo} /></h1>
        {overview ? <Answer phrases={devicesAnswer(overview.devices)} /> : <p class="answer">&nbsp;</p>}
      </div>
      <AgentsAway site={site} />
      <section class="card">
        <header class="filters">
          <h2 class="vh">List of devices</h2>
          <Filter q={q} />
          <StateSeg counts={overview?.devices} chosen={state} />
          <span class="more">{pages.first.data ? plural(pages.total, 'device') : ''}</span>
        </header>
        <Load of={pages.first} what="The devices could not be read." rows={8} row={46}>
          {() => <Table pages={pages} scope={path} filtered={Boolean(q || state)} />}
        </Load>
      </section>
    </Page>
  )
}

/** Typing replaces the address, after a short pause. */
function Filter({ q }: { q: string }) {
  const [text, type] = useState(q)
  const sent = useRef(q)
  useEffect(() => {
    if (q !== sent.current) type(q)
    sent.current = q
  }, [q])
  useEffect(() => {
    const t = setTimeout(() => {
      if (text === sent.current) return
      sent.current = text
      setQuery({ q: text || null }, true)
    }, 150)
    return () => clearTimeout(t)
  }, [text])
  return (
    <>
      <label class="vh" for="dq">Filter devices</label>
      <input id="dq" type="text" class="filter" placeholder="Name, address, role" autocomplete="off" spellcheck={false} value={text} onInput={(e) => type(e.currentTarget.value)} />
    </>
  )
}

function StateSeg({ counts, chosen }: { counts: Overview['devices'] | undefined; chosen: string | null }) {
  const shown = states.filter((s) => chosen === s || (counts && counts[s] > 0))
  return (
    <span class="seg" role="group" aria-label="State">
      <button type="button" aria-pressed={!chosen} onClick={() => setQuery({ state: null })}>All</button>
      {shown.map((s) => (
        <button type="button" key={s} aria-pressed={chosen === s} onClick={() => setQuery({ state: s })}>
          <Mark state={s} size={11} /><span class="segword">{words[s]}</span> {counts && <span class="mute">{count(counts[s])}</span>}
        </button>
      ))}
    </span>
  )
}

const severity: Record<State, number> = { down: 0, unreachable: 1, degraded: 2, unknown: 3, maintenance: 4, up: 5 }
const byName = (a: Device, b: Device) => a.name.localeCompare(b.name, 'en', { numeric: true })

export function sortDevices(list: Device[], s: Sort): Device[] {
  const value: Record<string, (a: Device, b: Device) => number> = {
    name: byName,
    state: (a, b) => severity[a.state] - severity[b.state],
    site: (a, b) => a.site.localeCompare(b.site),
    rtt: (a, b) => (a.rtt_seconds ?? -1) - (b.rtt_seconds ?? -1),
    availability: (a, b) => Number(a.availability ?? 101) - Number(b.availability ?? 101),
  }
  const f = value[s.by] ?? byName
  return [...list].sort((a, b) => (s.down ? -f(a, b) : f(a, b)) || byName(a, b))
}

function Table({ pages, scope, filtered }: { pages: ReturnType<typeof usePages>; scope: string; filtered: boolean }) {
  const { query } = usePlace()
  const now = useNow(30)
  const siteName = useSiteName()
  const company = useCompany()
  const sort = parseSort(query.get('sort'), { by: pages.complete ? 'state' : 'name', down: false })
  const sorted = useMemo(() => (pages.complete ? sortDevices(pages.items, sort) : pages.items), [pages.items, pages.complete, sort.by, sort.down])
  const steady = useSteady(sorted, (d) => d.name, `${scope} ${sortText(sort)}`)
  const onSort = pages.complete ? (s: Sort) => setQuery({ sort: sortText(s) }) : undefined
  if (!pages.items.length) {
    return filtered
      ? <Empty action={<button type="button" class="aslink" onClick={() => setQuery({ q: null, state: null })}>Show all devices</button>}>No device fits this filter.</Empty>
      : <Empty action={<a class="link" href={href('/settings')}>Add a device</a>}>No device is watched here yet.</Empty>
  }
  return (
    <>
      {steady.news > 0 && <p class="newsbar"><button type="button" class="chip" onClick={steady.settle}>{steady.news} new, put in order</button></p>}
      <Region label="Devices">
        <table class="devices" onClick={rowClick} aria-rowcount={pages.total}>
          <thead><tr>
            <Th by="name" sort={sort} onSort={onSort}>Device</Th><Th by="state" sort={sort} onSort={onSort}>State</Th><Th cls="lo">Why</Th>
            <Th by="site" sort={sort} onSort={onSort} cls="lo">Site</Th><Th cls="lo">Role</Th>
            <Th by="rtt" sort={sort} onSort={onSort} cls="num lo" first="down">Round trip</Th><Th by="availability" sort={sort} onSort={onSort} cls="num">30 days, %</Th>
          </tr></thead>
          <Rows items={steady.items} columns={7} height={46} onEnd={pages.next} row={(d, i) => (
            <tr key={d.name} data-i={i} aria-rowindex={i + 2}>
              <td class="tall"><a data-row class="two strong" href={href(`/devices/${encodeURIComponent(d.name)}`)}>{d.display_name || d.name}</a><span class="two"><span class="mono">{d.address}</span></span></td>
              <td><StateWord state={d.state} since={d.since} now={now} /></td>
              <td class="lo why"><span class="sub">{d.why}</span></td>
              <td class="lo">{siteName(d.site)} <Demo on={d.demo && !company.data?.demo} /></td>
              <td class="lo sub">{d.role || '–'}</td>
              <td class="num lo">{rtt(d.rtt_seconds)}</td>
              <td class="num">{d.availability ?? <span class="mute">–</span>}</td>
            </tr>
          )} />
        </table>
      </Region>
    </>
  )
}
