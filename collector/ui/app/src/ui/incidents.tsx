// Incident rows: cause in words, site, one sentence of evidence, how long, who has it or Acknowledge.
import { useState } from 'preact/hooks'
import { request } from '../lib/api'
import { useNow } from '../lib/clock'
import { duration, plural } from '../lib/format'
import { href } from '../lib/router'
import { mayAct, session } from '../lib/session'
import { useStore } from '../lib/store'
import type { Incident, State } from '../lib/types'
import { useCompany, useSiteName } from './company'
import { Mark } from './icons'
import { Demo } from './state'

/** The shape of an incident: what its object is now. */
export function incidentState(i: Incident): State {
  if (i.status === 'resolved') return 'up'
  if (/unknown|silent|agent|prober/.test(i.kind)) return 'unknown'
  return /down/.test(i.kind) ? 'down' : 'degraded'
}

export const isOpen = (i: Incident) => i.status !== 'resolved' && !i.ended_at

/** How long it has lasted, in seconds. */
export function lasted(i: Incident, now: number): number {
  return Math.max(0, ((i.ended_at ? Date.parse(i.ended_at) : now) - Date.parse(i.started_at)) / 1000)
}

export const severityWord = (s: string) => s.charAt(0).toUpperCase() + s.slice(1)

export function IncidentRow({ incident: i, worst, changed, showDemo }: { incident: Incident; worst?: boolean; changed: () => void; showDemo?: boolean }) {
  const now = useNow(1)
  const siteName = useSiteName()
  const who = useStore(session)
  const state = incidentState(i)
  return (
    <li class={`inc ${worst && state === 'down' ? 'down' : ''}`}>
      <div class="lead"><Mark state={state} size={14} /></div>
      <div class="what">
        <div class="t">
          <a data-row href={href(`/incidents/${i.id}`)}>{i.summary}</a>
          <span class="chip line">{siteName(i.site)}</span>
          {showDemo && <Demo on={i.demo} />}
        </div>
        {i.cause && <p>{i.cause}</p>}
      </div>
      <div class="imp">{severityWord(i.severity)}{!!i.hidden && <span class="two small mute">{plural(i.hidden, 'device')} behind</span>}</div>
      <div class="age">
        <b>{duration(lasted(i, now))}</b>
        {i.owner ? <span>{i.owner}</span> : isOpen(i) && mayAct(who) ? <Acknowledge id={i.id} changed={changed} /> : <span>{i.status}</span>}
      </div>
    </li>
  )
}

export function Acknowledge({ id, changed }: { id: string; changed: () => void }) {
  const [busy, set] = useState(false)
  const [failed, fail] = useState('')
  const company = useCompany()
  const click = async () => {
    set(true)
    try {
      await request('POST', `incidents/${id}/acknowledge`, {})
      changed()
      company.again()
    } catch (e) {
      fail((e as Error).message)
      set(false)
    }
  }
  return (
    <span>
      <button type="button" class="btn sm ack" disabled={busy} onClick={click} title={failed || undefined}>Acknowledge<span class="vh"> {id}</span></button>
      {failed && <span class="vh" role="alert">{failed}</span>}
    </span>
  )
}
