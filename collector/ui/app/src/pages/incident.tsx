import { useState } from 'preact/hooks'
import { request, useApi } from '../lib/api'
import { now as clockNow, useNow } from '../lib/clock'
import { availability, duration, uncertainty } from '../lib/format'
import { href } from '../lib/router'
import { mayAct, session } from '../lib/session'
import { useStore } from '../lib/store'
import { clock, dayMonth, instant, localZone, zoneName } from '../lib/time'
import type { Delivery, DeviceDetail, Incident as Inc, IncidentEvent, Page as Paged } from '../lib/types'
import { AgentsAway } from '../ui/away'
import { useCompany, useSiteName } from '../ui/company'
import { DeliveryRow } from '../ui/deliveries'
import { Evidence, Explain, Hidden, Impact } from '../ui/explain'
import { Icon, Mark, type IconName } from '../ui/icons'
import { incidentState, isOpen, lasted, severityWord } from '../ui/incidents'
import { usePageKey } from '../ui/keys'
import { Card, Empty, Load, Panel } from '../ui/parts'
import { Page } from '../ui/shell'
import { NewSilence } from '../ui/silences'
import { Demo, StateChip, StateWord } from '../ui/state'
import { Strip } from '../ui/strip'

export function Incident({ id }: { id: string }) {
  const of = useApi<Inc>(`incidents/${encodeURIComponent(id)}`, ['incident'], 15)
  return (
    <Page title={id} crumbs={[{ text: 'Incidents', to: '/incidents' }]}>
      <Load of={of} what={`${id} could not be read.`} heading={id} rows={8} row={44}>
        {(i) => <Body i={i} again={of.again} />}
      </Load>
    </Page>
  )
}

function Body({ i, again }: { i: Inc; again: () => void }) {
  const now = useNow(1)
  const siteName = useSiteName()
  const open = isOpen(i)
  const state = incidentState(i)
  const since = Date.parse(i.started_at)
  const age = duration(lasted(i, now))
  const detected = i.detected_at ? (Date.parse(i.detected_at) - since) / 1000 : null
  const acked = i.acknowledged_at ? (Date.parse(i.acknowledged_at) - since) / 1000 : null
  return (
    <>
      <div class="head">
        <div class="row wrap chips">
          <StateChip state={state}>{severityWord(i.severity)} · {i.status}</StateChip>
          <a class="chip line" href={href('/devices', { site: i.site })}>{siteName(i.site)}</a>
          <span class="chip line">{i.id}</span>
          <Demo on={i.demo} />
        </div>
        <h1 class="answer">
          <b>{i.summary}.</b> {open
            ? <>{state === 'unknown' ? 'Unknown for' : state === 'degraded' ? 'Degraded for' : 'Down for'} <b><span class={state === 'down' ? 'bad' : state === 'degraded' ? 'warnc' : ''}>{age}</span></b>; {i.owner ? `${i.owner} has it.` : 'nobody has acknowledged it.'}</>
            : <>It lasted <b>{age}</b> and ended {i.ended_at ? instant(i.ended_at) : ''}.</>}
        </h1>
        <Actions i={i} again={again} acked={acked} />
      </div>
      <AgentsAway site={i.site} />
      <dl class="card facts">
        <div><dt>Started, {zoneName(localZone)}</dt><dd>{clock(i.started_at)} <span class="mute">{[dayMonth(i.started_at), uncertainty(i.started_at_uncertainty_seconds)].filter(Boolean).join(' ')}</span></dd></div>
        <div><dt>Detected after</dt><dd>{detected === null ? '–' : duration(detected)}</dd></div>
        <div><dt>Acknowledged after</dt><dd>{acked === null ? <span class="mute">not yet</span> : duration(acked)}</dd></div>
        <div><dt>{open ? 'Lasts for' : 'Lasted'}</dt><dd class={open && state === 'down' ? 'st down' : ''}>{age}</dd></div>
        <div><dt>Ended</dt><dd>{i.ended_at ? <>{clock(i.ended_at)} <span class="mute">{dayMonth(i.ended_at)}</span></> : <span class="mute">not yet</span>}</dd></div>
        <div><dt>Owner</dt><dd>{i.owner || <span class="mute">nobody</span>}</dd></div>
      </dl>
      <div class="grid gap16">
        <div class="stack c8">
          <Card title="Cause"><Evidence i={i} /></Card>
          <Timeline i={i} again={again} />
        </div>
        <div class="stack c4">
          <Impact i={i} />
          <Hidden i={i} />
          {i.device && <DeviceCard name={i.device} />}
          <Deliveries id={i.id} />
          <Explain id={i.id} />
        </div>
      </div>
    </>
  )
}

