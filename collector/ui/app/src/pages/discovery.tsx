// What might be a device: who saw it, and whether it is to be watched.
import { useState } from 'preact/hooks'
import { useApi } from '../lib/api'
import { useNow } from '../lib/clock'
import { count, plural } from '../lib/format'
import { discoveryAnswer, sightingWords, texts, type Proposal } from '../lib/network'
import { href, setQuery, usePlace } from '../lib/router'
import { mayManage, session } from '../lib/session'
import { useStore } from '../lib/store'
import { when } from '../lib/time'
import type { Page as Paged } from '../lib/types'
import { AddDevice } from '../ui/adddevice'
import { useCompany, useSiteName } from '../ui/company'
import { Choice, Outcome, Text, useSend, useSites } from '../ui/form'
import { Icon } from '../ui/icons'
import { Card, Copy, Empty, Load } from '../ui/parts'
import { Page } from '../ui/shell'
import { Answer, Demo } from '../ui/state'
import { params } from '../ui/ledger'

const shown = [['proposed', 'Open'], ['approved', 'Watched'], ['rejected', 'Turned down']] as const

export function Discovery() {
  const { query } = usePlace()
  const site = query.get('site')
  const status = query.get('status') ?? 'proposed'
  const company = useCompany()
  const siteName = useSiteName()
  const who = useStore(session)
  const open = useApi<Paged<Proposal>>(`discovery?${params({ status: 'proposed', site, limit: '500' })}`, ['inventory'], 60)
  const other = useApi<Paged<Proposal>>(status === 'proposed' ? null : `discovery?${params({ status, site, limit: '500' })}`, ['inventory'], 60)
  const of = status === 'proposed' ? open : other
  const credentials = useApi<Paged<{ name: string }>>(mayManage(who) ? 'credentials' : null, ['inventory'], 300)
  const again = () => { open.again(); other.again() }
  return (
    <Page title="Discovery">
      <div class="head">
        <h1 class="eyebrow">Discovery{site && ` · ${siteName(site)}`}<Demo on={company.data?.demo} /></h1>
        {open.data ? <Answer phrases={discoveryAnswer(open.data.items, open.data.total ?? open.data.items.length)} /> : <p class="answer">&nbsp;</p>}
      </div>
      <div class="grid">
        <div class="stack c8">
          <section class="card">
            <header>
              <h2>Proposals</h2>
              {of.data && of.data.items.length > 0 && <span class="chip">{count(of.data.total ?? of.data.items.length)}</span>}
              <span class="more"><span class="seg" role="group" aria-label="Which">{shown.map(([k, t]) => <button type="button" key={k} aria-pressed={status === k} onClick={() => setQuery({ status: k === 'proposed' ? null : k })}>{t}</button>)}</span></span>
            </header>
            <Load of={of} what="The proposals could not be read." rows={4} row={60}>
              {(p) => (p.items.length ? <ul class="list">{p.items.map((x) => <Row key={x.id} p={x} may={mayManage(who)} credentials={(credentials.data?.items ?? []).map((c) => c.name)} changed={again} />)}</ul> : <Empty>{status === 'proposed' ? 'Nothing waits. What devices see by LLDP and CDP shows here within minutes; a scan finds the rest.' : 'There is none.'}</Empty>)}
            </Load>
          </section>
          <Rules may={mayManage(who)} />
        </div>
        <div class="stack c4">
          <Scans site={site} may={mayManage(who)} credentials={(credentials.data?.items ?? []).map((c) => c.name)} />
          <Scan may={mayManage(who)} changed={again} />
          {mayManage(who) && <AddDevice span="" title="Add a device" changed={again} />}
        </div>
      </div>
    </Page>
  )
}

