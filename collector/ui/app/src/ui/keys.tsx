// Keys. They do nothing inside fields.
import type { RefObject } from 'preact'
import { useEffect } from 'preact/hooks'
import { go, href } from '../lib/router'
import { toggleTheme } from '../lib/theme'

const places: Record<string, string> = { o: '/', i: '/incidents', d: '/devices', a: '/agents', s: '/settings' }

function rowBy(step: number) {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')].filter((r) => r.offsetParent !== null)
  if (!rows.length) return
  const at = rows.indexOf(document.activeElement as HTMLElement)
  rows[Math.max(0, Math.min(rows.length - 1, at + step))]!.focus()
}

export function useKeys({ search, help }: { search: () => void; help: () => void }) {
  useEffect(() => {
    let going = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const press = (e: KeyboardEvent) => {
      if ((e.target as Element).closest?.('input,select,textarea,dialog,[contenteditable]') || e.metaKey || e.ctrlKey || e.altKey) return
      if (going && places[e.key]) {
        e.preventDefault()
        going = false
        return go(href(places[e.key]!))
      }
      going = false
      switch (e.key) {
        case 'g':
          going = true
          clearTimeout(timer)
          timer = setTimeout(() => (going = false), 900)
          return
        case '/':
          e.preventDefault()
          return search()
        case '?': return help()
        case 't': return toggleTheme()
        case 'j': return rowBy(1)
        case 'k': return rowBy(-1)
        case '[':
        case ']':
        case 'a': dispatchEvent(new CustomEvent('nw-key', { detail: e.key }))
      }
    }
    addEventListener('keydown', press)
    addEventListener('nw-search', search)
    addEventListener('nw-help', help)
    return () => {
      clearTimeout(timer)
      removeEventListener('keydown', press)
      removeEventListener('nw-search', search)
      removeEventListener('nw-help', help)
    }
  }, [])
}

/** What a page does with a key of its own: [ ] a. */
export function usePageKey(f: (key: string) => void) {
  useEffect(() => {
    const on = (e: Event) => f((e as CustomEvent<string>).detail)
    addEventListener('nw-key', on)
    return () => removeEventListener('nw-key', on)
  })
}

export function KeyHelp({ panel }: { panel: RefObject<HTMLDivElement | null> }) {
  const keys: [string[], string][] = [
    [['/'], 'search devices, sites, incidents'],
    [['g', 'o'], 'go to Overview (i, d, a, s too)'],
    [['j', 'k'], 'next, previous row'],
    [['Enter'], 'open the row'],
    [['[', ']'], 'earlier, later'],
    [['a'], 'acknowledge'],
    [['t'], 'light, dark'],
    [['?'], 'this list'],
  ]
  return (
    <div popover="auto" ref={panel} class="keys" role="dialog" aria-label="Keyboard shortcuts">
      <h2>Keys</h2>
      <dl class="kv">{keys.map(([k, what]) => <><dt>{k.map((x) => <><span class="kbd">{x}</span> </>)}</dt><dd>{what}</dd></>)}</dl>
      <p><a class="link" href="/docs/">Help</a></p>
    </div>
  )
}
