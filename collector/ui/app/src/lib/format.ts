// How numbers are written: one function for each kind. What was not measured is a dash; zero is a measurement.

export const DASH = '–'
const NB = '\u202f' // narrow no-break space, before units and %

type Maybe = number | null | undefined
const missing = (v: Maybe): v is null | undefined => v == null || !Number.isFinite(v)

/** Three significant digits without trailing zeros: 1.21, 62, 684. */
function three(v: number): string {
  const digits = v >= 99.95 ? 0 : v >= 9.995 ? 1 : 2
  const s = v.toFixed(digits)
  return digits ? s.replace(/\.?0+$/, '') : s
}

function scaled(v: number, step: number, units: string[]): string {
  const sign = v < 0 ? '−' : ''
  let a = Math.abs(v)
  let i = 0
  // what would be written as a whole step moves on to the next unit: 999.6 M is 1 G
  const full = () => (step === 1000 ? Number(a.toPrecision(3)) : Math.round(a)) >= step
  while (i < units.length - 1 && full()) {
    a /= step
    i++
  }
  return `${sign}${i === 0 ? three(Math.round(a)) : three(a)} ${units[i]}`
}

/** 684 Mbit/s, 1.21 Gbit/s: SI, three digits. */
export function bitRate(v: Maybe): string {
  if (missing(v)) return DASH
  if (v === 0) return '0'
  return scaled(v, 1000, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'])
}

/** For axes: 750 M, 1 Gbit/s is written once by the caller. */
export function bitAxis(v: number): string {
  if (v === 0) return '0'
  const a = Math.abs(v)
  return scaled(a, 1000, ['', 'k', 'M', 'G', 'T']).trim()
}

/** Storage and memory: 35.6 TiB. */
export function bytesBinary(v: Maybe): string {
  if (missing(v)) return DASH
  return scaled(v, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'])
}

/** Volume moved: 4.1 TB. */
export function bytesMoved(v: Maybe): string {
  if (missing(v)) return DASH
  return scaled(v, 1000, ['B', 'kB', 'MB', 'GB', 'TB', 'PB'])
}

/** 1,274 */
export function count(v: Maybe): string {
  if (missing(v)) return DASH
  return Math.round(v).toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

export function plural(n: number, one: string, many = one + 's'): string {
  return `${count(n)} ${n === 1 ? one : many}`
}

/** 71 %: cut off, never rounded up. The argument is a ratio. */
export function percent(ratio: Maybe, digits = 0): string {
  if (missing(ratio)) return DASH
  const f = 10 ** digits
  // 1e-9 undoes what binary fractions lose: 0.29 * 100 is 28.999999999999996
  return `${(Math.floor(ratio * 100 * f + 1e-9) / f).toFixed(digits)}${NB}%`
}

/** The server's decimal string, already cut off: 99.8993 %. */
export function availability(p: string | null | undefined): string {
  return p == null || p === '' ? DASH : `${p}${NB}%`
}

/** 0.61 ms, 4.1 ms, 128 ms, 1.24 s. The argument is in seconds. */
export function rtt(seconds: Maybe): string {
  if (missing(seconds)) return DASH
  const ms = seconds * 1000
  if (ms >= 999.5) return `${seconds.toFixed(2)} s`
  if (ms >= 99.5) return `${ms.toFixed(0)} ms`
  if (ms >= 0.995) return `${ms.toFixed(1)} ms`
  return `${ms.toFixed(ms < 0.01 && ms > 0 ? 3 : 2)} ms`
}

const two = (n: number) => String(n).padStart(2, '0')

/** Two units, cut off: 25 s, 24 min 48 s, 2 h 27 min, 3 d 11 h. */
export function duration(seconds: Maybe): string {
  if (missing(seconds)) return DASH
  const s = Math.floor(Math.max(0, seconds))
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`
  if (s < 86400) return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))} min`
  return `${Math.floor(s / 86400)} d ${two(Math.floor((s % 86400) / 3600))} h`
}

/** One unit below an hour, for table cells: 24 min. */
export function durationShort(seconds: Maybe): string {
  if (missing(seconds)) return DASH
  const s = Math.floor(Math.max(0, seconds))
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min`
  return duration(s)
}

/** 6 min 18 s left, 4 min over. */
export function budgetLeft(left: Maybe, short = false): string {
  if (missing(left)) return DASH
  const f = short ? durationShort : duration
  return left < 0 ? `${durationShort(-left)} over` : f(left)
}

/** ±0.5 s */
export function uncertainty(seconds: Maybe): string {
  if (missing(seconds) || seconds === 0) return ''
  if (seconds < 1) return `±${String(Math.ceil(seconds * 10) / 10)} s`
  return `±${duration(seconds)}`
}

/** 1,274 of 86,400 */
export function lossCounts(lost: Maybe, sent: Maybe): string {
  if (missing(lost) || missing(sent)) return DASH
  return `${count(lost)} of ${count(sent)}`
}

/** 9 of 24 seconds of bounds: "between 99.9112 and 99.9704 %, 12 min unknown". */
export function bounds(low: string | null, high: string | null, unknownSeconds: number): string {
  return `between ${low ?? DASH} and ${high ?? DASH}${NB}%: ${duration(unknownSeconds)} unknown`
}
