// One delivery to a receiver, and sending it again.
import { useState } from 'preact/hooks'
import { request } from '../lib/api'
import { plural } from '../lib/format'
import { mayAct, session } from '../lib/session'
import { useStore } from '../lib/store'
import { when } from '../lib/time'
import type { Delivery } from '../lib/types'
import { Icon, Mark } from './icons'

/** What became of it, in words: "opened · 200 in 84 ms", "opened · waits since 429". */
export function deliveryWords(d: Delivery): string {
  const what = d.type.replace(/^incident\./, '')
  if (d.status === 'delivered') return [what, [d.response_code, d.duration_ms != null ? `in ${d.duration_ms} ms` : ''].filter(Boolean).join(' ')].filter(Boolean).join(' · ')
  const why = d.error || (d.response_code ? `answer ${d.response_code}` : '')
  if (d.status === 'dead') return [what, 'given up', why].filter(Boolean).join(' · ')
  return [what, d.attempts ? `waits, ${plural(d.attempts, 'try', 'tries')}` : 'waits', why].filter(Boolean).join(' · ')
}

export function DeliveryRow({ d, changed, now, full }: { d: Delivery; changed: () => void; now: number; full?: boolean }) {
  const who = useStore(session)
  const [busy, setBusy] = useState(false)
  const [wrong, setWrong] = useState('')
  const again = async () => {
    setBusy(true)
    try {
      await request('POST', `deliveries/${encodeURIComponent(d.id)}/replay`, {})
      changed()
    } catch (e) {
      setWrong((e as Error).message)
    } finally {
      setBusy(false)
    }
  }
  return (
    <li>
      {d.status === 'delivered' ? <span class="st up"><Icon name="check" size={14} /></span> : <Mark state={d.status === 'dead' ? 'down' : 'unknown'} size={13} />}
      <div class="min0"><span class="two med">{d.receiver}{full && <span class="mute"> {d.incident}</span>}</span><span class="two small mute">{wrong || deliveryWords(d)}{full && `, ${when(d.created_at, now)}`}</span></div>
      <span class="sp" />
      {mayAct(who) && <button type="button" class="btn sm" disabled={busy} onClick={again}>Send again<span class="vh"> to {d.receiver}</span></button>}
    </li>
  )
}
