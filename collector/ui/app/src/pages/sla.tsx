// The service level of a scope over a period: on screen, printed, and as files.
import { useApi } from '../lib/api'
import { useNow } from '../lib/clock'
import { periods, type SignedReport } from '../lib/report'
import { setQuery, usePlace } from '../lib/router'
import { useCompany } from '../ui/company'
import { Icon } from '../ui/icons'
import { Load, Panel } from '../ui/parts'
import { Paper } from '../ui/paper'
import { Page } from '../ui/shell'
import { plainName } from '../ui/state'

export function SLA() {
  const { query } = usePlace()
  const now = new Date(useNow(60))
  const offered = periods(now)
  const period = query.get('period') ?? offered[0]!.name
  const site = query.get('site')
  const scope = query.get('scope') ?? (site ? `site:${site}` : 'company')
  const objective = query.get('objective') ?? '99.9'
  const path = (format: string) => `reports/sla?${new URLSearchParams({ scope, period, objective, format })}`
  const of = useApi<SignedReport>(path('json'), ['inventory'], 300)
  return (
    <Page title="Uptime and SLA">
      <div class="doc">
        <div class="noprint tool row wrap">
          <div class="seg" role="group" aria-label="Period">
            {offered.map((p) => <button type="button" aria-pressed={p.name === period} onClick={() => setQuery({ period: p.name })}>{p.label}</button>)}
          </div>
          <Scope scope={scope} />
          <Panel label="Objective" button={<>{objective} %<Icon name="down" size={12} /></>} width={180}>
            {(close) => (
              <div class="menu">{['99', '99.5', '99.9', '99.95', '99.99'].map((o) => (
                <button type="button" aria-pressed={o === objective} onClick={() => { setQuery({ objective: o }); close() }}>{o} %</button>
              ))}</div>
            )}
          </Panel>
          <span class="sp" />
          {['csv', 'json', 'pdf'].map((f) => <a class="btn desk" download={`sla-${period}.${f}`} href={`/api/v1/${path(f)}`}>{f.toUpperCase()}</a>)}
          <button type="button" class="btn pri" onClick={() => print()}>Print</button>
        </div>
        <Load of={of} what="The report could not be made." rows={8} row={46} heading="Uptime and SLA">{(d) => <Paper report={d.report} />}</Load>
      </div>
    </Page>
  )
}

/** What the report is about: the company, or a site; a device or a service comes by its own page. */
function Scope({ scope }: { scope: string }) {
  const { data } = useCompany()
  const site = data?.sites.find((s) => `site:${s.name}` === scope)
  const name = scope === 'company' ? 'Whole company' : site ? plainName(site.display_name) : scope.slice(scope.indexOf(':') + 1)
  return (
    <Panel label={`Scope: ${name}`} button={<><Icon name="pin" size={14} />{name}<Icon name="down" size={12} /></>} width={260}>
      {(close) => (
        <div class="menu">
          <button type="button" aria-pressed={scope === 'company'} onClick={() => { setQuery({ scope: 'company' }); close() }}>Whole company</button>
          {data?.sites.map((s) => <button type="button" aria-pressed={site === s} onClick={() => { setQuery({ scope: `site:${s.name}` }); close() }}>{plainName(s.display_name)}</button>)}
        </div>
      )}
    </Panel>
  )
}
