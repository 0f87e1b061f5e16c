// Which page stands at which address, for whom.
import { useEffect } from 'preact/hooks'
import { ApiError, forget, request } from './lib/api'
import { connect, disconnect } from './lib/live'
import { usePlace } from './lib/router'
import { session } from './lib/session'
import { store, useStore } from './lib/store'
import type { Session } from './lib/types'
import { Login } from './pages/login'
import { Lazy, lazy } from './ui/lazy'
import { Empty, Failed } from './ui/parts'
import { Page, Shell } from './ui/shell'

const pages = {
  overview: lazy<object>(() => import('./pages/overview').then((m) => m.OverviewPage)),
  devices: lazy<object>(() => import('./pages/devices').then((m) => m.Devices)),
  device: lazy<{ name: string }>(() => import('./pages/device').then((m) => m.DevicePage)),
  incidents: lazy<object>(() => import('./pages/incidents').then((m) => m.Incidents)),
  incident: lazy<{ id: string }>(() => import('./pages/incident').then((m) => m.Incident)),
  sla: lazy<object>(() => import('./pages/sla').then((m) => m.SLA)),
  capacity: lazy<object>(() => import('./pages/capacity').then((m) => m.Capacity)),
  redundancy: lazy<object>(() => import('./pages/redundancy').then((m) => m.RedundancyPage)),
  agents: lazy<object>(() => import('./pages/agents').then((m) => m.Agents)),
  settings: lazy<object>(() => import('./pages/settings').then((m) => m.Settings)),
  people: lazy<{ name: string }>(() => import('./pages/people').then((m) => m.People)),
  circuits: lazy<object>(() => import('./pages/circuits').then((m) => m.Circuits)),
  circuit: lazy<{ name: string }>(() => import('./pages/circuits').then((m) => m.CircuitPage)),
  services: lazy<object>(() => import('./pages/services').then((m) => m.Services)),
  maintenance: lazy<object>(() => import('./pages/maintenance').then((m) => m.MaintenancePage)),
  inventory: lazy<object>(() => import('./pages/inventory').then((m) => m.Inventory)),
  discovery: lazy<object>(() => import('./pages/discovery').then((m) => m.Discovery)),
  reports: lazy<object>(() => import('./pages/reports').then((m) => m.Reports)),
}

/** The page at this address is fetched together with the question who is signed in. */
function warm(path: string) {
  const [, section, name] = path.split('/')
  const key = (section === '' ? 'overview' : name ? section!.replace(/s$/, '') : section) as keyof typeof pages
  pages[key]?.load().catch(() => { /* said where the page is drawn */ })
}
warm(location.pathname)

const unreachable = store<ApiError | undefined>(undefined)

export async function whoAmI() {
  try {
    session.set(await request<Session>('GET', 'session'))
    unreachable.set(undefined)
  } catch (e) {
    if (e instanceof ApiError && e.status === 401) return session.set(null)
    unreachable.set(e instanceof ApiError ? e : new ApiError(0, 'The collector does not answer.', String(e)))
    setTimeout(whoAmI, 3000)
  }
}

export function App() {
  const who = useStore(session)
  const lost = useStore(unreachable)
  useEffect(() => {
    void whoAmI()
  }, [])
  const name = who?.user.name
  useEffect(() => {
    forget()
    if (!name) return
    connect()
    return disconnect
  }, [name])
  if (who === undefined) {
    return lost ? <main class="lg" id="main"><h1 class="vh">ninewatch</h1><Failed what="The collector cannot be reached." error={lost} again={whoAmI} /></main> : null
  }
  if (who === null) return <Login signedIn={whoAmI} />
  return <Shell><Routes /></Shell>
}

function Routes() {
  const { path } = usePlace()
  const [, section, name] = path.split('/')
  const part = name ? decodeURIComponent(name) : ''
  switch (section) {
    case '': return <Lazy page={pages.overview} props={{}} />
    case 'devices': return part ? <Lazy key={part} page={pages.device} props={{ name: part }} /> : <Lazy page={pages.devices} props={{}} />
    case 'incidents': return part ? <Lazy key={part} page={pages.incident} props={{ id: part }} /> : <Lazy page={pages.incidents} props={{}} />
    case 'sla': return <Lazy page={pages.sla} props={{}} />
    case 'capacity': return <Lazy page={pages.capacity} props={{}} />
    case 'redundancy': return <Lazy page={pages.redundancy} props={{}} />
    case 'agents': return <Lazy page={pages.agents} props={{}} />
    case 'settings': return part ? <Lazy key={part} page={pages.people} props={{ name: part }} /> : <Lazy page={pages.settings} props={{}} />
    case 'circuits': return part ? <Lazy key={part} page={pages.circuit} props={{ name: part }} /> : <Lazy page={pages.circuits} props={{}} />
    case 'services': return <Lazy page={pages.services} props={{}} />
    case 'maintenance': return <Lazy page={pages.maintenance} props={{}} />
    case 'inventory': return <Lazy page={pages.inventory} props={{}} />
    case 'discovery': return <Lazy page={pages.discovery} props={{}} />
    case 'reports': return <Lazy page={pages.reports} props={{}} />
    default:
      return (
        <Page title="Nothing here">
          <div class="head"><h1 class="eyebrow">{path}</h1><p class="answer"><b>There is no page at this address.</b> It may have moved, or the link was cut short.</p></div>
          <section class="card"><Empty action={<a class="link" href="/">To the overview</a>}>The navigation has all there is.</Empty></section>
        </Page>
      )
  }
}
