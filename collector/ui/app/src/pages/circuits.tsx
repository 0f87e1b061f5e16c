// Lines that somebody else runs: what was promised, what was kept, and the evidence for a credit.
import { useApi } from '../lib/api'
import { availability, bitRate, count, duration, plural, uncertainty } from '../lib/format'
import { byScope, claimAnswer, milliseconds, standing, stateNow, type Circuit, type Claim, type Ledger } from '../lib/network'
import { href, usePlace } from '../lib/router'
import { instant } from '../lib/time'
import type { Page as Paged } from '../lib/types'
import { useCompany, useSiteName } from '../ui/company'
import { params, useLately, VerdictWord } from '../ui/ledger'
import { Card, Empty, Failed, Load } from '../ui/parts'
import { PeriodSeg, usePeriod } from '../ui/periodpick'
import { Page } from '../ui/shell'
import { Answer, Demo, Percent, StateWord } from '../ui/state'
import { Region, rowClick } from '../ui/table'

/** A bandwidth as it stands in the inventory: a number of bit/s, or with a unit. */
export const bandwidth = (b: string | number | undefined) => (b === undefined || b === '' ? '–' : typeof b === 'number' ? bitRate(b) : b)

export function Circuits() {
  const { query } = usePlace()
  const site = query.get('site')
  const company = useCompany()
  const period = usePeriod()
  const list = useApi<Paged<Circuit>>(`circuits?${params({ limit: '1000', site })}`, ['inventory'], 300)
  const measured = useApi<Paged<Ledger>>(`availability/list?${params({ kind: 'circuit', site, quality: 'true', limit: '10000', ...period.params })}`, ['inventory'], 120)
  const lately = useLately('circuit', site)
  const siteName = useSiteName()
  const kept = byScope(measured.data)
  const now = byScope(lately.data)
  const rows = (list.data?.items ?? []).map((c) => ({ c, l: kept.get(c.name), state: stateNow(now.get(c.name)) }))
  const ready = list.data && measured.data && lately.data
  return (
    <Page title="Circuits">
      <div class="head">
        <h1 class="eyebrow">Circuits{site && ` · ${siteName(site)}`}<Demo on={company.data?.demo} /></h1>
        {ready ? <Answer phrases={rows.length
          ? standing('circuit', 'circuits', rows.map((r) => ({ name: r.c.display_name || r.c.name, state: r.state, verdict: r.l?.objective ? r.l.verdict : null })), `the contract in ${period.name}`)
          : [{ text: 'No circuit is known yet.', tone: 'strong' }, { text: ' Name the lines that providers run, and what they promised.' }]} /> : <p class="answer">&nbsp;</p>}
      </div>
      <div class="row wrap tool noprint"><PeriodSeg chosen={period.text} /></div>
      <div class="stack">
        <Card title="Circuits" chip={list.data && list.data.items.length > 0 && count(list.data.items.length)}>
          <Load of={list} what="The circuits could not be read." rows={6} row={46}>
            {() => (rows.length ? <Table rows={rows} what={measured.error && !measured.data ? <Failed what="What was measured could not be read." error={measured.error} again={measured.again} /> : null} /> : <None />)}
          </Load>
        </Card>
        {rows.length > 0 && <Providers query={period.params} />}
      </div>
    </Page>
  )
}

