// Why an incident is as it is, what it hides, and why who was told of it or not.
import { useState } from 'preact/hooks'
import { useApi } from '../lib/api'
import { useNow } from '../lib/clock'
import { plural } from '../lib/format'
import { href } from '../lib/router'
import { when } from '../lib/time'
import type { Incident, Problem } from '../lib/types'
import { Mark } from './icons'
import { Card, Empty, Load } from './parts'

interface Knowing { receiver: string; route: string; escalates: boolean; knows: string; last_at: string | null; withheld: string }
interface Explanation {
  rule: string; muted: string; told: Knowing[]; waiting: { receiver: string; route: string; type: string; due_at: string }[]; other_routes: { route: string; why: string }[]
}

export function Explain({ id }: { id: string }) {
  const of = useApi<Explanation>(`incidents/${encodeURIComponent(id)}/explain`, ['incident'], 30)
  const now = useNow(30)
  return (
    <Card title="Why, and who was told">
      <Load of={of} what="The explanation could not be read." rows={3}>
        {(e) => (
          <div class="body stk">
            <p class="sub">{e.rule.charAt(0).toUpperCase() + e.rule.slice(1)}.</p>
            {e.muted && <p class="strong">Nobody is told now: {e.muted}.</p>}
            {e.told.length + e.waiting.length + e.other_routes.length === 0 ? <p class="sub">No receiver takes it.</p> : (
              <dl class="kv why">
                {e.told.map((t) => [<dt>{t.receiver}</dt>, <dd>{[t.knows && `knows that it is ${t.knows}, since ${when(t.last_at!, now)}`, t.withheld && `not told: ${t.withheld}`].filter(Boolean).join('; ') || 'is told now'}{t.route && <span class="mute"> · route {t.route}</span>}</dd>])}
                {e.waiting.map((w) => [<dt>{w.receiver}</dt>, <dd>waits until {when(w.due_at, now)}{w.route && <span class="mute"> · route {w.route}</span>}</dd>])}
                {e.other_routes.map((r) => [<dt>{r.route}</dt>, <dd class="mute">not for it: {r.why}</dd>])}
              </dl>
            )}
          </div>
        )}
      </Load>
    </Card>
  )
}

const shown = 8

/** The devices and objects that an incident explains. */
export function Hidden({ i }: { i: Incident }) {
  const [all, set] = useState(false)
  const hidden = (i.problems ?? []).filter((p) => p.hidden)
  if (!hidden.length) return null
  const list = all ? hidden : hidden.slice(0, shown)
  return (
    <Card title="Hidden under this cause" more={hidden.length > shown && <button type="button" class="aslink" onClick={() => set(!all)}>{all ? 'Fewer' : `All ${hidden.length}`}</button>}>
      <ul class="list two">{list.map((p) => <HiddenRow key={p.kind + p.device + p.object} p={p} />)}</ul>
    </Card>
  )
}

function HiddenRow({ p }: { p: Problem }) {
  return (
    <li>
      <Mark state={p.ended_at ? 'up' : p.kind === 'device_down' ? 'unreachable' : 'degraded'} size={13} />
      <div class="min0"><span class="two med">{p.device ? <a href={href(`/devices/${encodeURIComponent(p.device)}`)}>{p.device}</a> : p.object}</span>{p.kind !== 'device_down' && <span class="two small mute">{p.summary}</span>}</div>
    </li>
  )
}

/** What goes with it, in words. */
export function Impact({ i }: { i: Incident }) {
  if (!i.impact) return null
  return (
    <Card title="Impact">
      <div class="body"><ul class="stk">{i.impact.split('; ').map((line) => <li key={line} class="med">{line}</li>)}</ul>
        {!!i.hidden && <p class="small mute">{plural(i.hidden, 'device')} measured all the while; alerts held back.</p>}</div>
    </Card>
  )
}

export function Evidence({ i }: { i: Incident }) {
  const lines = i.evidence?.length ? i.evidence : i.cause ? [i.cause] : []
  if (!lines.length) return <Empty>Nothing is known of its cause.</Empty>
  return <div class="body">{lines.map((line) => <p key={line} class="cause">{line}</p>)}{(i.roots?.length ?? 0) > 1 && <p class="sub">Candidates: {i.roots!.join(', ')}</p>}</div>
}
