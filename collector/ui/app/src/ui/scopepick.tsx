// Choosing what a report is about: the company, a region, a site, a service, a circuit, a provider.
import { useState } from 'preact/hooks'
import { useApi } from '../lib/api'
import type { Circuit, Service } from '../lib/network'
import type { Page as Paged } from '../lib/types'
import { useCompany } from './company'
import { Icon } from './icons'
import { Panel } from './parts'
import { plainName } from './state'

interface Offer { scope: string; name: string; kind: string }

const kinds: Record<string, string> = { region: 'Regions', site: 'Sites', service: 'Services', circuit: 'Circuits', provider: 'Providers', device: 'Devices' }

/** Everything a report can be about that has a name in a list. Devices come by their own pages, or typed. */
export function useOffers(): Offer[] {
  const { data } = useCompany()
  const circuits = useApi<Paged<Circuit>>('circuits?limit=1000', ['inventory'], 600)
  const services = useApi<Paged<Service>>('services?limit=1000', ['inventory'], 600)
  const sites = data?.sites ?? []
  const unique = (list: (string | undefined)[]) => [...new Set(list.filter((x): x is string => Boolean(x)))].sort()
  return [
    ...unique(sites.map((s) => s.region)).map((r) => ({ kind: 'region', scope: `region:${r}`, name: r })),
    ...sites.map((s) => ({ kind: 'site', scope: `site:${s.name}`, name: plainName(s.display_name || s.name) })),
    ...(services.data?.items ?? []).map((s) => ({ kind: 'service', scope: `service:${s.name}`, name: s.display_name || s.name })),
    ...(circuits.data?.items ?? []).map((c) => ({ kind: 'circuit', scope: `circuit:${c.name}`, name: c.display_name || c.name })),
    ...unique((circuits.data?.items ?? []).map((c) => c.provider)).map((p) => ({ kind: 'provider', scope: `provider:${p}`, name: p })),
  ]
}

export function scopeName(scope: string, offers: Offer[]): string {
  return scope === 'company' ? 'Whole company' : offers.find((o) => o.scope === scope)?.name ?? scope.slice(scope.indexOf(':') + 1)
}

export function ScopePick({ scope, choose }: { scope: string; choose: (scope: string) => void }) {
  const offers = useOffers()
  const name = scopeName(scope, offers)
  return (
    <Panel label={`Scope: ${name}`} button={<><Icon name="pin" size={14} /><span class="cut">{name}</span><Icon name="down" size={12} /></>} width={300}>
      {(close) => <Offers offers={offers} scope={scope} choose={(s) => { choose(s); close() }} />}
    </Panel>
  )
}

function Offers({ offers, scope, choose }: { offers: Offer[]; scope: string; choose: (s: string) => void }) {
  const [q, type] = useState('')
  const hits = offers.filter((o) => `${o.name} ${o.scope}`.toLowerCase().includes(q.trim().toLowerCase()))
  const typed = /^(device|interface|path|circuit|service|agent|region|provider|role|tag|site):.+/.test(q.trim())
  return (
    <div class="stk">
      <div><label class="vh" for="sq">Find a scope</label><input id="sq" type="text" placeholder="Name, or device:lis-edge-1" autocomplete="off" spellcheck={false} value={q} onInput={(e) => type(e.currentTarget.value)} /></div>
      <div class="menu menu-in">
        {!q && <button type="button" aria-pressed={scope === 'company'} onClick={() => choose('company')}>Whole company</button>}
        {typed && <button type="button" aria-pressed={false} onClick={() => choose(q.trim())}>{q.trim()}</button>}
        {Object.entries(kinds).map(([k, title]) => {
          const mine = hits.filter((o) => o.kind === k).slice(0, 60)
          return mine.length > 0 && (
            <div role="group" aria-label={title} key={k}>
              <p class="tiny mute menuhead">{title}</p>
              {mine.map((o) => <button type="button" key={o.scope} aria-pressed={scope === o.scope} onClick={() => choose(o.scope)}>{o.name}</button>)}
            </div>
          )
        })}
        {!hits.length && !typed && <p class="small sub">Nothing is called so.</p>}
      </div>
    </div>
  )
}