function Table({ rows, what }: { rows: { c: Circuit; l: Ledger | undefined; state: ReturnType<typeof stateNow> }[]; what: preact.ComponentChildren }) {
  return (
    <>
      {what && <div class="body">{what}</div>}
      <Region label="Circuits">
        <table onClick={rowClick}>
          <thead><tr>
            <th scope="col">Circuit</th><th scope="col">Now</th><th scope="col" class="lo">Provider</th><th scope="col" class="lo">Ends at</th><th scope="col" class="num lo">Bandwidth</th>
            <th scope="col" class="num lo">Agreed, %</th><th scope="col" class="num">Measured, %</th><th scope="col" class="num lo">Down</th>
            <th scope="col" class="num lo">Round trip</th><th scope="col" class="num lo">Loss</th><th scope="col" class="lo">Contract</th>
          </tr></thead>
          <tbody>{rows.map(({ c, l, state }) => (
            <tr key={c.name}>
              <td class="tall"><a data-row class="two strong" href={href(`/circuits/${encodeURIComponent(c.name)}`)}>{c.display_name || c.name}</a><span class="two">{c.reference || (c.display_name ? c.name : '')}</span></td>
              <td><StateWord state={state} /></td>
              <td class="lo">{c.provider || '–'}</td>
              <td class="lo">{c.device ? <><span class="two">{c.device}</span><span class="two">{c.interface}</span></> : c.target || '–'}</td>
              <td class="num lo">{bandwidth(c.bandwidth)}</td>
              <td class="num lo">{c.contract?.availability ?? '–'}</td>
              <td class="num">{l ? <Percent percent={l.availability} low={l.availability_low} high={l.availability_high} unknown={l.unknown} /> : '–'}</td>
              <td class="num lo">{l && l.down > 0 ? <span class="st down">{duration(l.down)}</span> : <span class="mute">{l ? '0' : '–'}</span>}</td>
              <td class="num lo tall"><span class="two"><Kept verdict={l?.quality?.rtt_verdict} text={milliseconds(l?.quality?.rtt_seconds ?? null)} /></span>{c.contract?.rtt && <span class="two mute">of {c.contract.rtt}</span>}</td>
              <td class="num lo tall"><span class="two"><Kept verdict={l?.quality?.loss_verdict} text={l?.quality ? `${l.quality.loss_percent} %` : '–'} /></span>{c.contract?.loss && <span class="two mute">of {c.contract.loss} %</span>}</td>
              <td class="lo"><VerdictWord verdict={l?.verdict ?? null} objective={c.contract?.availability ?? null} /></td>
            </tr>
          ))}</tbody>
        </table>
      </Region>
    </>
  )
}

function Providers({ query }: { query: Record<string, string> }) {
  const of = useApi<Paged<Ledger>>(`availability/providers?${params(query)}`, ['inventory'], 300)
  return (
    <Card title="Providers side by side" more={<span class="mute">their circuits added up</span>}>
      <Load of={of} what="The providers could not be compared." rows={2}>
        {(p) => (p.items.length ? (
          <Region label="Providers">
            <table>
              <thead><tr><th scope="col">Provider</th><th scope="col" class="num">Availability, %</th><th scope="col" class="num lo">Outages</th><th scope="col" class="num">Down</th><th scope="col" class="num lo">Unknown</th><th scope="col" class="num lo">Mean repair</th><th scope="col" class="num lo">Round trip</th><th scope="col" class="num lo">Loss</th></tr></thead>
              <tbody>{[...p.items].sort((a, b) => Number(b.availability ?? -1) - Number(a.availability ?? -1)).map((l) => (
                <tr key={l.scope}>
                  <td class="strong"><a class="u" href={href('/sla', { scope: l.scope })}>{l.scope.slice('provider:'.length)}</a></td>
                  <td class="num"><Percent percent={l.availability} low={l.availability_low} high={l.availability_high} unknown={l.unknown} /></td>
                  <td class="num lo">{count(l.failures)}</td><td class="num">{l.down ? duration(l.down) : '0'}</td><td class="num lo">{l.unknown ? duration(l.unknown) : '0'}</td>
                  <td class="num lo">{l.mttr_seconds === null ? '–' : duration(l.mttr_seconds)}</td>
                  <td class="num lo"><Kept verdict={l.quality?.rtt_verdict} text={milliseconds(l.quality?.rtt_seconds ?? null)} /></td>
                  <td class="num lo"><Kept verdict={l.quality?.loss_verdict} text={l.quality ? `${l.quality.loss_percent} %` : '–'} /></td>
                </tr>
              ))}</tbody>
            </table>
          </Region>
        ) : <Empty>No circuit names its provider.</Empty>)}
      </Load>
    </Card>
  )
}

const example = `circuits:
  - name: lis-wan-a
    provider: Nordlink
    device: lis-edge-1
    interface: Gi0/0/0
    bandwidth: 1G
    contract: {availability: 99.9}`

