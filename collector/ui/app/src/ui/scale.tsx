// Availability with its bounds and the objective on one scale.
import { durationShort } from '../lib/format'
import type { Ledger } from '../lib/network'

export interface Marks { from: number; low: number; high: number; point: number; objective: number }

/** Positions in percent of the width; the scale begins as far below the lowest mark as 100 lies above the highest. */
export function marksOf(l: Pick<Ledger, 'availability' | 'availability_low' | 'availability_high'>, objective: string): Marks | null {
  if (l.availability === null) return null
  const point = Number(l.availability)
  const low = Number(l.availability_low ?? point)
  const high = Number(l.availability_high ?? point)
  const o = Number(objective)
  const lowest = Math.min(low, o)
  const from = Math.max(0, lowest - Math.max(0.02, (100 - lowest) * 0.25))
  const at = (v: number) => Math.round(((v - from) / (100 - from)) * 1000) / 10
  return { from, low: at(low), high: at(high), point: at(point), objective: at(o) }
}

export function Scale({ ledger: l, objective }: { ledger: Ledger; objective: string }) {
  const m = marksOf(l, objective)
  if (!m) return null
  const open = l.unknown > 0 && m.high - m.low > 0
  const words = `On a scale to 100 %: availability ${l.availability} %, objective ${objective} %${open ? `, between ${l.availability_low} and ${l.availability_high} %` : ''}`
  const near = (a: number, b: number) => Math.abs(a - b) < 16
  return (
    <div class="scale" role="img" aria-label={words}>
      <i class="rail" />
      {open && <i class="un" style={{ left: `${m.low}%`, width: `${Math.max(0.4, m.high - m.low)}%` }} />}
      {open && <i class="lo2" style={{ left: `${m.low}%` }} />}
      <i class="ob" style={{ left: `${m.objective}%` }} />
      <i class={m.point < m.objective ? 'pt miss' : 'pt'} style={{ left: `${m.point}%` }} />
      <span class={`under ${edge(m.objective)}`} style={{ left: `${m.objective}%` }}>objective {objective}</span>
      {open && !near(m.low, m.objective) && !near(m.low, m.point) && <span class={`under ${edge(m.low)}`} style={{ left: `${m.low}%` }}>at least {l.availability_low}</span>}
      <span class={`over strong ${edge(m.point)}`} style={{ left: `${m.point}%` }}>{l.availability}{open && ` (${durationShort(l.unknown)} unknown)`}</span>
      {!near(m.objective, 100) && <span class="under right" style={{ left: '100%' }}>100</span>}
    </div>
  )
}

const edge = (p: number) => (p < 8 ? 'left' : p > 88 ? 'right' : '')
