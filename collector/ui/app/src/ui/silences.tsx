// Silences keep notifications back for a while: who made them, why, until when; and making one.
import { useState } from 'preact/hooks'
import { request, useApi } from '../lib/api'
import { useNow } from '../lib/clock'
import { mayAct, session } from '../lib/session'
import { useStore } from '../lib/store'
import { instant, when } from '../lib/time'
import type { Page as Paged } from '../lib/types'
import { Icon } from './icons'
import { Card, Empty, Load } from './parts'

export interface SilenceMatch { sites?: string[]; devices?: string[]; kinds?: string[]; severities?: string[]; incident?: string }
export interface Silence {
  id: string; match: SilenceMatch; from: string; until: string; author: string; reason: string; active: boolean; ended_at: string | null
}

/** What a silence is about, in words. */
export function matchWords(m: SilenceMatch): string {
  const parts = [m.incident, ...(m.devices ?? []), ...(m.sites ?? []).map((s) => `all of ${s}`), (m.kinds ?? []).join(', ').replace(/_/g, ' '), (m.severities ?? []).join(', ')]
  return parts.filter(Boolean).join(' · ')
}

const lengths = [['1', '1 hour'], ['4', '4 hours'], ['24', '1 day'], ['168', '1 week']] as const

/** A form that silences what it is given. */
export function NewSilence({ match, done }: { match: SilenceMatch; done: () => void }) {
  const [hours, setHours] = useState('4')
  const [reason, type] = useState('')
  const [wrong, setWrong] = useState('')
  const submit = async (e: Event) => {
    e.preventDefault()
    if (!reason.trim()) {
      setWrong('Say why: others will ask.')
      return
    }
    try {
      await request('POST', 'silences', { match, until: new Date(Date.now() + Number(hours) * 3_600_000).toISOString(), reason })
      done()
    } catch (err) {
      setWrong((err as Error).message)
    }
  }
  return (
    <form class="stk" onSubmit={submit}>
      <h2>Silence {matchWords(match)}</h2>
      <p class="small sub">Nobody is told of it until the silence ends. What is wrong is measured and shown all the same.</p>
      <label for="sl" class="small">For</label>
      <select id="sl" value={hours} onChange={(e) => setHours(e.currentTarget.value)}>{lengths.map(([v, w]) => <option key={v} value={v}>{w}</option>)}</select>
      <label for="sr" class="small">Why</label>
      <input id="sr" type="text" value={reason} onInput={(e) => type(e.currentTarget.value)} />
      {wrong && <p class="err" role="alert"><Icon name="info" size={14} />{wrong}</p>}
      <div class="row"><button class="btn pri">Silence</button><button type="button" class="btn ghost" onClick={done}>Not now</button></div>
    </form>
  )
}

export function Silences() {
  const of = useApi<Paged<Silence>>('silences', ['incident'], 60)
  return (
    <Card title="Silences">
      <Load of={of} what="The silences could not be read." rows={1} row={46}>
        {(p) => (p.items.length ? <ul class="list two">{p.items.map((s) => <Row key={s.id} s={s} changed={of.again} />)}</ul> : <Empty>Nothing is silenced. An incident's page silences it.</Empty>)}
      </Load>
    </Card>
  )
}

function Row({ s, changed }: { s: Silence; changed: () => void }) {
  const who = useStore(session)
  const now = useNow(30)
  const [wrong, setWrong] = useState('')
  const end = async () => {
    try {
      await request('DELETE', `silences/${s.id}`)
      changed()
    } catch (e) {
      setWrong((e as Error).message)
    }
  }
  return (
    <li>
      <div class="min0"><span class="two med">{matchWords(s.match)}</span><span class="two small mute" title={instant(s.until)}>{wrong || `until ${when(s.until, now)}, by ${s.author}: ${s.reason}`}</span></div>
      <span class="sp" />
      {mayAct(who) && <button type="button" class="btn sm" onClick={end}>End<span class="vh"> the silence of {matchWords(s.match)}</span></button>}
    </li>
  )
}