function None() {
  return (
    <div class="body stk">
      <p class="sub">Write the lines into a file and apply it; <a class="link" href="/docs/inventory#circuits">the reference</a> has all keys.</p>
      <pre>{example}</pre>
      <pre>ninewatch-collector apply -f circuits.yaml</pre>
    </div>
  )
}

export function CircuitPage({ name }: { name: string }) {
  const period = usePeriod()
  const of = useApi<Claim>(`availability/claim?${params({ circuit: name, ...period.params })}`, ['inventory'], 120)
  const lately = useLately('circuit', null)
  const path = `/api/v1/availability/claim?${params({ circuit: name, ...period.params })}`
  const sla = `reports/sla?${params({ scope: `circuit:${name}`, ...period.params, format: 'pdf' })}`
  return (
    <Page title={name} crumbs={[{ text: 'Circuits', to: '/circuits' }]}>
      <div class="head">
        <h1 class="eyebrow">Circuit {name} · {period.name}</h1>
        {of.data ? <Answer phrases={claimAnswer(of.data)} /> : of.error ? <Answer phrases={[{ text: of.error.status === 404 ? `There is no circuit called ${name}.` : 'What was measured of it could not be read.', tone: 'strong' }]} /> : <p class="answer">&nbsp;</p>}
      </div>
      <div class="row wrap tool noprint">
        <PeriodSeg chosen={period.text} /><span class="sp" />
        <a class="btn" href={href('/sla', { scope: `circuit:${name}`, period: period.text })}>Report</a>
        <a class="btn desk" href={`/api/v1/${sla}`} download={`circuit-${name}.pdf`}>PDF</a>
        <a class="btn desk" href={path} download={`claim-${name}.json`}>Evidence as JSON</a>
        <button type="button" class="btn pri" onClick={() => print()}>Print</button>
      </div>
      <Load of={of} what="The circuit could not be read." rows={6}>
        {(c) => (
          <div class="stack">
            <Facts c={c} state={lately.data ? stateNow(byScope(lately.data).get(name)) : null} />
            <Outages l={c.availability} />
            <EvidenceCard c={c} />
          </div>
        )}
      </Load>
    </Page>
  )
}

function Facts({ c, state }: { c: Claim; state: ReturnType<typeof stateNow> | null }) {
  const l = c.availability
  const q = c.quality
  const unmeasured = c.target ? 'no echo was sent in this time' : 'no far end is named, so none is measured'
  return (
    <Card title="Contract and measurement">
      <Region label="Contract and measurement">
        <table>
          <thead><tr><th scope="col">What</th><th scope="col" class="num">Agreed</th><th scope="col" class="num">Measured</th><th scope="col" class="lo">Meaning</th></tr></thead>
          <tbody>
            <tr><td class="strong">Availability</td><td class="num">{c.contract.availability ? `${c.contract.availability} %` : '–'}</td><td class="num">{availability(l.availability)}</td><td class="lo sub">{l.unknown ? `between ${l.availability_low ?? '–'} and ${l.availability_high ?? '–'} %, ${duration(l.unknown)} unknown` : 'nothing unknown'}</td></tr>
            <tr><td class="strong">Down time</td><td class="num">{l.budget_seconds === null ? '–' : duration(l.budget_seconds)}</td><td class="num">{duration(l.down)}</td><td class="lo sub">{c.owed_seconds > 0 ? `${duration(c.owed_seconds)} more than agreed` : plural(l.failures, 'outage')}</td></tr>
            <tr><td class="strong">Round trip</td><td class="num">{c.contract.rtt_seconds ? milliseconds(Number(c.contract.rtt_seconds)) : '–'}</td><td class="num"><Kept verdict={q?.rtt_verdict} text={milliseconds(q?.rtt_seconds ?? null)} /></td><td class="lo sub">{q && q.rtt_p95_seconds !== null ? `mean of all replies; not longer than ${milliseconds(q.rtt_p95_seconds)} for 95 % of the time` : unmeasured}</td></tr>
            <tr><td class="strong">Loss, at most</td><td class="num">{c.contract.loss_percent ? `${c.contract.loss_percent} %` : '–'}</td><td class="num"><Kept verdict={q?.loss_verdict} text={q ? `${q.loss_percent} %` : '–'} /></td><td class="lo sub">{q ? `${count(q.lost)} of ${count(q.sent)} echoes, while it was available` : unmeasured}</td></tr>
          </tbody>
        </table>
      </Region>
      <div class="body"><dl class="kv">
        {state && <><dt>Now</dt><dd><StateWord state={state} /></dd></>}
        <dt>Provider</dt><dd>{c.provider || 'not named'}{c.reference && `, ${c.reference}`}</dd>
        <dt>Ends at</dt><dd>{c.device ? <><a class="u" href={href(`/devices/${encodeURIComponent(c.device)}`, c.interface ? { if: c.interface } : {})}>{c.device}</a> {c.interface}</> : c.target || 'not named'}</dd>
        {c.bandwidth && <><dt>Bandwidth</dt><dd>{c.bandwidth}</dd></>}
        {c.contract.calendar && <><dt>Agreed hours</dt><dd>{c.contract.calendar}</dd></>}
        {q && <><dt>Delay and loss</dt><dd>to {c.target}, since {instant(q.since)}; degraded for {duration(l.degraded)}</dd></>}
        <dt>Counted over</dt><dd>{instant(l.from)} to {instant(l.to)}</dd>
      </dl></div>
    </Card>
  )
}

