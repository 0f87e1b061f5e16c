import { useApi } from '../lib/api'
import { useNow } from '../lib/clock'
import { bytesBinary, count, durationShort, plural } from '../lib/format'
import { usePlace } from '../lib/router'
import { mayManage, session } from '../lib/session'
import { useStore } from '../lib/store'
import { clock, day, when } from '../lib/time'
import type { Agent, Page as Paged, Phrase } from '../lib/types'
import { useCompany, useSiteName } from '../ui/company'
import { Mark } from '../ui/icons'
import { JoinSite } from '../ui/joinsite'
import { Card, Empty, Load } from '../ui/parts'
import { Page } from '../ui/shell'
import { Answer, Demo } from '../ui/state'
import { Region } from '../ui/table'

/** Who reports, who does not, and whether anything was lost. */
export function agentsAnswer(list: Agent[], now: number): Phrase[] {
  if (!list.length) return [{ text: 'No agent has joined yet.', tone: 'strong' }, { text: ' Nothing is measured without one.' }]
  const silent = list.filter((a) => a.state === 'silent')
  const reporting = list.filter((a) => a.state === 'reporting').length
  const dropped = list.reduce((n, a) => n + (a.samples?.dropped ?? 0), 0)
  const waiting = list.reduce((n, a) => n + (a.samples?.queued ?? 0), 0)
  const out: Phrase[] = []
  if (silent.length) {
    const a = silent[0]!
    out.push({ text: `${a.id} has been silent${a.last_seen ? ` for ${durationShort((now - Date.parse(a.last_seen)) / 1000)}` : ''}`, tone: 'unknown' }, { text: silent.length > 1 ? ` and ${silent.length - 1} more; ` : '; ' })
    out.push({ text: `${count(reporting)} of ${plural(list.length, 'agent')} report.`, tone: 'strong' })
  } else {
    out.push({ text: list.length === 1 ? `${list[0]!.id} reports.` : `${count(reporting)} of ${plural(list.length, 'agent')} report.`, tone: 'strong' })
  }
  out.push(dropped > 0 ? { text: ` ${plural(dropped, 'sample')} were lost.`, tone: 'down' } : { text: waiting > 0 ? ` No sample was lost; ${count(waiting)} wait to be sent.` : ' No sample was lost.' })
  return out
}

export function Agents() {
  const site = usePlace().query.get('site')
  const of = useApi<Paged<Agent>>('agents', ['inventory', 'state'], 5)
  const company = useCompany()
  const now = useNow(1)
  const siteName = useSiteName()
  const who = useStore(session)
  const items = of.data?.items.filter((a) => !site || a.site === site)
  return (
    <Page title="Agents">
      <div class="head">
        <h1 class="eyebrow">Agents{site && ` · ${siteName(site)}`}<Demo on={company.data?.demo} /></h1>
        {items ? <Answer phrases={agentsAnswer(items, now)} /> : <p class="answer">&nbsp;</p>}
      </div>
      <div class="grid">
        <Card title="Agents" span="c12" chip={items && items.length > 0 && count(items.length)}>
          <Load of={of} what="The agents could not be read." rows={3} row={46}>
            {() => (items!.length ? <Table items={items!} now={now} /> : <Empty>No agent has joined{site ? ' from this site' : ''}. Make a line below and run it on the other host.</Empty>)}
          </Load>
        </Card>
        {items?.filter((a) => a.problems?.length).map((a) => (
          <Card key={a.id} title={`Not watched as assigned by ${a.id}`} span="c12" chip={count(a.problems!.length)}>
            <ul class="list">{a.problems!.map((p) => <li key={p}>{p}</li>)}</ul>
          </Card>
        ))}
        {mayManage(who) && <JoinSite span="c4" changed={of.again} />}
      </div>
    </Page>
  )
}

function Table({ items, now }: { items: Agent[]; now: number }) {
  const siteName = useSiteName()
  return (
    <Region label="Agents">
      <table>
        <thead><tr>
          <th scope="col">Agent</th><th scope="col">State</th><th scope="col" class="lo">Site</th><th scope="col" class="num lo">Devices</th><th scope="col" class="num">Data to</th>
          <th scope="col" class="num lo">Waiting</th><th scope="col" class="num lo">Delivered</th><th scope="col" class="num lo">Lost</th><th scope="col" class="lo">Version</th><th scope="col" class="num lo">Identity until</th>
        </tr></thead>
        <tbody>
          {items.map((a) => (
            <tr key={a.id}>
              <td class="tall"><span class="two strong">{a.id}</span><span class="two">{a.hostname}</span></td>
              <td><AgentState a={a} now={now} /></td>
              <td class="lo">{siteName(a.site)}</td>
              <td class="num lo">{count(a.devices)}</td>
              <td class="num">{a.watermark ? (now - Date.parse(a.watermark) > 86400_000 ? when(a.watermark, now) : clock(a.watermark)) : '–'}</td>
              <td class="num lo">{a.samples ? <><span class="two">{count(a.samples.queued)}</span><span class="two">{a.spool ? bytesBinary(a.spool.bytes) : ''}</span></> : '–'}</td>
              <td class="num lo">{count(a.samples?.acknowledged)}</td>
              <td class="num lo">{a.samples && a.samples.dropped > 0 ? <span class="st down">{count(a.samples.dropped)}</span> : <span class="mute">{a.samples ? '0' : '–'}</span>}</td>
              <td class="lo sub">{a.version || '–'}</td>
              <td class="num lo">{a.not_after ? day(a.not_after) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Region>
  )
}

function AgentState({ a, now }: { a: Agent; now: number }) {
  if (a.state === 'reporting') return <span class="st up"><Mark state="up" />Reports</span>
  if (a.state === 'revoked') return <span class="mute">Shut out</span>
  if (a.state === 'never') return <span class="st unknown"><Mark state="unknown" />Not yet seen</span>
  return <span class="st unknown"><Mark state="unknown" />Silent {a.last_seen && durationShort((now - Date.parse(a.last_seen)) / 1000)}</span>
}
