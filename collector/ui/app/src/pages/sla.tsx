// The service level of a scope over a period: on screen, printed, and as files.
import { useApi } from '../lib/api'
import { availability } from '../lib/format'
import type { Ledger } from '../lib/network'
import type { SignedReport } from '../lib/report'
import { href, setQuery, usePlace } from '../lib/router'
import { Icon } from '../ui/icons'
import { Load, Panel } from '../ui/parts'
import { Paper } from '../ui/paper'
import { PeriodSeg, usePeriod } from '../ui/periodpick'
import { Scale } from '../ui/scale'
import { ScopePick } from '../ui/scopepick'
import { Page } from '../ui/shell'

export function SLA() {
  const { query } = usePlace()
  const period = usePeriod()
  const site = query.get('site')
  const scope = query.get('scope') ?? (site ? `site:${site}` : 'company')
  const objective = query.get('objective') ?? '99.9'
  const planned = query.get('planned') === 'true'
  const of = useApi<SignedReport>(path('json'), ['inventory'], 300)
  const ledger = useApi<Ledger>(`availability?${new URLSearchParams({ scope, ...period.params, objective })}`, ['inventory'], 300)
  function path(format: string) {
    return `reports/sla?${new URLSearchParams({ scope, ...period.params, objective, format })}`
  }
  return (
    <Page title="Uptime and SLA">
      <div class="doc">
        <div class="noprint tool row wrap">
          <PeriodSeg chosen={period.text} />
          <ScopePick scope={scope} choose={(s) => setQuery({ scope: s })} />
          <Panel label={`Objective: ${objective} %`} button={<>{objective} %<Icon name="down" size={12} /></>} width={180}>
            {(close) => (
              <div class="menu">{['99', '99.5', '99.9', '99.95', '99.99'].map((o) => (
                <button type="button" aria-pressed={o === objective} onClick={() => { setQuery({ objective: o }); close() }}>{o} %</button>
              ))}</div>
            )}
          </Panel>
          <label class="row g6 small"><input type="checkbox" checked={!planned} onChange={(e) => setQuery({ planned: e.currentTarget.checked ? null : 'true' })} />without planned work</label>
          <span class="sp" />
          {['csv', 'json', 'pdf'].map((f) => <a class="btn desk" download={`sla-${period.text.replace(/[^0-9A-Za-z-]+/g, '-')}.${f}`} href={`/api/v1/${path(f)}`}>{f.toUpperCase()}</a>)}
          <button type="button" class="btn pri" onClick={() => print()}>Print</button>
        </div>
        <Load of={of} what="The report could not be made." rows={8} row={46} heading="Uptime and SLA">
          {(d) => <Paper report={d.report}><>{ledger.data && <><Scale ledger={ledger.data} objective={objective} /><Planned ledger={ledger.data} counted={planned} /></>}</></Paper>}
        </Load>
        <p class="noprint small sub doclinks"><a class="link" href={href('/services')}>Services</a> <a class="link" href={href('/maintenance')}>Planned work and calendars</a> <a class="link" href="/docs/uptime">How uptime is counted</a></p>
      </div>
    </Page>
  )
}

/** Both numbers: with planned work left out, which is what the report counts, and as if there had been none. */
function Planned({ ledger, counted }: { ledger: Ledger; counted: boolean }) {
  const whole = ledger.without_maintenance
  if (!whole) return <p class="small sub">No planned work lay in this period.</p>
  const out = <>Without planned work <b class="med">{availability(ledger.availability)}</b></>
  const all = <>with its time counted like any other <b class="med">{availability(whole.availability)}</b></>
  return <p class="small sub">{counted ? <>With the time of planned work counted like any other <b class="med">{availability(whole.availability)}</b>; without it {availability(ledger.availability)}, which the report below counts.</> : <>{out}; {all}.</>}</p>
}
