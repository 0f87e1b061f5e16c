// What people use: whether it works now, and whether it kept what was agreed.
import { useApi } from '../lib/api'
import { count, duration } from '../lib/format'
import { byScope, needsWords, standing, stateNow, type Ledger, type Service } from '../lib/network'
import { href, usePlace } from '../lib/router'
import type { Page as Paged } from '../lib/types'
import { useCompany, useSiteName } from '../ui/company'
import { Card, Load } from '../ui/parts'
import { PeriodSeg, usePeriod } from '../ui/periodpick'
import { Page } from '../ui/shell'
import { Answer, Demo, Percent, StateWord } from '../ui/state'
import { Region, rowClick } from '../ui/table'
import { params, useLately, VerdictWord } from '../ui/ledger'

export function Services() {
  const site = usePlace().query.get('site')
  const company = useCompany()
  const period = usePeriod()
  const list = useApi<Paged<Service>>(`services?${params({ limit: '1000', site })}`, ['inventory'], 300)
  const measured = useApi<Paged<Ledger>>(`availability/list?${params({ kind: 'service', site, limit: '10000', ...period.params })}`, ['inventory'], 120)
  const lately = useLately('service', site)
  const kept = byScope(measured.data)
  const now = byScope(lately.data)
  const siteName = useSiteName()
  const rows = (list.data?.items ?? []).map((s) => ({ s, l: kept.get(s.name), state: stateNow(now.get(s.name)) }))
  return (
    <Page title="Services" crumbs={[{ text: 'Uptime and SLA', to: '/sla' }]}>
      <div class="head">
        <h1 class="eyebrow">Services{site && ` · ${siteName(site)}`}<Demo on={company.data?.demo} /></h1>
        {list.data && measured.data && lately.data ? <Answer phrases={rows.length
          ? standing('service', 'services', rows.map((r) => ({ name: r.s.display_name || r.s.name, state: r.state, verdict: r.l?.objective ? r.l.verdict : null })), `the objective in ${period.name}`)
          : [{ text: 'No service is known yet.', tone: 'strong' }, { text: ' Say what people use, and what it needs.' }]} /> : <p class="answer">&nbsp;</p>}
      </div>
      <div class="row wrap tool noprint"><PeriodSeg chosen={period.text} /></div>
      <Card title="Services" chip={rows.length > 0 && count(rows.length)} more={<span class="mute">a row opens its report</span>}>
        <Load of={list} what="The services could not be read." rows={5} row={46}>
          {() => (rows.length ? (
            <Region label="Services">
              <table onClick={rowClick}>
                <thead><tr><th scope="col">Service</th><th scope="col">Now</th><th scope="col" class="lo">Needs</th><th scope="col" class="lo">Site</th><th scope="col" class="num lo">Objective, %</th><th scope="col" class="num">Measured, %</th><th scope="col" class="num lo">Down</th><th scope="col" class="lo">Verdict</th></tr></thead>
                <tbody>{rows.map(({ s, l, state }) => (
                  <tr key={s.name}>
                    <td class="tall"><a data-row class="two strong" href={href('/sla', { scope: `service:${s.name}`, period: period.text })}>{s.display_name || s.name}</a><span class="two">{s.owner}</span></td>
                    <td><StateWord state={state} /></td>
                    <td class="lo wraps sub">{needsWords(s.needs) || '–'}</td>
                    <td class="lo">{s.site ? siteName(s.site) : 'all'}</td>
                    <td class="num lo">{l?.objective ?? s.objective?.availability ?? '–'}</td>
                    <td class="num">{l ? <Percent percent={l.availability} low={l.availability_low} high={l.availability_high} unknown={l.unknown} /> : '–'}</td>
                    <td class="num lo">{l && l.down > 0 ? <span class="st down">{duration(l.down)}</span> : <span class="mute">{l ? '0' : '–'}</span>}</td>
                    <td class="lo"><VerdictWord verdict={l?.verdict ?? null} objective={l?.objective ?? null} /></td>
                  </tr>
                ))}</tbody>
              </table>
            </Region>
          ) : <None />)}
        </Load>
      </Card>
    </Page>
  )
}

const example = `services:
  - name: warehouse
    site: porto
    needs:
      all_of: ["device:opo-dist-1", {any_of: ["circuit:opo-a", "circuit:opo-b"]}]
    objective: {availability: 99.9}`

function None() {
  return (
    <div class="body stk">
      <p class="sub">Write services into a file and apply it; <a class="link" href="/docs/inventory#services">the reference</a> has all keys.</p>
      <pre>{example}</pre>
      <pre>ninewatch-collector apply -f services.yaml</pre>
    </div>
  )
}