function Actions({ i, again, acked }: { i: Inc; again: () => void; acked: number | null }) {
  const who = useStore(session)
  const company = useCompany()
  const [wrong, setWrong] = useState('')
  const act = async (what: string, body: object = {}) => {
    setWrong('')
    try {
      await request('POST', `incidents/${i.id}/${what}`, body)
      again()
      company.again()
    } catch (e) {
      setWrong((e as Error).message)
    }
  }
  const open = isOpen(i)
  const mayAck = open && !i.acknowledged_at && mayAct(who)
  usePageKey((k) => { if (k === 'a' && mayAck) void act('acknowledge') })
  return (
    <div class="row wrap acts">
      {i.acknowledged_at ? <span class="btn done"><Icon name="check" size={14} />Acknowledged</span>
        : mayAck && <button type="button" class="btn pri" onClick={() => act('acknowledge')}><Icon name="check" size={14} />Acknowledge</button>}
      {open && mayAct(who) && (
        <Panel button={<><Icon name="check" size={14} />Resolve by hand…</>} width={340}>
          {(close) => <Resolve i={i} close={close} act={act} />}
        </Panel>
      )}
      {open && mayAct(who) && (
        <Panel button={<>Silence…</>} width={340}>
          {(close) => <NewSilence match={{ incident: i.id }} done={() => { close(); again() }} />}
        </Panel>
      )}
      {wrong && <span class="err" role="alert"><Icon name="info" size={14} />{wrong}</span>}
      <span class="sp" />
      {i.acknowledged_at && <span class="small mute nw">by {i.owner ?? '–'} at {clock(i.acknowledged_at)}{acked !== null && `, after ${duration(acked)}`}</span>}
    </div>
  )
}

function Resolve({ i, close, act }: { i: Inc; close: () => void; act: (what: string, body?: object) => Promise<void> }) {
  const [text, type] = useState('')
  const submit = async (e: Event) => {
    e.preventDefault()
    close()
    await act('resolve', { text })
  }
  return (
    <form class="stk" onSubmit={submit}>
      <h2>Resolve {i.id}</h2>
      <p class="small sub">It closes now and its receivers are told. The down time stays counted: only measurements change that. It opens again when {i.device || 'the object'} has been right in between and fails once more.</p>
      <label for="rw" class="small">Why</label>
      <input id="rw" type="text" value={text} onInput={(e) => type(e.currentTarget.value)} />
      <div class="row"><button class="btn pri">Resolve</button><button type="button" class="btn ghost" onClick={close}>Not now</button></div>
    </form>
  )
}

const people = /comment|acknowledg|note|assign/
const eventIcon = (t: string): IconName | null => (/deliver|webhook|notif|sent/.test(t) ? 'send' : /acknowledg/.test(t) ? 'person' : /comment|note/.test(t) ? 'comment' : /resolv|closed/.test(t) ? 'check' : null)

function Timeline({ i, again }: { i: Inc; again: () => void }) {
  const [filter, set] = useState<'all' | 'facts' | 'people'>('all')
  const events = [...(i.events ?? [])].sort((a, b) => Date.parse(a.time) - Date.parse(b.time))
  const shown = events.filter((e) => filter === 'all' || people.test(e.type) === (filter === 'people'))
  const seg = (
    <span class="seg" role="group" aria-label="Filter">
      {([['all', 'All'], ['facts', 'Facts'], ['people', 'People']] as const).map(([v, w]) => <button type="button" aria-pressed={filter === v} onClick={() => set(v)}>{w}</button>)}
    </span>
  )
  return (
    <Card title="Timeline" more={seg}>
      <div class="body">
        {shown.length === 0 ? <p class="sub">Nothing {filter === 'people' ? 'from people ' : ''}yet.</p> : <ol class="tl">{shown.map((e) => <Event e={e} state={incidentState(i)} />)}</ol>}
        <Comment id={i.id} again={again} />
      </div>
    </Card>
  )
}

