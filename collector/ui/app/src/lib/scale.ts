// Round steps for axes.

/** The smallest of 1, 2, 2.5 and 5 times a power of ten that is at least v. */
export function roundStep(v: number): number {
  if (!(v > 0)) return 1
  const p = 10 ** Math.floor(Math.log10(v))
  for (const m of [1, 2, 2.5, 5]) if (m * p >= v * (1 - 1e-9)) return m * p
  return 10 * p
}

/** Ticks at whole steps from low to high. */
export function ticksBetween(low: number, high: number, step: number): number[] {
  const out: number[] = []
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) out.push(i * step)
  return out
}
