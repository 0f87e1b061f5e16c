// Light or dark: the system's unless chosen; chosen in the address or remembered in this browser.
import { useEffect, useState } from 'preact/hooks'
import { store } from './store'

export type Theme = 'light' | 'dark'
const system = matchMedia('(prefers-color-scheme: dark)')
const root = document.documentElement

const now = (): Theme => (root.dataset.theme as Theme | undefined) ?? (system.matches ? 'dark' : 'light')
export const theme = store<Theme>(now())
system.addEventListener('change', () => theme.set(now()))

export function toggleTheme() {
  const next: Theme = now() === 'dark' ? 'light' : 'dark'
  root.dataset.theme = next
  try {
    localStorage.setItem('theme', next)
  } catch { /* a browser that stores nothing keeps the theme until the page is closed */ }
  theme.set(next)
}

export function useTheme(): Theme {
  const [t, set] = useState(theme.get())
  useEffect(() => theme.watch(() => set(theme.get())), [])
  return t
}

let probe: HTMLElement | undefined
/** A token's colour as a canvas understands it. */
export function colour(token: string): string {
  if (!probe) {
    probe = document.createElement('i')
    probe.hidden = true
    document.body.append(probe)
  }
  probe.style.color = `var(${token})`
  return getComputedStyle(probe).color
}
