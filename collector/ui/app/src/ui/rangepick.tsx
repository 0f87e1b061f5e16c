// Choosing a time range: presets, and what is typed.
import { useRef, useState } from 'preact/hooks'
import { now } from '../lib/clock'
import { parseRange, presets, shiftRange, type Range } from '../lib/range'
import { place, setQuery, usePlace } from '../lib/router'
import { localZone, wall } from '../lib/time'
import { Icon } from './icons'
import { usePageKey } from './keys'
import { Panel } from './parts'

const fallback = '24h'

/** The page's range; it moves on every tick while it is live. */
export function useRange(tick: number): Range {
  const text = usePlace().query.get('range') ?? fallback
  const at = Math.floor(now() / 1000)
  const held = useRef<{ text: string; tick: number; range: Range } | undefined>(undefined)
  if (held.current?.text !== text || held.current.tick !== tick) {
    held.current = { text, tick, range: parseRange(text, at) ?? parseRange(fallback, at)! }
  }
  return held.current.range
}

/** [ and ] move the range that stands in the address, which may be newer than what is drawn. */
export function useRangeKeys() {
  usePageKey((k) => {
    if (k !== '[' && k !== ']') return
    const at = Math.floor(now() / 1000)
    const r = parseRange(place().query.get('range') ?? fallback, at) ?? parseRange(fallback, at)!
    setQuery({ range: shiftRange(r, k === '[' ? -1 : 1, at) })
  })
}

export function RangeSeg({ range }: { range: Range }) {
  return (
    <span class="seg rangeseg" role="group" aria-label="Range">
      {presets.map(([key, short]) => (
        <button type="button" key={key} aria-pressed={range.text === key} onClick={() => setQuery({ range: key === fallback ? null : key })}>{short}</button>
      ))}
    </span>
  )
}

export function RangeButton({ range }: { range: Range }) {
  return (
    <Panel cls="btn rangebtn" width={420} button={<><Icon name="clock" size={14} /><span class="desk">{range.label}</span><Icon name="down" size={12} /></>} label={`Time range: ${range.label}`}>
      {(close) => <RangePanel range={range} close={close} />}
    </Panel>
  )
}

function RangePanel({ range, close }: { range: Range; close: () => void }) {
  const [from, setFrom] = useState(wall(range.from * 1000))
  const [to, setTo] = useState(range.live ? 'now' : wall(range.to * 1000))
  const [wrong, setWrong] = useState('')
  const choose = (text: string) => {
    setQuery({ range: text === fallback ? null : text })
    close()
  }
  const apply = (e: Event) => {
    e.preventDefault()
    const single = parseRange(from, now() / 1000)
    const text = single ? from.trim() : `${from.trim()}..${to.trim()}`
    if (!parseRange(text, now() / 1000)) return setWrong('These two are not a range. Write 2026-11-05 09:00, now-7d, 2026-10 or 2026-Q3; the end must be later.')
    choose(text)
  }
  return (
    <form class="row top g16 rangepanel" onSubmit={apply}>
      <div class="relative">
        <h3>Relative</h3>
        {presets.map(([key, , name]) => <button type="button" key={key} class="btn ghost sm" aria-pressed={range.text === key} onClick={() => choose(key)}>{name}</button>)}
      </div>
      <div class="absolute">
        <h3>Absolute, {localZone}</h3>
        <label class="small" for="rf">From</label><input id="rf" type="text" value={from} onInput={(e) => setFrom(e.currentTarget.value)} aria-describedby="rx" />
        <label class="small" for="rt">To</label><input id="rt" type="text" value={to} onInput={(e) => setTo(e.currentTarget.value)} aria-describedby="rx" />
        <p id="rx" class={wrong ? 'tiny err' : 'tiny mute'}>{wrong || 'now-7d, 2026-10, 2026-Q3 and 2026-11-05 09:00 work too. Drag on any graph to zoom.'}</p>
        <button class="btn">Show</button>
      </div>
    </form>
  )
}
