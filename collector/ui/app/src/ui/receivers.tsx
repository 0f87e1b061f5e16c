// Receivers with a test of each, the routes that lead to them, and what became of incidents.
import { useState } from 'preact/hooks'
import { request, useApi } from '../lib/api'
import { duration } from '../lib/format'
import { mayAct, session } from '../lib/session'
import { useStore } from '../lib/store'
import type { Page as Paged, Receiver } from '../lib/types'
import { Icon } from './icons'
import { Card, Empty, Load } from './parts'
import { Region } from './table'

interface Result { delivered: boolean; response_code: number; sent: string; response: string; error: string }

export function Receivers({ items }: { items: Receiver[] }) {
  const who = useStore(session)
  const [of, show] = useState<{ name: string; result?: Result; wrong?: string } | null>(null)
  const test = async (name: string) => {
    show({ name })
    try {
      show({ name, result: (await request('POST', `receivers/${encodeURIComponent(name)}/test`, {})) as Result })
    } catch (e) {
      show({ name, wrong: (e as Error).message })
    }
  }
  return (
    <>
      <Region label="Receivers">
        <table>
          <thead><tr><th scope="col">Receiver</th><th scope="col" class="lo">Address</th><th scope="col">Format</th><th scope="col" class="num">{mayAct(who) ? 'Test' : ''}</th></tr></thead>
          <tbody>{items.map((r) => (
            <tr key={r.name}>
              <td class={r.trouble?.length ? 'tall' : ''}>
                <span class="two strong">{r.name}</span>
                {r.trouble?.map((t) => <div key={t} class="small wraps trouble">{t}</div>)}
              </td><td class="mono wraps lo">{r.url ?? '–'}</td><td>{r.format || 'ninewatch'}</td>
              <td class="num">{mayAct(who) && <button type="button" class="btn sm" disabled={of?.name === r.name && !of.result && !of.wrong} onClick={() => test(r.name)}>Send a test<span class="vh"> to {r.name}</span></button>}</td>
            </tr>
          ))}</tbody>
        </table>
      </Region>
      {of && (of.result || of.wrong) && <Outcome name={of.name} result={of.result} wrong={of.wrong} />}
    </>
  )
}

function Outcome({ name, result, wrong }: { name: string; result?: Result; wrong?: string }) {
  const bad = wrong || (result && !result.delivered)
  return (
    <div class="body stk" role="status">
      <p class={bad ? 'err' : 'st up'}><Icon name={bad ? 'info' : 'check'} size={14} />{wrong || (result!.delivered ? `${name} took it: ${result!.response_code}` : result!.error)}</p>
      {result?.response && <><h3>What it answered</h3><pre class="sp wraps" tabIndex={0} aria-label="What it answered">{result.response}</pre></>}
      {result?.sent && <details><summary>What was sent</summary><pre class="sp wraps" tabIndex={0} aria-label="What was sent">{pretty(result.sent)}</pre></details>}
    </div>
  )
}

/** JSON with line breaks; any other text as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

interface Route { name: string; match?: Record<string, string[]>; receiver?: string[]; repeat_every?: string; escalate_after?: string; escalate_to?: string[]; calendar?: string; digest_every?: string }

/** A route in words: "severity critical → noc; after 15m to lead". */
export function routeWords(r: Route): string {
  const match = Object.entries(r.match ?? {}).map(([k, v]) => `${k} ${Array.isArray(v) ? v.join(' or ') : ''}`.trim()).join(', ')
  const parts = [`${match || 'all'} → ${(r.receiver ?? []).join(', ')}`]
  if (r.digest_every) parts.push(`together every ${r.digest_every}`)
  if (r.repeat_every) parts.push(`again every ${r.repeat_every}`)
  if (r.escalate_after) parts.push(`to ${(r.escalate_to ?? r.receiver ?? []).join(', ')} when nobody acknowledges within ${r.escalate_after}`)
  if (r.calendar) parts.push(`in the hours of ${r.calendar}`)
  return parts.join('; ')
}

export function Routes() {
  const of = useApi<Paged<Route>>('routes', ['inventory'], 60)
  return (
    <Card title="Routes">
      <Load of={of} what="The routes could not be read." rows={1} row={46}>
        {(p) => (p.items.length
          ? <ul class="list two">{p.items.map((r) => <li key={r.name}><div class="min0"><span class="two med">{r.name}</span><span class="two small mute wraps">{routeWords(r)}</span></div></li>)}</ul>
          : <Empty>No routes are set: every receiver gets all incidents of its sites.</Empty>)}
      </Load>
    </Card>
  )
}

interface Figure { by: string; opened: number; noise: number; mttd_seconds: number | null; mtta_seconds: number | null; mttr_seconds: number | null; mtbf_seconds: number | null }

export function Figures() {
  const [by, set] = useState<'site' | 'kind' | 'team' | 'rule'>('site')
  const of = useApi<Paged<Figure>>(`incidents/figures?by=${by}`, ['incident'], 300)
  const d = (s: number | null) => (s === null ? '–' : duration(s))
  const seg = (
    <span class="seg" role="group" aria-label="Figures by">
      {([['site', 'Site'], ['kind', 'Kind'], ['team', 'Team'], ['rule', 'Rule']] as const).map(([v, w]) => <button type="button" key={v} aria-pressed={by === v} onClick={() => set(v)}>{w}</button>)}
    </span>
  )
  return (
    <Card title="What became of incidents, 90 days" more={seg}>
      <Load of={of} what="The figures could not be read." rows={2}>
        {(p) => (p.items.length ? (
          <Region label="Figures of incidents">
            <table>
              <thead><tr><th scope="col">{by}</th><th scope="col" class="num">Opened</th><th scope="col" class="num">Noise</th><th scope="col" class="num"><abbr title="mean time to detect">MTTD</abbr></th><th scope="col" class="num"><abbr title="mean time to acknowledge">MTTA</abbr></th><th scope="col" class="num"><abbr title="mean time to repair">MTTR</abbr></th><th scope="col" class="num"><abbr title="mean time between failures">MTBF</abbr></th></tr></thead>
              <tbody>{p.items.map((f) => <tr key={f.by}><td class="strong">{f.by.replace(/_/g, ' ') || 'none'}</td><td class="num">{f.opened}</td><td class="num">{f.noise}</td><td class="num">{d(f.mttd_seconds)}</td><td class="num">{d(f.mtta_seconds)}</td><td class="num">{d(f.mttr_seconds)}</td><td class="num">{d(f.mtbf_seconds)}</td></tr>)}</tbody>
            </table>
          </Region>
        ) : <Empty>There was no incident.</Empty>)}
      </Load>
    </Card>
  )
}