/** A measurement, coloured where less was promised. */
function Kept({ verdict, text }: { verdict: string | undefined; text: string }) {
  return verdict === 'breached' ? <span class="st down">{text}</span> : text === '–' ? <span class="mute">–</span> : <>{text}</>
}

function Outages({ l }: { l: Ledger }) {
  return (
    <Card title="Outages" chip={l.outages.length > 0 && count(l.outages.length)}>
      {l.outages.length === 0 ? <Empty>There was no outage.</Empty> : (
        <Region label="Outages">
          <table>
            <thead><tr><th scope="col">Began</th><th scope="col" class="lo">Ended</th><th scope="col" class="num">Counted</th><th scope="col" class="num lo">Uncertainty</th><th scope="col">Cause</th><th scope="col" class="lo">Incident</th></tr></thead>
            <tbody>{l.outages.map((o) => (
              <tr key={o.from}>
                <td class="tall nw">{instant(o.from)}</td><td class="lo nw">{o.to ? instant(o.to) : 'goes on'}</td><td class="num strong">{duration(o.counted_seconds)}</td>
                <td class="num lo mute">{uncertainty(o.uncertainty_seconds)}</td><td class="wraps"><span class="two">{o.cause}</span>{o.evidence && <span class="two">{o.evidence}</span>}</td>
                <td class="lo">{o.incident ? <a class="u" href={href(`/incidents/${o.incident}`)}>{o.incident}</a> : '–'}</td>
              </tr>
            ))}</tbody>
          </table>
        </Region>
      )}
    </Card>
  )
}

function EvidenceCard({ c }: { c: Claim }) {
  const list = c.evidence ?? []
  return (
    <Card title="Evidence" more={<span class="mute">{c.evidence_cut ? 'there is more: take the JSON' : 'as agents delivered it'}</span>}>
      {!list.length ? <Empty>No observation tells of an outage in this time.</Empty> : (
        <Region label="Evidence">
          <table class="dense">
            <thead><tr><th scope="col">From</th><th scope="col" class="lo">To</th><th scope="col">Seen</th><th scope="col" class="lo">Of</th><th scope="col" class="lo">By</th><th scope="col" class="num lo">Every</th></tr></thead>
            <tbody>{list.map((e) => (
              <tr key={e.agent + e.probe + e.from}><td class="nw">{instant(e.from)}</td><td class="lo nw">{instant(e.to)}</td><td>{e.result}{e.reason && `: ${e.reason}`}</td><td class="lo">{e.target}, {e.probe}</td><td class="lo">{e.agent}</td><td class="num lo">{duration(e.every_ms / 1000)}</td></tr>
            ))}</tbody>
          </table>
        </Region>
      )}
    </Card>
  )
}