function Row({ p, may, credentials, changed }: { p: Proposal; may: boolean; credentials: string[]; changed: () => void }) {
  const now = useNow(60)
  const siteName = useSiteName()
  const [asking, ask] = useState(false)
  const sender = useSend(changed)
  const title = p.name || p.address
  const what = [p.hints.vendor, p.hints.model].filter(Boolean).join(' ') || p.hints.platform
  return (
    <li class="prop">
      <div class="sp min0">
        <span class="two strong">{title}{p.address && p.address !== title && <span class="mono mute"> {p.address}</span>}</span>
        {what && <span class="two sub wraps">{what}{texts(p.hints.capabilities).length > 0 && ` (${texts(p.hints.capabilities).join(', ')})`}</span>}
        <span class="two wraps">{p.evidence.slice(0, 4).map(sightingWords).join('; ')}{p.evidence.length > 4 && `; and ${p.evidence.length - 4} more`}</span>
        <span class="two tiny">{siteName(p.site)}, first seen {when(p.first_seen, now)}{p.hints.credential && `, answers to ${p.hints.credential}`}{p.decided_by && `, decided by ${p.decided_by}`}</span>
        <Outcome of={sender} />
        {asking && <Approve p={p} credentials={credentials} close={() => ask(false)} sender={sender} />}
      </div>
      {p.status === 'approved' && p.device && <a class="link" href={href(`/devices/${encodeURIComponent(p.device)}`)}>{p.device}</a>}
      {p.status === 'proposed' && may && !asking && (
        <span class="row g6">
          <button type="button" class="btn sm" aria-label={`Watch ${title}`} onClick={() => ask(true)}>Watch</button>
          <button type="button" class="btn sm ghost" aria-label={`Turn down ${title}`} disabled={sender.busy} onClick={() => void sender.send('POST', `discovery/${p.id}/reject`, undefined, 'Turned down')}>Turn down</button>
        </span>
      )}
    </li>
  )
}

function Approve({ p, credentials, close, sender }: { p: Proposal; credentials: string[]; close: () => void; sender: ReturnType<typeof useSend> }) {
  const [name, setName] = useState(p.name)
  const [address, setAddress] = useState(p.address)
  const [credential, setCredential] = useState(credentials.includes(p.hints.credential ?? '') ? p.hints.credential! : '')
  const [role, setRole] = useState('')
  const send = (e: Event) => {
    e.preventDefault()
    if (!address.trim()) return sender.say('An address is needed: no device told one.')
    const body = { name: name.trim(), address: address.trim(), credential, role: role.trim() }
    void sender.send('POST', `discovery/${p.id}/approve`, Object.fromEntries(Object.entries(body).filter(([, v]) => v)), 'It is watched from now on')
  }
  return (
    <form class="padform propform" onSubmit={send}>
      <div class="pair"><Text label="Name" value={name} set={setName} /><Text label="Address" value={address} set={setAddress} mono /></div>
      <div class="pair">
        <Choice label="Credential" value={credential} set={setCredential} options={[['', 'none: pings only'], ...credentials.map((c): [string, string] => [c, c])]} />
        <Text label="Role" value={role} set={setRole} hint="access, core, server" />
      </div>
      <div class="row"><button class="btn pri" disabled={sender.busy}>Watch it</button><button type="button" class="btn ghost" onClick={close}>Not now</button></div>
    </form>
  )
}

interface Rule { name: string; site?: string; match?: Record<string, string[] | string>; then: string; credential?: string; role?: string }

