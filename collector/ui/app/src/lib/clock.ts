// The collector's clock, as far as its answers let us know it.
import { useEffect, useState } from 'preact/hooks'

let skew = 0

/** The header Date of an answer; it has whole seconds, so that smaller differences are left alone. */
export function serverSaid(date: string | null) {
  const t = Date.parse(date ?? '')
  if (Number.isFinite(t) && Math.abs(t - Date.now() - skew) > 2000) skew = t - Date.now()
}

export const now = () => Date.now() + skew

/** Now, drawn again every so many seconds. */
export function useNow(seconds = 1): number {
  const [t, set] = useState(now())
  useEffect(() => {
    const i = setInterval(() => set(now()), seconds * 1000)
    return () => clearInterval(i)
  }, [seconds])
  return t
}
