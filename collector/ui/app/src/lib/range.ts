// The time range of a page, as it stands in its address: 24h, 2026-10, 2026-Q3 or from..to.
import { dayMonth, fromWall, hourMinute, localZone, type Zone } from './time'

export interface Range {
  from: number // Unix seconds
  to: number
  live: boolean // moves with the clock
  text: string // as it stands in the address
  label: string
}

export const presets: [string, string, string][] = [
  ['1h', '1 h', 'Last hour'], ['6h', '6 h', 'Last 6 hours'], ['24h', '24 h', 'Last 24 hours'],
  ['7d', '7 d', 'Last 7 days'], ['30d', '30 d', 'Last 30 days'], ['90d', '90 d', 'Last 90 days'],
]

const units: Record<string, number> = { m: 60, h: 3600, d: 86400, w: 604800 }

/** One end of a range: now, now-7d, 2026-11-05, 2026-11-05 09:00, Unix seconds. Null when it cannot be read. */
export function parseInstant(s: string, now: number, zone: Zone = localZone): number | null {
  const text = s.trim()
  let m = /^now(?:\s*-\s*(\d+)([mhdw]))?$/.exec(text)
  if (m) return now - (m[1] ? Number(m[1]) * (units[m[2]!] ?? 0) : 0)
  m = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2}))?$/.exec(text)
  if (m) {
    const [y, mo, d, h, mi] = [m[1], m[2], m[3], m[4] ?? 0, m[5] ?? 0].map(Number) as [number, number, number, number, number]
    if (mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59) return null
    return fromWall(y, mo, d, h, mi, zone).getTime() / 1000
  }
  if (/^\d{9,11}$/.test(text)) return Number(text)
  return null
}

function period(text: string, now: number, zone: Zone): Range | null {
  const m = /^(\d{4})-(?:Q([1-4])|(0[1-9]|1[0-2]))$/.exec(text)
  if (!m) return null
  const y = Number(m[1])
  const first = m[2] ? Number(m[2]) * 3 - 2 : Number(m[3])
  const next = first + (m[2] ? 3 : 1)
  const from = fromWall(y, first, 1, 0, 0, zone).getTime() / 1000
  const end = fromWall(y + (next > 12 ? 1 : 0), ((next - 1) % 12) + 1, 1, 0, 0, zone).getTime() / 1000
  return { from, to: Math.min(end, Math.max(now, from + 60)), live: false, text, label: text }
}

/** Reads a range; null when it cannot be read. */
export function parseRange(text: string, now: number, zone: Zone = localZone): Range | null {
  const t = text.trim()
  const m = /^(?:now-)?(\d+)([mhdw])$/.exec(t)
  if (m) {
    const seconds = Number(m[1]) * (units[m[2]!] ?? 0)
    if (seconds < 60 || seconds > 800 * 86400) return null
    const short = m[1]! + m[2]!
    const known = presets.find((p) => p[0] === short)
    return { from: now - seconds, to: now, live: true, text: short, label: known ? known[2] : `Last ${m[1]} ${m[2]}` }
  }
  const p = period(t, now, zone)
  if (p) return p
  const [a, b] = t.split('..')
  if (a === undefined || b === undefined) return null
  const from = parseInstant(a, now, zone)
  const to = parseInstant(b, now, zone)
  if (from === null || to === null || to - from < 60 || to - from > 800 * 86400) return null
  return { from, to, live: b.trim() === 'now', text: t, label: rangeLabel(from, to, zone) }
}

export function rangeLabel(from: number, to: number, zone: Zone = localZone): string {
  const a = `${dayMonth(from * 1000, zone)} ${hourMinute(from * 1000, zone)}`
  const sameDay = dayMonth(from * 1000, zone) === dayMonth(to * 1000, zone)
  return `${a} – ${sameDay ? '' : dayMonth(to * 1000, zone) + ' '}${hourMinute(to * 1000, zone)}`
}

/** [ and ]: one whole range earlier or later, never past now. */
export function shiftRange(r: Range, direction: -1 | 1, now: number): string {
  const width = r.to - r.from
  const to = Math.min(now, r.to + direction * width)
  if (direction > 0 && to >= now - 1 && /^\d+[mhdw]$/.test(r.text)) return r.text
  return `${Math.round(to - width)}..${Math.round(to)}`
}
