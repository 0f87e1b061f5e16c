// The address is the state. Typing replaces, choosing pushes history.
import { useEffect, useState } from 'preact/hooks'

export interface Place { path: string; query: URLSearchParams }

const listeners = new Set<() => void>()
const read = (): Place => ({ path: location.pathname, query: new URLSearchParams(location.search) })
let here = read()

function changed() {
  here = read()
  for (const l of listeners) l()
}
addEventListener('popstate', changed)

export const place = (): Place => here

export function usePlace(): Place {
  const [p, set] = useState(here)
  useEffect(() => {
    const l = () => set(here)
    listeners.add(l)
    l()
    return () => void listeners.delete(l)
  }, [])
  return p
}

export function go(to: string, replace = false) {
  history[replace ? 'replaceState' : 'pushState'](null, '', to)
  const before = here.path
  changed()
  if (before !== here.path) {
    scrollTo(0, 0)
    document.getElementById('main')?.focus({ preventScroll: true })
  }
}

/** Sets or clears parts of the query and stays on the page. */
export function setQuery(patch: Record<string, string | null>, replace = false) {
  const q = new URLSearchParams(location.search)
  for (const [k, v] of Object.entries(patch)) {
    if (v === null || v === '') q.delete(k)
    else q.set(k, v)
  }
  go(location.pathname + query(q), replace)
}

// Slashes, colons and spaces stay readable in an address: if=Te0/0/0.
const query = (q: URLSearchParams) => (q.size ? '?' + q.toString().replace(/%2F/g, '/').replace(/%3A/g, ':') : '')

/** An address on this site that keeps what holds on every page: the chosen site and theme. */
export function href(path: string, more: Record<string, string | null> = {}): string {
  const q = new URLSearchParams()
  for (const keep of ['site', 'theme']) {
    const v = here.query.get(keep)
    if (v) q.set(keep, v)
  }
  for (const [k, v] of Object.entries(more)) {
    if (v === null) q.delete(k)
    else q.set(k, v)
  }
  return path + query(q)
}

/** Links inside the app do not load the page again. */
export function interceptLinks() {
  document.addEventListener('click', (e) => {
    if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return
    const a = (e.target as Element).closest?.('a')
    if (!a || a.target || a.hasAttribute('download') || a.origin !== location.origin) return
    if (a.getAttribute('href')?.startsWith('#') || /^\/(api|prometheus|metrics|docs)\b/.test(a.pathname)) return
    e.preventDefault()
    go(a.pathname + a.search)
  })
}
