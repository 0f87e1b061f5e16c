// The shapes of the capacity API, and how its values are put into words.
import { bitRate, bytesBinary, DASH } from './format'
import type { Phrase } from './types'

export interface Expected { date: string; p10: number; p50: number; p90: number }
export interface PastDay { date: string; p95: number | null; max: number | null; mean: number | null; coverage: number; capacity: number }
export interface Outlook {
  resource: string; kind: string; title: string; site: string; device: string; interface?: string; provider?: string; series: string
  direction?: 'in' | 'out'; unit: string; capacity: number | null; limit: number | null; limit_percent: number; lead_time_days: number
  p95: number | null; trend_per_day: number | null; forecast: Expected[]
  full_on: { p10: string | null; p50: string | null; p90: string | null }
  over_since: string | null; order_by: string | null; overdue: boolean
  probability: { days: number; p: number }[]
  backtest: { mase: number | null; naive_mase: number | null; coverage80: number | null; n: number }
  model: string; withheld?: string; idle?: boolean; shifts: { date: string; by: number; kind: string }[]; beyond?: boolean
  minimum?: boolean; history_days: number; coverage: number; day: string; made_at: string; history?: PastDay[]
  compared?: { made_at: string; inside80: number; median_error: number; n: number } | null
}
export interface Hourly {
  resource: string; direction?: 'in' | 'out'; unit: string; limit: number | null; minimum?: boolean; model: string; withheld?: string; history_hours: number; coverage: number; made_at: string
  hours: { at: string; p10: number; p50: number; p90: number }[]; past: { at: string; mean: number | null }[]
  reached: { p10: string | null; p50: string | null; p90: string | null }; backtest: Outlook['backtest']
}
interface Losses { packets: number; errors: number | null; discards: number | null }
export interface Quality { speed: number | null; speed_suspect: boolean; in: Losses; out: Losses }
export interface Growth { group: string; kind: string; unit: string; now: number; before: number; percent: number | null; counted: number; all: number; order_by: string | null; over: number }
export interface Upgrades { cost_today?: string; items: { capacity: number; times: number; full_on: Outlook['full_on']; order_by: string | null; withheld?: string; cost?: string; cost_of?: string }[] }
export interface Plan {
  items: Outlook[]; next_cursor?: string | null; total?: number; answer: Phrase[]; counts: Record<string, number>
  within_a_year: number; withheld: Outlook[]; made_at: string | null
}

const DAY = 86_400_000
export const dayOf = (date: string) => Date.parse(`${date}T00:00:00Z`)
export const daysBetween = (a: string, b: string) => Math.round((dayOf(b) - dayOf(a)) / DAY)
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** 28 Nov, with the year where it is another than now's. */
export function dateWords(date: string | null | undefined, now: string, always = false): string {
  if (!date) return DASH
  const [y, m, d] = date.split('-').map(Number) as [number, number, number]
  return `${d} ${months[m - 1]}${always || String(y) !== now.slice(0, 4) ? ` ${y}` : ''}`
}

const symbols: Record<string, string> = { percent: '%', watts: 'W', celsius: '°C', minutes: 'min', volts: 'V', amperes: 'A', hertz: 'Hz', number: '' }

/** What the limit is: a share of the capacity, or what it must not fall below. */
export const limitWords = (o: Outlook) => (o.minimum ? `at least ${amount(o.limit, o.unit)}` : `limit ${o.limit_percent} %`)

/** A value in its unit. */
export function amount(v: number | null | undefined, unit: string): string {
  if (v === null || v === undefined) return DASH
  if (unit === 'bit/s') return bitRate(v)
  if (unit === 'bytes') return bytesBinary(v)
  return `${v.toLocaleString('en', { maximumFractionDigits: 1 })} ${symbols[unit] ?? unit}`.trim()
}

export const share = (o: Outlook) => (o.p95 !== null && o.capacity ? o.p95 / o.capacity : null)

/** The first line of the column Full. */
export function fullWords(o: Outlook, now: string): { text: string; tone: '' | 'down'; note: string } {
  if (o.over_since) return { text: `since ${dateWords(o.over_since, now)}`, tone: 'down', note: `${daysBetween(o.over_since, now) + 1} days` }
  if (!o.full_on.p10) return { text: 'not within a year', tone: '', note: '' }
  const likely = o.full_on.p50 ? `likely ${dateWords(o.full_on.p50, now)}` : 'likely later'
  return { text: `${dateWords(o.full_on.p10, now)} – ${o.full_on.p90 ? dateWords(o.full_on.p90, now) : 'later'}`, tone: '', note: likely }
}

export const classes = [
  { key: '', label: 'All' }, { key: 'links', label: 'Links' }, { key: 'storage', label: 'Storage' }, { key: 'compute', label: 'Compute' }, { key: 'power', label: 'Power' }, { key: 'other', label: 'Other' },
]

/** 412 links, 96 volumes, … */
export function countWords(c: Record<string, number>): string {
  const some = (n: number, one: string, many: string) => (n ? [`${n.toLocaleString('en')} ${n === 1 ? one : many}`] : [])
  return [
    ...some((c.interface ?? 0) + (c.circuit ?? 0), 'link', 'links'), ...some(c.storage ?? 0, 'volume', 'volumes'), ...some(c.memory ?? 0, 'memory', 'memories'),
    ...some(c.processor ?? 0, 'processor', 'processors'), ...some(c.power ?? 0, 'power supply', 'power supplies'),
    ...some((c.sensor ?? 0) + (c.expression ?? 0), 'other', 'others'),
  ].join(', ')
}

/** Sizes that can be ordered instead: the next ones of 1, 2, 3, 5 times a power of ten. */
export function sizes(capacity: number): number[] {
  return [1, 2, 3, 5, 10].map((k) => k * capacity)
}

const fraction = (v: number) => (v === 0 ? 'none' : v < 1e-5 ? 'below 0.001 %' : `${(100 * v).toLocaleString('en', { maximumSignificantDigits: 2 })} %`)

/** What else the counters of a line say of the last day, empty where they say nothing. */
export function qualityWords(q: Quality): string {
  const of = (l: Losses, way: string) => {
    const parts = [...(l.errors === null ? [] : [`errors ${fraction(l.errors)}`]), ...(l.discards === null ? [] : [`discards ${fraction(l.discards)}`])]
    return parts.length ? [`${way}: ${parts.join(', ')}`] : []
  }
  const losses = [...of(q.in, 'received'), ...of(q.out, 'sent')]
  const suspect = q.speed_suspect ? ` It was faster than its speed of ${bitRate(q.speed ?? 0)} in three readings in a row: that speed is wrong. Set the bandwidth of its circuit or link.` : ''
  return `${losses.length ? `Of all packets of the last day, ${losses.join('; ')}.` : ''}${suspect}`.trim()
}