function Rules({ may }: { may: boolean }) {
  const of = useApi<Paged<Rule>>('discovery-rules', ['inventory'], 300)
  const sender = useSend(of.again)
  const [range, setRange] = useState('')
  const [then, setThen] = useState('approve')
  const add = (e: Event) => {
    e.preventDefault()
    const cidr = range.trim()
    if (!/^[0-9a-fA-F.:]+\/\d+$/.test(cidr)) return sender.say('Write a range of addresses, such as 192.0.2.0/24.')
    const name = `${then}-${cidr.toLowerCase().replace(/[^a-z0-9.]+/g, '-')}`
    void sender.send('PUT', `discovery-rules/${encodeURIComponent(name)}`, { name, match: { range: [cidr] }, then }, 'The rule holds from the next look on')
  }
  return (
    <Card title="Rules" more={<span class="mute">what is decided without a person</span>}>
      <Load of={of} what="The rules could not be read." rows={1}>
        {(p) => (p.items.length ? (
          <ul class="list">{p.items.map((r) => (
            <li key={r.name}>
              <span class="sp min0 wraps"><b class="med">{r.name}</b> {r.then === 'approve' ? 'watches' : r.then === 'reject' ? 'turns down' : 'asks about'} {Object.entries(r.match ?? {}).map(([k, v]) => `${k} ${texts(v).join(' or ')}`).join(' and ') || 'everything'}{r.site && ` at ${r.site}`}</span>
              {may && <button type="button" class="btn sm ghost" aria-label={`Remove rule ${r.name}`} onClick={() => void sender.send('DELETE', `discovery-rules/${encodeURIComponent(r.name)}`, undefined, `${r.name} is removed`)}>Remove</button>}
            </li>
          ))}</ul>
        ) : <Empty>There is no rule: a person decides on each.</Empty>)}
      </Load>
      {may && (
        <form class="body row wrap g12" onSubmit={add}>
          <Text label="" hidden="Range of addresses" hint="192.0.2.0/24" value={range} set={setRange} mono />
          <span><label class="vh" for="rt">What to do</label><select id="rt" value={then} onChange={(e) => setThen(e.currentTarget.value)}><option value="approve">watch</option><option value="reject">turn down</option></select></span>
          <button class="btn" disabled={sender.busy}>Add a rule</button>
          <Outcome of={sender} />
        </form>
      )}
    </Card>
  )
}

interface ScanOfAgent { id: number; site: string; state: string; problem: string; ranges: string[]; done: number; all: number; answering: number; asked_at: string; asked_by: string }

/** Scans that agents are asked for: the last ones, and a form for the next. */
function Scans({ site, may, credentials }: { site: string | null; may: boolean; credentials: string[] }) {
  const now = useNow(60)
  const siteName = useSiteName()
  const sites = useSites()
  const of = useApi<Paged<ScanOfAgent>>(`discovery/scans?${params({ site })}`, ['inventory'], 15)
  const sender = useSend(of.again)
  const [where, setWhere] = useState('')
  const [ranges, setRanges] = useState('')
  const [without, setWithout] = useState<string[]>([])
  const start = (e: Event) => {
    e.preventDefault()
    const list = ranges.split(/[\s,;]+/).filter(Boolean)
    if (!list.length) return sender.say('Write a range of addresses, such as 192.0.2.0/24.')
    void sender.send('POST', 'discovery/scans', { site: where || site || sites[0]?.[0] || '', ranges: list, credentials: credentials.filter((c) => !without.includes(c)) }, 'The agent is asked')
  }
  return (
    <Card title="Scans by agents" more={<span class="mute">within the allow-list of each agent</span>}>
      <Load of={of} what="The scans could not be read." rows={1}>
        {(p) => (p.items.length ? (
          <ul class="list">{p.items.slice(0, 5).map((s) => (
            <li key={s.id}>
              <span class="sp min0">
                <span class="two wraps"><b class="med">{siteName(s.site)}</b> <span class="mono">{s.ranges.join(' ')}</span></span>
                <span class="two wraps">{s.state}{s.all > 0 && `, ${count(s.done)} of ${count(s.all)} tries, ${plural(s.answering, 'address answers', 'addresses answer')}`}</span>
                {s.problem && <span class="two wraps">{s.problem}</span>}
                <span class="two tiny">asked {when(s.asked_at, now)} by {s.asked_by}</span>
              </span>
              {may && (s.state === 'waiting' || s.state === 'running') && <button type="button" class="btn sm ghost" aria-label={`Stop scan ${s.id}`} onClick={() => void sender.send('DELETE', `discovery/scans/${s.id}`, undefined, 'The scan is called off')}>Stop</button>}
            </li>
          ))}</ul>
        ) : <Empty>No agent was asked for a scan yet.</Empty>)}
      </Load>
      {may && (
        <form class="padform body" onSubmit={start}>
          <Choice label="Site of the agent" value={where || site || sites[0]?.[0] || ''} set={setWhere} options={sites} />
          <Text label="Ranges to scan" hint="192.0.2.0/24 198.51.100.0/25" value={ranges} set={setRanges} mono />
          {credentials.length > 0 && (
            <div role="group" aria-label="Credentials">
              <span class="small">Credentials, tried in this order</span>
              {credentials.map((c) => <label key={c} class="row g6 small"><input type="checkbox" checked={!without.includes(c)} onChange={(e) => setWithout(e.currentTarget.checked ? without.filter((x) => x !== c) : [...without, c])} />{c}</label>)}
            </div>
          )}
          <div class="row"><button class="btn pri" disabled={sender.busy}>Scan</button></div>
          <Outcome of={sender} />
        </form>
      )}
    </Card>
  )
}