function Event({ e, state }: { e: IncidentEvent; state: ReturnType<typeof incidentState> }) {
  const icon = eventIcon(e.type)
  return (
    <li>
      <time dateTime={e.time} title={instant(e.time)}>{clock(e.time)}</time>
      <span class="ic">{icon ? <Icon name={icon} size={14} /> : <Mark state={state === 'up' ? 'down' : state} size={13} />}</span>
      <span>{e.who && people.test(e.type) ? <><b>{e.who}{/acknowledg/.test(e.type) ? ' acknowledged' : ''}</b>{e.text && (/acknowledg/.test(e.type) ? `. ${e.text}` : `: ${e.text}`)}</> : e.text || e.type}</span>
    </li>
  )
}

function Comment({ id, again }: { id: string; again: () => void }) {
  const who = useStore(session)
  const [text, type] = useState('')
  const [wrong, setWrong] = useState('')
  if (!mayAct(who)) return null
  const submit = async (e: Event) => {
    e.preventDefault()
    if (!text.trim()) return
    try {
      await request('POST', `incidents/${id}/comment`, { text })
      type('')
      setWrong('')
      again()
    } catch (err) {
      setWrong((err as Error).message)
    }
  }
  return (
    <>
      <form class="row cm" onSubmit={submit}>
        <label class="vh" for="cm">Comment</label>
        <input type="text" id="cm" placeholder="Add what you know" value={text} onInput={(e) => type(e.currentTarget.value)} />
        <button class="btn">Comment</button>
      </form>
      {wrong && <p class="err" role="alert"><Icon name="info" size={14} />{wrong}</p>}
    </>
  )
}

function DeviceCard({ name }: { name: string }) {
  const of = useApi<DeviceDetail>(`devices/${encodeURIComponent(name)}`, ['state'], 30)
  const now = useNow(30)
  return (
    <Card title="Device" more={<a class="link" href={href(`/devices/${encodeURIComponent(name)}`)}>Open</a>}>
      <Load of={of} what={`${name} could not be read.`} rows={3}>
        {(d) => (
          <div class="body">
            <p class="row"><a class="strong" href={href(`/devices/${encodeURIComponent(name)}`)}>{d.display_name || d.name}</a><StateWord state={d.state} since={d.since} now={now} /></p>
            <dl class="kv">
              <dt>Address</dt><dd class="mono">{d.address}</dd>
              {d.role && <><dt>Role</dt><dd>{d.role}</dd></>}
              {d.why && <><dt>Now</dt><dd>{d.why}</dd></>}
              {d.availability?.percent && <><dt>30 days</dt><dd>{availability(d.availability.percent)}</dd></>}
            </dl>
            <div class="ds"><Strip name={d.name} days={d.strip} /></div>
          </div>
        )}
      </Load>
    </Card>
  )
}

function Deliveries({ id }: { id: string }) {
  const of = useApi<Paged<Delivery>>(`deliveries?incident=${encodeURIComponent(id)}&limit=20`, ['incident'], 30)
  return (
    <Card title="Delivered to" more={<a class="link" href={href('/settings')}>Log</a>}>
      <Load of={of} what="The deliveries could not be read." rows={2}>
        {(p) => {
          const mine = p.items.filter((d) => d.incident === id)
          return mine.length ? <ul class="list two">{mine.map((d) => <DeliveryRow key={d.id} d={d} changed={of.again} now={clockNow()} />)}</ul> : <Empty>Nobody was told: no receiver takes it.</Empty>
        }}
      </Load>
    </Card>
  )
}
