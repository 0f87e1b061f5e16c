// The day strip: one bar a day, oldest left, today right.
import { useRef, useState } from 'preact/hooks'
import { duration } from '../lib/format'
import { calendarDay } from '../lib/time'
import type { Day } from '../lib/types'
import { Mark } from './icons'
import { words } from './state'

type Kind = 'down' | 'unreachable' | 'degraded' | 'unknown' | 'maintenance'
const order: Kind[] = ['down', 'unreachable', 'degraded', 'unknown', 'maintenance']
const fill: Record<Kind, string> = { down: 'd', unreachable: 'r', degraded: 'g', unknown: 'k', maintenance: 'm' }

export interface Bar { cls: string; share: number }

/** Heights as shares of the strip: an uneventful day is short, a day with trouble rises with the logarithm of its minutes. */
export function barsOf(d: Day): Bar[] {
  const watched = d.up + d.degraded + d.down + d.unreachable + d.unknown + d.maintenance
  if (watched === 0) return [{ cls: 'z', share: 0.4 }]
  const bars: Bar[] = []
  let used = 0
  for (const k of order) {
    if (d[k] <= 0 || bars.length === 2) continue
    const height = 0.3 + 0.21 * Math.log10(1 + d[k] / 60)
    const share = bars.length === 0 ? Math.max(k === 'maintenance' ? 0.3 : 0.44, height) : Math.min(1 - used, height)
    bars.push({ cls: fill[k], share })
    used += share
  }
  return bars.length ? bars : [{ cls: 'q', share: 0.4 }]
}

/** The strip in one sentence. */
export function stripSentence(name: string, days: Day[]): string {
  const down = days.filter((d) => d.down > 0).length
  const unknown = days.filter((d) => d.unknown > 0).length
  const last = days.at(-1)
  return `${name}, ${days.length} days to ${last ? calendarDay(last.date) : 'today'}: ${down} with down time, ${unknown} with unknown time`
}

export function Strip({ name, days, height = 22 }: { name: string; days: Day[]; height?: number }) {
  const [at, set] = useState<number | null>(null)
  const box = useRef<HTMLDivElement>(null)
  if (!days.length) return <span class="mute small">no days yet</span>
  const n = days.length
  const move = (e: PointerEvent) => {
    const b = box.current!.getBoundingClientRect()
    set(Math.max(0, Math.min(n - 1, Math.floor(((e.clientX - b.left) / b.width) * n))))
  }
  const key = (e: KeyboardEvent) => {
    if (e.key === 'Escape') return set(null)
    if (e.key !== 'ArrowLeft' && e.key !== 'ArrowRight') return
    e.preventDefault()
    const by = (e.key === 'ArrowRight' ? 1 : -1) * (e.shiftKey ? 10 : 1)
    set(Math.max(0, Math.min(n - 1, (at ?? n) + by)))
  }
  const day = at === null ? undefined : days[at]
  return (
    <div class="stripbox" ref={box} tabIndex={0} role="img" aria-label={stripSentence(name, days)}
      onPointerMove={move} onPointerLeave={() => set(null)} onKeyDown={key} onBlur={() => set(null)}>
      <svg class="strip" viewBox={`0 0 ${n * 4 - 1} ${height}`} style={{ height: `${height}px` }} preserveAspectRatio="none" aria-hidden="true">
        {days.map((d, i) => {
          let y = height
          return barsOf(d).map((b) => {
            y -= b.share * height
            return <rect class={b.cls} x={i * 4} y={y.toFixed(1)} width="3" height={(b.share * height).toFixed(1)} />
          })
        })}
        {at !== null && <rect class="at" x={at * 4 - 0.5} y="-1" width="4" height={height + 2} />}
      </svg>
      {day && <DayTip day={day} share={(at! + 0.5) / n} />}
    </div>
  )
}

function DayTip({ day, share }: { day: Day; share: number }) {
  const rows = order.filter((k) => day[k] > 0)
  return (
    <div class="tip" style={{ left: `${share * 100}%`, transform: `translateX(-${share * 100}%)` }}>
      <b>{calendarDay(day.date)}</b>
      {rows.map((k) => <span class="row g4"><Mark state={k} size={10} />{words[k]} {duration(day[k])}</span>)}
      {rows.length === 0 && <span>{day.up > 0 ? 'Up all the time' : 'Not watched yet'}</span>}
    </div>
  )
}
