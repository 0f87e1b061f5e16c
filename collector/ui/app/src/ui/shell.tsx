// The frame of every page: navigation, site switch, search, the proof of life, keys; five tabs on a phone.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { request, useApi } from '../lib/api'
import { count } from '../lib/format'
import { live } from '../lib/live'
import { href, setQuery, usePlace } from '../lib/router'
import { session, signedOut } from '../lib/session'
import { useStore } from '../lib/store'
import { toggleTheme } from '../lib/theme'
import { clock, instant } from '../lib/time'
import type { Overview } from '../lib/types'
import { Company, useCompany } from './company'
import { Hatch, Icon, Logo, Mark, type IconName } from './icons'
import { KeyHelp, useKeys } from './keys'
import { Panel } from './parts'
import { Search } from './search'
import { Demo, plainName } from './state'

export interface Crumb { text: string; to?: string }

// tab: one of the five that a phone shows at its foot; the others are behind the search there.
const sections: { path: string; name: string; icon: IconName; group?: string; tab?: boolean }[] = [
  { path: '/', name: 'Overview', icon: 'home', tab: true },
  { path: '/incidents', name: 'Incidents', icon: 'incident', tab: true },
  { path: '/sla', name: 'Uptime and SLA', icon: 'uptime', group: 'Plan' },
  { path: '/capacity', name: 'Capacity', icon: 'capacity' },
  { path: '/redundancy', name: 'Redundancy', icon: 'redundancy' },
  { path: '/devices', name: 'Devices', icon: 'device', group: 'Network', tab: true },
  { path: '/circuits', name: 'Circuits', icon: 'circuit' },
  { path: '/inventory', name: 'Inventory', icon: 'inventory' },
  { path: '/agents', name: 'Agents', icon: 'agent', tab: true },
  { path: '/discovery', name: 'Discovery', icon: 'search' },
  { path: '/reports', name: 'Reports', icon: 'report' },
  { path: '/settings', name: 'Settings', icon: 'settings', tab: true },
]

const isHere = (path: string, section: string) => (section === '/' ? path === '/' : path === section || path.startsWith(section + '/'))

export function Shell({ children }: { children: ComponentChildren }) {
  const overview = useApi<Overview>('overview?days=30', ['state', 'incident', 'inventory'], 30)
  const [searching, search] = useState(false)
  const help = useRef<HTMLDivElement>(null)
  useKeys({ search: () => search(true), help: () => help.current?.togglePopover?.() })
  return (
    <Company.Provider value={overview}>
      <Hatch />
      <a class="skip" href="#main">Skip to content</a>
      <div class="app">
        <Side search={() => search(true)} />
        <div class="page">{children}</div>
        <Tabs />
        <KeyHelp panel={help} />
      </div>
      <Announcer />
      {searching && <Search close={() => search(false)} />}
    </Company.Provider>
  )
}

function badge(path: string, o: Overview | undefined): { n: number; hot: boolean } | null {
  if (!o) return null
  if (path === '/incidents') return o.incidents.open.length ? { n: o.incidents.open.length, hot: true } : null
  if (path === '/devices') return { n: o.devices.total, hot: false }
  if (path === '/agents') return { n: o.agents.total, hot: false }
  return null
}

function Side({ search }: { search: () => void }) {
  const { data } = useCompany()
  const { path } = usePlace()
  return (
    <nav class="side" aria-label="Main">
      <div class="brand"><Logo />ninewatch<Demo on={data?.demo} /></div>
      <SiteSwitch />
      <button type="button" class="field" onClick={search}><Icon name="search" size={14} /><span>Search</span><span class="kbd" aria-hidden="true">/</span></button>
      {sections.map((s) => {
        const b = badge(s.path, data)
        return (
          <>
            {s.group && <h2>{s.group}</h2>}
            <a href={href(s.path)} aria-current={isHere(path, s.path) ? 'page' : undefined}>
              <Icon name={s.icon} />{s.name}{b && <span class={b.hot ? 'n hot' : 'n'}>{count(b.n)}<span class="vh">{b.hot ? ' open' : ''}</span></span>}
            </a>
          </>
        )
      })}
      <Foot />
    </nav>
  )
}

function Foot() {
  const { data } = useCompany()
  const who = useStore(session)
  const all = data && data.agents.reporting >= data.agents.total
  return (
    <div class="foot">
      {data && (
        <span class="row g6"><Mark state={all ? 'up' : 'unknown'} size={10} />
          {all ? (data.agents.total === 1 ? '1 agent reports' : `${count(data.agents.total)} agents report`) : `${data.agents.reporting} of ${data.agents.total} agents report`}
        </span>
      )}
      <a class="link" href="/docs/">Help</a>
      <Panel cls="aslink plain" button={[who?.organisation, who?.user.name].filter(Boolean).join(' · ')} width={200} title="Your account">
        {() => (
          <div class="stk">
            <p class="small sub">{who?.user.name}, {who?.user.role}{who?.version && <><br />version {who.version}</>}</p>
            <button type="button" class="btn" onClick={signOut}>Sign out</button>
          </div>
        )}
      </Panel>
    </div>
  )
}