export interface Reply { address: string; icmp: boolean; snmp: boolean }
const batch = 100 // replies a request: a body has 64 KiB

/** What a file of "ninewatch-agent discover -o json" holds, or why it holds nothing. */
export function repliesOf(text: string): Reply[] | string {
  let all: unknown
  try {
    all = JSON.parse(text)
  } catch {
    return 'This is no JSON: run the command with -o json.'
  }
  if (!Array.isArray(all) || all.some((x) => typeof (x as Reply)?.address !== 'string')) return 'This is not what discover prints: a list of addresses.'
  const keys = ['address', 'icmp', 'snmp', 'credential', 'name', 'sys_object_id', 'sys_descr', 'vendor', 'model', 'profile']
  const found = (all as Reply[]).filter((x) => x.icmp || x.snmp)
  return found.length ? found.map((x) => Object.fromEntries(Object.entries(x).filter(([k]) => keys.includes(k))) as unknown as Reply) : 'Nothing in it answered.'
}

function Scan({ may, changed }: { may: boolean; changed: () => void }) {
  const command = 'ninewatch-agent discover 192.168.1.0/24 --credentials credentials.yaml -o json > found.json'
  const sites = useSites()
  const [site, setSite] = useState('')
  const sender = useSend(changed)
  const read = async (file: File | undefined) => {
    if (!file) return
    const replies = repliesOf(await file.text())
    if (typeof replies === 'string') return sender.say(replies)
    for (let i = 0; i < replies.length; i += batch) {
      if (!await sender.send('POST', 'discovery', { site: site || sites[0]?.[0] || '', found: replies.slice(i, i + batch) }, `${plural(replies.length, 'address', 'addresses')} looked at`)) return
    }
  }
  return (
    <section class="card">
      <div class="pad">
        <span class="ico"><Icon name="search" size={20} /></span>
        <h2>Scan by hand</h2>
        <p class="sub">On the host of an agent. Every address is asked, gently, and only where <span class="mono">--allow</span> permits. <a class="link" href="/docs/discovery">How a scan works</a></p>
        <div class="row top g6"><pre class="sp">{command}</pre><Copy text={command} label="Copy the command" /></div>
        {may && (
          <div class="padform">
            <Choice label="Site of the scan" value={site || sites[0]?.[0] || ''} set={setSite} options={sites} />
            <div><label for="ff">What it found</label><input id="ff" type="file" accept=".json,application/json" disabled={sender.busy} onChange={(e) => void read(e.currentTarget.files?.[0])} /></div>
            <Outcome of={sender} />
          </div>
        )}
      </div>
    </section>
  )
}
