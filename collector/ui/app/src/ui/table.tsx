// Tables: real ones, in a focusable scroll region; sort in the header; over 200 rows only the visible ones are drawn.
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Icon } from './icons'

export interface Sort { by: string; down: boolean }

/** sort=p95 or sort=-p95 in the address. */
export function parseSort(text: string | null, fallback: Sort): Sort {
  if (!text) return fallback
  return text.startsWith('-') ? { by: text.slice(1), down: true } : { by: text, down: false }
}
export const sortText = (s: Sort) => (s.down ? '-' : '') + s.by

interface ThProps { children: ComponentChildren; cls?: string; by?: string; sort?: Sort | undefined; onSort?: ((s: Sort) => void) | undefined; first?: 'down' | 'up' }

export function Th({ children, cls, by, sort, onSort, first = 'up' }: ThProps) {
  if (!by || !onSort) return <th scope="col" class={cls}>{children}</th>
  const mine = sort?.by === by
  const next: Sort = { by, down: mine ? !sort!.down : first === 'down' }
  return (
    <th scope="col" class={cls} aria-sort={mine ? (sort!.down ? 'descending' : 'ascending') : undefined}>
      <button type="button" onClick={() => onSort(next)}>{children}{mine && <Icon name={sort!.down ? 'down' : 'up'} size={10} />}</button>
    </th>
  )
}

/** The whole row is clickable, only its link takes the focus. */
export function rowClick(e: MouseEvent) {
  const t = e.target as Element
  if (t.closest('a,button,input,label,[tabindex]:not(.scroll)') || getSelection()?.toString()) return
  const link = t.closest('tr')?.querySelector<HTMLAnchorElement>('a[data-row]')
  if (!link) return
  if (e.metaKey || e.ctrlKey) window.open(link.href)
  else link.click()
}

export function Region({ label, children }: { label: string; children: ComponentChildren }) {
  return <div class="scroll" tabIndex={0} role="region" aria-label={label}>{children}</div>
}

const virtualFrom = 200
const overscan = 12

interface BodyProps<T> {
  items: T[]
  row: (item: T, index: number) => ComponentChildren
  columns: number
  height: number // of a row, until one has been measured
  onEnd?: () => void
}

/** The rows of a long table: spacers stand for those out of sight. */
export function Rows<T>({ items, row, columns, height, onEnd }: BodyProps<T>) {
  const body = useRef<HTMLTableSectionElement>(null)
  const measured = useRef(height)
  const [win, setWin] = useState({ from: 0, to: Math.min(items.length, 60) })
  const virtual = items.length > virtualFrom

  useLayoutEffect(() => {
    const r = body.current?.querySelector<HTMLElement>('tr[data-i]')
    if (r && r.offsetHeight) measured.current = r.offsetHeight
  })
  useEffect(() => {
    const look = () => {
      const el = body.current
      if (!el) return
      const top = -el.getBoundingClientRect().top
      const from = Math.max(0, Math.floor(top / measured.current) - overscan)
      const to = Math.min(items.length, Math.ceil((top + innerHeight) / measured.current) + overscan)
      setWin((w) => (w.from === from && w.to === to ? w : { from, to: Math.max(from, to) }))
      if (to >= items.length) onEnd?.()
    }
    look()
    addEventListener('scroll', look, { passive: true })
    addEventListener('resize', look)
    return () => {
      removeEventListener('scroll', look)
      removeEventListener('resize', look)
    }
  }, [items, onEnd])

  const from = virtual ? Math.min(win.from, items.length) : 0
  const to = virtual ? Math.min(Math.max(win.to, from), items.length) : items.length
  const space = (n: number) => n > 0 && <tr aria-hidden="true" class="space"><td colSpan={columns} style={{ height: `${n * measured.current}px` }} /></tr>
  return (
    <tbody ref={body}>
      {space(from)}
      {items.slice(from, to).map((x, i) => row(x, from + i))}
      {space(items.length - to)}
    </tbody>
  )
}

/**
 * Nothing jumps: items that were there keep their place, news come last until the reader asks for them in order.
 * scope names what is listed; another scope starts anew.
 */
export function useSteady<T>(items: T[], key: (x: T) => string, scope: string): { items: T[]; news: number; settle: () => void } {
  const held = useRef<{ scope: string; order: Map<string, number>; news: Set<string> }>({ scope: '', order: new Map(), news: new Set() })
  const [, draw] = useState(0)
  const h = held.current
  if (h.scope !== scope || (h.order.size === 0 && items.length > 0)) {
    held.current = { scope, order: new Map(items.map((x, i) => [key(x), i])), news: new Set() }
  } else {
    for (const x of items) {
      const k = key(x)
      if (!h.order.has(k)) {
        h.order.set(k, h.order.size + 1e6)
        h.news.add(k)
      }
    }
  }
  const order = held.current.order
  const steady = [...items].sort((a, b) => order.get(key(a))! - order.get(key(b))!)
  const there = new Set(items.map(key))
  const news = [...held.current.news].filter((k) => there.has(k)).length
  return {
    items: steady,
    news,
    settle: () => {
      held.current = { scope: '', order: new Map(), news: new Set() }
      draw((n) => n + 1)
    },
  }
}
