// The topology of another day, and what became of it since.
import { useState } from 'preact/hooks'
import { useApi } from '../lib/api'
import { setQuery, usePlace } from '../lib/router'
import { instant } from '../lib/time'
import type { Page } from '../lib/types'
import { Text } from './form'
import { params } from './ledger'
import { Card, Empty, Load } from './parts'
import { Region } from './table'

interface Change { time: string; kind: string; object: string; sites: string[]; words: string }

const dayMillis = 86_400_000
const shown = 30 // days

/** Chooses a day; the map, the links and what a failure would cost are those at its end. */
export function AsOf() {
  const on = usePlace().query.get('on')
  const [date, setDate] = useState(on ?? '')
  const [wrong, setWrong] = useState('')
  const show = (e: Event) => {
    e.preventDefault()
    const day = date.trim()
    if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(Date.parse(day))) return setWrong('Write the day as 2026-03-01.')
    if (Date.parse(day) > Date.now()) return setWrong('That day is yet to come.')
    setWrong('')
    setQuery({ on: day })
  }
  return (
    <form class="row wrap g12 noprint" onSubmit={show}>
      <Text label="" hidden="Topology of the day" hint="2026-03-01" value={date} set={setDate} />
      <button class="btn sm">Show that day</button>
      {on && <button type="button" class="btn sm" onClick={() => { setDate(''); setQuery({ on: null }) }}>Back to now</button>}
      {wrong && <p class="err" role="alert"><span>{wrong}</span></p>}
    </form>
  )
}

/** What became of nodes, links and groups in the month before a day, or before now. */
export function Changes({ site }: { site: string | null }) {
  const on = usePlace().query.get('on')
  const to = on ? Date.parse(on) + dayMillis : 0
  const text = (ms: number) => (on ? new Date(Math.min(ms, Date.now())).toISOString() : null)
  const of = useApi<Page<Change>>(`topology/changes?${params({ site, limit: '100', from: text(to - shown * dayMillis), to: text(to) })}`, ['inventory'], 120)
  return (
    <Card title="What changed" span="c12" more={<span class="mute">{on ? `${shown} days to ${on}` : `${shown} days to now`}</span>}>
      <Load of={of} what="The changes could not be read." rows={4}>
        {(p) => (p.items.length === 0 ? <Empty>Nothing of the topology changed in this time.</Empty> : (
          <Region label="Changes of the topology">
            <table>
              <thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col" class="lo">Of</th></tr></thead>
              <tbody>{p.items.map((x) => (
                <tr key={`${x.time} ${x.kind} ${x.object}`}><td class="nw">{instant(x.time)}</td><td class="wraps">{x.words}</td><td class="lo mute">{x.kind.replace(/_/g, ' ')}</td></tr>
              ))}</tbody>
            </table>
          </Region>
        ))}
      </Load>
    </Card>
  )
}
