// A value that parts of the page watch.
import { useEffect, useState } from 'preact/hooks'

export interface Store<T> { get: () => T; set: (v: T) => void; watch: (f: () => void) => () => void }

export function store<T>(first: T): Store<T> {
  let value = first
  const watchers = new Set<() => void>()
  return {
    get: () => value,
    set: (v) => {
      if (Object.is(v, value)) return
      value = v
      for (const w of [...watchers]) w()
    },
    watch: (f) => {
      watchers.add(f)
      return () => void watchers.delete(f)
    },
  }
}

export function useStore<T>(s: Store<T>): T {
  const [v, set] = useState(s.get())
  useEffect(() => {
    set(s.get())
    return s.watch(() => set(s.get()))
  }, [s])
  return v
}