export async function signOut() {
  try {
    await request('DELETE', 'session')
  } finally {
    signedOut()
  }
}

function SiteSwitch() {
  const { data } = useCompany()
  const { query } = usePlace()
  const chosen = query.get('site')
  const name = chosen ? plainName(data?.sites.find((s) => s.name === chosen)?.display_name ?? chosen) : 'All sites'
  return (
    <Panel cls="field" width={260} label={`Site: ${name}`} button={<><Icon name="pin" size={14} /><span class="cut">{name}</span><span class="chev"><Icon name="down" size={12} /></span></>}>
      {(close) => (
        <div class="menu">
          <button type="button" aria-pressed={!chosen} onClick={() => { setQuery({ site: null }); close() }}>All sites</button>
          {data?.sites.map((s) => (
            <button type="button" key={s.name} aria-pressed={chosen === s.name} onClick={() => { setQuery({ site: s.name }); close() }}>
              <Mark state={s.state} size={11} />{plainName(s.display_name)}<Demo on={s.demo && !data.demo} />
            </button>
          ))}
        </div>
      )}
    </Panel>
  )
}

function Tabs() {
  const { data } = useCompany()
  const { path } = usePlace()
  return (
    <nav class="tabs" aria-label="Sections">
      {sections.filter((s) => s.tab).map((s) => {
        const b = badge(s.path, data)
        return (
          <a href={href(s.path)} aria-current={isHere(path, s.path) ? 'page' : undefined}>
            <Icon name={s.icon} size={18} />{s.name}{b?.hot && <span class="n">{b.n}<span class="vh"> open</span></span>}
          </a>
        )
      })}
    </nav>
  )
}

/** The bar over a page, and its content. title is the document's. */
export function Page({ title, crumbs, tools, children }: { title: string; crumbs?: Crumb[]; tools?: ComponentChildren; children: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · ninewatch`
  }, [title])
  return (
    <>
      <header class="top">
        <nav class="crumb" aria-label="Breadcrumb">
          <a class="phone logo" href={href('/')} aria-label="ninewatch, to the overview"><Logo /></a>
          {crumbs?.map((c) => (
            <>
              <a class="desk" href={href(c.to ?? '/')}>{c.text}</a><span class="desk"><Icon name="right" size={12} /></span>
            </>
          ))}
          <b class="cut">{title}</b>
        </nav>
        <span class="sp" />
        <LiveDot />
        {tools}
        <button type="button" class="btn ghost icon phone" aria-label="Search" onClick={() => dispatchEvent(new Event('nw-search'))}><Icon name="search" /></button>
        <button type="button" class="btn ghost icon" aria-label="Light or dark" title="Light or dark (t)" onClick={toggleTheme}><Icon name="theme" /></button>
        <button type="button" class="btn ghost icon hide" title="Keyboard shortcuts (?)" onClick={() => dispatchEvent(new Event('nw-help'))}>
          <span class="mono" aria-hidden="true">?</span><span class="vh">Keyboard shortcuts</span>
        </button>
      </header>
      <main id="main" tabIndex={-1}>{children}</main>
    </>
  )
}

function LiveDot() {
  const l = useStore(live)
  const { data } = useCompany()
  if (l.state === 'lost') {
    return <span class="live off" title={`Nothing was heard from the collector since ${instant(l.lastWord)}`}><i />not live since {clock(l.lastWord)}</span>
  }
  const w = l.watermark ?? data?.watermark
  if (!w) return <span class="live off" title="No agent has reported yet"><i />no data yet</span>
  return <span class="live" title="Everything every agent saw until this moment is in"><i /><span class="long">Data to </span>{clock(w)}</span>
}

/** Says new incidents aloud, and nothing else. */
function Announcer() {
  const { data } = useCompany()
  const known = useRef<Set<string> | null>(null)
  const [text, set] = useState('')
  useEffect(() => {
    if (!data) return
    const open = data.incidents.open
    const fresh = known.current ? open.filter((i) => !known.current!.has(i.id)) : []
    known.current = new Set(open.map((i) => i.id))
    if (fresh.length) set(`New incident: ${fresh.map((i) => i.summary).join('; ')}`)
  }, [data])
  return <div class="vh" role="status" aria-live="polite">{text}</div>
}
