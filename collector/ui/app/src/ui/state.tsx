// States in words.
import { availability, bounds, durationShort } from '../lib/format'
import { instant } from '../lib/time'
import type { Phrase, State } from '../lib/types'
import { Mark } from './icons'

export const words: Record<State, string> = {
  up: 'Up', degraded: 'Degraded', down: 'Down', unreachable: 'Unreachable', unknown: 'Unknown', maintenance: 'Planned work',
}
/** CSS class of a state. */
export const cls: Record<State, string> = {
  up: 'up', degraded: 'degraded', down: 'down', unreachable: 'unreach', unknown: 'unknown', maintenance: 'maint',
}
export const states = Object.keys(words) as State[]
export const troubled = (s: State) => s !== 'up' && s !== 'maintenance'

export function secondsSince(since: string | null | undefined, now: number): number | null {
  return since ? Math.max(0, (now - Date.parse(since)) / 1000) : null
}

/** Down 24 min: how long is said where it matters. */
export function StateWord({ state, since, now }: { state: State; since?: string | null; now?: number }) {
  const age = troubled(state) && now ? secondsSince(since, now) : null
  return (
    <span class={`st ${cls[state] ?? 'unknown'}`} title={since ? `since ${instant(since)}` : undefined}>
      <Mark state={state} />
      {words[state] ?? 'Unknown'}{age !== null && ` ${durationShort(age)}`}
    </span>
  )
}

export function StateChip({ state, children }: { state: State; children?: preact.ComponentChildren }) {
  return <span class={`chip ${cls[state]}`}><Mark state={state} size={10} />{children ?? words[state]}</span>
}

const tones: Record<string, string> = { down: 'bad', degraded: 'warnc', unknown: 'unkc', up: 'upc', risk: 'riskc' }

/** The first line of a page: an answer in words, written by the server from the same numbers. */
export function Answer({ phrases }: { phrases: Phrase[] }) {
  return (
    <p class="answer">
      {phrases.map((p) => {
        if (!p.tone) return p.text
        const c = tones[p.tone]
        return <b>{c ? <span class={c}>{p.text}</span> : p.text}</b>
      })}
    </p>
  )
}

/** 99.9544 with ± when part of the time is unknown. */
export function Percent({ percent, low, high, unknown }: { percent: string | null; low: string | null; high: string | null; unknown?: number }) {
  if (percent === null) return <span class="mute" title="Nothing was measured in this time">–</span>
  const open = low !== null && high !== null && low !== high
  if (!open) return <>{percent}</>
  const text = unknown === undefined ? `between ${low} and ${availability(high)}` : bounds(low, high, unknown)
  return <span title={text}>{percent}<span class="vq" aria-hidden="true">±</span><span class="vh">, {text}</span></span>
}

export function Demo({ on }: { on: boolean | undefined }) {
  return on ? <span class="chip line demo-chip" title="Simulated: delete the demo's folder to remove it">DEMO</span> : null
}

/** A name without the "(DEMO)" that the chip already says. */
export const plainName = (name: string) => name.replace(/\s*\(DEMO\)$/, '')
