// Queries of the sample store: the texts that stand behind every graph, and how answers are laid on a time grid.
import { request } from './api'
import type { Range } from './range'

export interface Series { metric: Record<string, string>; values: (number | null)[] }
export interface Grid { from: number; to: number; step: number; times: number[] }

const steps = [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400]
const pointsWanted = 480 // about one for each pixel and a half of a graph

export function gridFor(r: Range, interval: number): Grid {
  const least = Math.max((r.to - r.from) / pointsWanted, interval)
  const step = steps.find((s) => s >= least) ?? Math.ceil(least / 86400) * 86400
  const from = Math.ceil(r.from / step) * step
  const to = Math.max(from, Math.floor(r.to / step) * step)
  const times: number[] = []
  for (let t = from; t <= to; t += step) times.push(t)
  return { from, to, step, times }
}

export const quote = (v: string) => '"' + v.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n') + '"'
const select = (name: string, labels: Record<string, string>) =>
  name + '{' + Object.entries(labels).map(([k, v]) => `${k}=${quote(v)}`).join(',') + '}'

export type Direction = 'In' | 'Out'

/**
 * The mean rate in each step. The window holds at least four polls, and two of a history of 5-minute samples; where that
 * is wider than a step, a point needs a sample inside its own step, so that gaps stay gaps.
 */
export function trafficQuery(device: string, key: string, d: Direction, interval: number, step: number): string {
  const s = select(`ifHC${d}Octets`, { device, ifName: key })
  const window = Math.max(4 * interval, step, step >= 300 ? 600 : 0)
  const near = Math.max(2 * interval, step)
  return `8 * rate(${s}[${window}s])` + (near < window ? ` and present_over_time(${s}[${near}s])` : '')
}

/** The highest rate between two polls in each step: a true peak, not the maximum of averages. */
export function peakQuery(device: string, key: string, d: Direction, interval: number, step: number): string | null {
  if (step < 2 * interval) return null
  return `max_over_time((8 * rate(${select(`ifHC${d}Octets`, { device, ifName: key })}[${2 * interval}s]))[${step}s:${interval}s])`
}

/** The 95th percentile of 5-minute means over the whole range. */
export function p95Query(device: string, key: string, d: Direction, interval: number, seconds: number): string {
  const window = Math.max(600, 4 * interval)
  return `quantile_over_time(0.95, (8 * rate(${select(`ifHC${d}Octets`, { device, ifName: key })}[${window}s]))[${Math.round(seconds)}s:300s])`
}

export function sparkQuery(device: string): string {
  return `8 * rate(${select('ifHCInOctets', { device })}[30m])`
}

/** Quantiles of the round trip in each step: the extremes stay extremes, the rest is averaged over windows. */
export function rttQuery(device: string, step: number): string {
  const w = `[${Math.max(60, step)}s]`
  const s = (q: string) => `ninewatch_icmp_rtt_seconds{device=${quote(device)},${q}}${w}`
  return `avg_over_time(${s('quantile!~"0|1"')}) or min_over_time(${s('quantile="0"')}) or max_over_time(${s('quantile="1"')})`
}

export function echoQuery(device: string): string {
  // Not "sent or received": that operator takes two series for one when only their names differ.
  return `{__name__=~"ninewatch_icmp_(sent|received)_total",device=${quote(device)}}`
}

interface Answer<T> { data: { result: { metric: Record<string, string>; value?: T; values?: T[] }[] } }

export async function queryRange(q: string, g: Grid, signal?: AbortSignal): Promise<Series[]> {
  const p = new URLSearchParams({ query: q, start: String(g.from), end: String(g.to), step: String(g.step) })
  const a = await request<Answer<[number, string]>>('GET', '/prometheus/api/v1/query_range?' + p, undefined, signal)
  return a.data.result.map((r) => ({ metric: r.metric, values: onGrid(r.values ?? [], g) }))
}

export async function queryAt(q: string, time: number, signal?: AbortSignal): Promise<{ metric: Record<string, string>; value: number }[]> {
  const p = new URLSearchParams({ query: q, time: String(Math.round(time)) })
  const a = await request<Answer<[number, string]>>('GET', '/prometheus/api/v1/query?' + p, undefined, signal)
  return a.data.result.flatMap((r) => {
    const v = r.value ? Number(r.value[1]) : NaN
    return Number.isFinite(v) ? [{ metric: r.metric, value: v }] : []
  })
}

/** Lays an answer on the grid: what is not there stays null. */
export function onGrid(values: [number, string][], g: Grid): (number | null)[] {
  const out: (number | null)[] = g.times.map(() => null)
  for (const [t, v] of values) {
    const i = Math.round((t - g.from) / g.step)
    const n = Number(v)
    if (i >= 0 && i < out.length && Number.isFinite(n)) out[i] = n
  }
  return out
}

/** What was counted in each step; null where the counter did not move or is not known. A counter that fell began anew. */
export function increments(counter: (number | null)[]): (number | null)[] {
  return counter.map((v, i) => {
    const before = i > 0 ? counter[i - 1] : null
    if (v === null || before == null) return null
    return v >= before ? v - before : v
  })
}

/** Lost share of each step: null where nothing was sent. */
export function lossOf(sent: (number | null)[], received: (number | null)[]): { lost: number; sent: number; ratio: (number | null)[] } {
  let lost = 0
  let all = 0
  const ratio = sent.map((s, i) => {
    const r = received[i]
    if (s === null || r == null || s <= 0) return null
    const l = Math.max(0, s - r)
    lost += l
    all += s
    return l / s
  })
  return { lost, sent: all, ratio }
}

/** Before the first fine point (a history of coarser samples), the coarse points. */
export function fillBefore(fine: (number | null)[], coarse: (number | null)[]): (number | null)[] {
  const first = fine.findIndex((v) => v !== null)
  const n = first < 0 ? fine.length : first
  return fine.map((v, i) => (i < n ? coarse[i] ?? null : v))
}

export interface Peak { value: number; at: number }
export function highest(values: (number | null)[], times: number[]): Peak | null {
  let best: Peak | null = null
  values.forEach((v, i) => {
    if (v !== null && (!best || v > best.value)) best = { value: v, at: times[i]! }
  })
  return best
}

export function median(values: (number | null)[]): number | null {
  const v = values.filter((x): x is number => x !== null).sort((a, b) => a - b)
  if (!v.length) return null
  const m = v.length >> 1
  return v.length % 2 ? v[m]! : (v[m - 1]! + v[m]!) / 2
}

/** The last value and its index. */
export function lastOf(values: (number | null)[]): { value: number; index: number } | null {
  for (let i = values.length - 1; i >= 0; i--) if (values[i] != null) return { value: values[i]!, index: i }
  return null
}
