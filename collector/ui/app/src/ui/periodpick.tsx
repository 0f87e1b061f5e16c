// Choosing the period that a page counts over: months, quarters, years, or any two times.
import { useState } from 'preact/hooks'
import { now } from '../lib/clock'
import { parseRange } from '../lib/range'
import { periods } from '../lib/report'
import { setQuery, usePlace } from '../lib/router'
import { localZone, wall } from '../lib/time'
import { Icon } from './icons'
import { Panel } from './parts'

/** What the address says of the period, as the API takes it. first is what holds without. */
export function usePeriod(first = 0): { params: Record<string, string>; name: string; text: string } {
  const { query } = usePlace()
  const text = query.get('period') ?? periods(new Date(now()))[first]!.name
  const [from, to] = text.split('..')
  return { text, name: periodName(text), params: to ? { from: from!, to } : { period: text } }
}

/** October 2026, Q3 2026, 2026, or two days. */
export function periodName(text: string): string {
  const month = /^(\d{4})-(\d{2})$/.exec(text)
  if (month) return new Date(Number(month[1]), Number(month[2]) - 1, 1).toLocaleString('en-GB', { month: 'long', year: 'numeric' })
  const [from, to] = text.split('..')
  if (to) return `${wall(Date.parse(from!))} to ${wall(Date.parse(to))}`
  return text.replace(/^(\d{4})-(Q\d)$/, '$2 $1')
}

export function PeriodSeg({ chosen }: { chosen: string }) {
  const offered = periods(new Date(now()))
  const custom = !offered.some((p) => p.name === chosen)
  return (
    <>
      <div class="seg" role="group" aria-label="Period">
        {offered.map((p) => <button type="button" key={p.name} aria-pressed={p.name === chosen} onClick={() => setQuery({ period: p.name })}>{p.label}</button>)}
      </div>
      <Panel label={custom ? `Period: ${periodName(chosen)}` : 'Custom period'} width={300} button={<><span class="cut">{custom ? periodName(chosen) : 'Custom'}</span><Icon name="down" size={12} /></>}>
        {(close) => <Custom chosen={chosen} close={close} />}
      </Panel>
    </>
  )
}

function Custom({ chosen, close }: { chosen: string; close: () => void }) {
  const [first, last] = chosen.includes('..') ? chosen.split('..').map((t) => wall(Date.parse(t))) : [chosen, '']
  const [from, setFrom] = useState(first!)
  const [to, setTo] = useState(last!)
  const [wrong, setWrong] = useState('')
  const show = (e: Event) => {
    e.preventDefault()
    const named = from.trim()
    if (!to.trim() && /^\d{4}(-\d{2}(-\d{2})?|-Q[1-4])?$/.test(named)) {
      setQuery({ period: named })
      return close()
    }
    const r = parseRange(`${named}..${to.trim()}`, now() / 1000)
    if (!r) return setWrong('Write 2026-10, 2026-Q3 or 2026-10-21 alone, or two times such as 2026-10-05 08:00; the second has to be later.')
    setQuery({ period: `${iso(r.from)}..${iso(r.to)}` })
    close()
  }
  return (
    <form class="padform" onSubmit={show}>
      <div><label class="small" for="pf">From, or a whole month, quarter, year or day</label><input id="pf" type="text" value={from} onInput={(e) => setFrom(e.currentTarget.value)} aria-describedby="px" /></div>
      <div><label class="small" for="pt">To</label><input id="pt" type="text" value={to} onInput={(e) => setTo(e.currentTarget.value)} aria-describedby="px" /></div>
      <p id="px" class={wrong ? 'tiny err' : 'tiny mute'}>{wrong || `Times are in ${localZone}; whole months and days in the zone of what is reported.`}</p>
      <div><button class="btn">Show</button></div>
    </form>
  )
}

const iso = (seconds: number) => new Date(Math.floor(seconds) * 1000).toISOString().replace('.000Z', 'Z')
