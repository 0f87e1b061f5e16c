// Reports as files and as pages: which one, about what, over which time.
import { useState } from 'preact/hooks'
import { useApi } from '../lib/api'
import { plural } from '../lib/format'
import { href, usePlace } from '../lib/router'
import type { Phrase } from '../lib/types'
import { useCompany } from '../ui/company'
import { Icon, type IconName } from '../ui/icons'
import { Card, Copy, Load } from '../ui/parts'
import { PeriodSeg, usePeriod } from '../ui/periodpick'
import { scopeName, ScopePick, useOffers } from '../ui/scopepick'
import { Page } from '../ui/shell'
import { Answer, Demo } from '../ui/state'

const pages: { to: string; icon: IconName; name: string; says: string }[] = [
  { to: '/sla', icon: 'uptime', name: 'Uptime and SLA', says: 'the same report on the page, with its evidence' },
  { to: '/circuits', icon: 'circuit', name: 'Circuits', says: 'contract against measurement, and claims' },
  { to: '/services', icon: 'check', name: 'Services', says: 'what people use, against what was agreed' },
  { to: '/inventory', icon: 'inventory', name: 'Inventory', says: 'assets, serial numbers and dates, as CSV too' },
]

/** What the chosen report will tell. */
export function reportAnswer(scope: string, period: string, objective: string): Phrase[] {
  return [{ text: `Did ${scope} keep ${objective} % in ${period}?`, tone: 'strong' }, { text: ' Take the answer as a document, a table, or a signed file.' }]
}

/** The kinds of reports, and what each needs. Those of the network as it is are of the company or of a site. */
const kinds = {
  sla: { name: 'Service level', objective: true, period: true, narrow: false },
  capacity: { name: 'Capacity', objective: false, period: false, narrow: false },
  redundancy: { name: 'Redundancy', objective: false, period: true, narrow: true },
  inventory: { name: 'Inventory', objective: false, period: true, narrow: true },
} as const
type Kind = keyof typeof kinds

/** What a report is asked for with, as parameters of the API and in the words of the command. */
export function reportRequest(kind: Kind, scope: string, params: Record<string, string>, objective: string) {
  const k = kinds[kind]
  const of = k.narrow && scope !== 'company' && !scope.startsWith('site:') ? 'company' : scope
  const asked: Record<string, string> = { scope: of, ...(k.period ? params : {}), ...(k.objective ? { objective } : {}) }
  const { from, to, ...rest } = asked
  const flags = from && to ? { ...rest, period: `${from}..${to}` } : rest
  const command = ['ninewatch-collector report', kind, ...Object.entries(flags).map(([key, value]) => `--${key} ${value}`)].join(' ')
  return { scope: of, asked, command }
}

export function Reports() {
  const company = useCompany()
  const site = usePlace().query.get('site')
  const period = usePeriod(1)
  const [chosen, choose] = useState<string | null>(null)
  const [objective, setObjective] = useState('99.9')
  const [kind, setKind] = useState<Kind>('sla')
  const offers = useOffers()
  const r = reportRequest(kind, chosen ?? (site ? `site:${site}` : 'company'), period.params, objective)
  const path = (format: string) => `/api/v1/reports/${kind}?${new URLSearchParams({ ...r.asked, format })}`
  const file = [kind, r.scope, ...(kinds[kind].period ? [period.text] : [])].join('-').replace(/[^A-Za-z0-9.-]+/g, '-')
  const command = `${r.command} --format pdf --to ${file}.pdf`
  const named = r.scope === 'company' ? 'the company' : scopeName(r.scope, offers)
  return (
    <Page title="Reports">
      <div class="head">
        <h1 class="eyebrow">Reports<Demo on={company.data?.demo} /></h1>
        <Answer phrases={kind === 'sla' ? reportAnswer(named, period.name, objective) : [{ text: `${kinds[kind].name} of ${named}${kinds[kind].period ? `, ${period.name}` : ', for the quarter ahead'}.`, tone: 'strong' }, { text: ' Take it as a document, a table, or a signed file.' }]} />
      </div>
      <div class="grid">
        <div class="stack c8">
          <Card title="Report">
            <div class="body stk">
              <div class="row wrap g12">
                <label class="row g6 nw" for="rk">About<select id="rk" value={kind} onChange={(e) => setKind(e.currentTarget.value as Kind)}>{Object.entries(kinds).map(([key, k]) => <option key={key} value={key}>{k.name}</option>)}</select></label>
                {kinds[kind].period && <PeriodSeg chosen={period.text} />}
              </div>
              <div class="row wrap g12">
                <ScopePick scope={r.scope} choose={choose} />
                {kinds[kind].objective && <label class="row g6 nw" for="ro">Objective, %<select id="ro" value={objective} onChange={(e) => setObjective(e.currentTarget.value)}>{['99', '99.5', '99.9', '99.95', '99.99'].map((o) => <option key={o} value={o}>{o}</option>)}</select></label>}
              </div>
              {kinds[kind].narrow && <p class="small sub">Of the whole company, or of one site.</p>}
              <div class="row wrap">
                <a class="btn pri" href={path('pdf')} download={`${file}.pdf`}>PDF</a>
                <a class="btn" href={path('html')} target="_blank" rel="noopener">Page that prints</a>
                <a class="btn" href={path('csv')} download={`${file}.csv`}>CSV</a>
                <a class="btn" href={path('json')} download={`${file}.json`}>Signed JSON</a>
                {kind === 'sla' && <a class="btn ghost" href={href('/sla', { scope: r.scope, period: period.text, objective })}>Open here</a>}
              </div>
              <p class="small sub">The same from a script:</p>
              <div class="row top g6"><pre class="sp">{command}</pre><Copy text={command} label="Copy the command" /></div>
            </div>
          </Card>
          <Key />
        </div>
        <div class="stack c4">
          <Card title="Pages that answer the rest">
            <ul class="list">{pages.map((p) => <li key={p.to}><Icon name={p.icon} /><span class="sp min0"><a class="two strong" href={href(p.to)}>{p.name}</a><span class="two wraps">{p.says}</span></span></li>)}</ul>
          </Card>
          {company.data && <p class="small mute">{plural(company.data.sites.length, 'site')}. <a class="link" href="/docs/reports">What a report says, and how it is signed</a></p>}
        </div>
      </div>
    </Page>
  )
}

function Key() {
  const of = useApi<{ algorithm: string; public_key: string; fingerprint: string }>('reports/key', [], 3600)
  return (
    <Card title="Who signed it">
      <Load of={of} what="The key could not be read." rows={2}>
        {(k) => (
          <div class="body stk">
            <p class="sub">The JSON form is signed with {k.algorithm}. Whoever has this key checks it offline with <span class="mono">verify-report FILE --key</span>.</p>
            <div class="row g6"><pre class="sp">{k.public_key}</pre><Copy text={k.public_key} label="Copy the public key" /></div>
            <p class="small mute wraps">Fingerprint <span class="mono">{k.fingerprint}</span></p>
          </div>
        )}
      </Load>
    </Card>
  )
}
