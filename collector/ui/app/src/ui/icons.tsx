// Marks: line icons of the interface, and the shapes of the states (a colour, a shape and a word).
import type { State } from '../lib/types'

const paths = {
  pin: 'M8 14s4.5-4.2 4.5-7.5a4.5 4.5 0 0 0-9 0C3.5 9.8 8 14 8 14ZM8 8a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z',
  down: 'M3.5 6 8 10.5 12.5 6',
  up: 'M3.5 10 8 5.5 12.5 10',
  right: 'M6 3.5 10.5 8 6 12.5',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.3 10.3 14 14',
  home: 'M2.5 8.5 8 3l5.5 5.5M4 7.5V13h8V7.5',
  incident: 'M8 2.5 14 13H2L8 2.5ZM8 6.5v3M8 11.2v.3',
  device: 'M2 4h12v3.5H2zM2 9h12v3.5H2zM4.5 5.8v0M4.5 10.8v0',
  uptime: 'M2 8.5h3l1.5-4 3 8 1.5-4h3',
  capacity: 'M2.5 13.5v-11M2.5 13.5h11M4.5 11l3-3.5 2 1.5 4-5',
  redundancy: 'M4 5.6v4.8M5.6 4h4.8M5.6 12h4.8M12 5.6v4.8M2.5 2.5h3v3h-3zM10.5 2.5h3v3h-3zM2.5 10.5h3v3h-3zM10.5 10.5h3v3h-3z',
  circuit: 'M2 12c4 0 4-8 8-8h4M11 1.5 14 4l-3 2.5',
  inventory: 'M2.5 5 8 2.5 13.5 5v6L8 13.5 2.5 11V5ZM2.5 5 8 7.5 13.5 5M8 7.5v6',
  report: 'M4 2h6l3 3v9H4zM6 8h5M6 10.5h5M6 5.5h2',
  agent: 'M8 9.2A1.2 1.2 0 1 0 8 6.8a1.2 1.2 0 0 0 0 2.4ZM5 11a4.2 4.2 0 0 1 0-6M11 5a4.2 4.2 0 0 1 0 6M3 13a7 7 0 0 1 0-10M13 3a7 7 0 0 1 0 10',
  settings: 'M8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM8 2v2M8 12v2M2 8h2M12 8h2M3.8 3.8l1.4 1.4M10.8 10.8l1.4 1.4M12.2 3.8l-1.4 1.4M5.2 10.8l-1.4 1.4',
  theme: 'M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11',
  check: 'M3 8.5 6.5 12 13 4.5',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.5V8l2.5 1.5',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  info: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.3V11M8 5v.2',
  person: 'M8 8a2.8 2.8 0 1 0 0-5.6A2.8 2.8 0 0 0 8 8ZM2.8 14a5.2 5.2 0 0 1 10.4 0',
  send: 'M14 2 7 9M14 2 9.5 14 7 9 2 6.5 14 2Z',
  comment: 'M2.5 3.5h11v7.500h-6L4.5 13.500V11h-2z',
  close: 'M4 4l8 8M12 4l-8 8',
} as const
export type IconName = keyof typeof paths

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  )
}

export function Logo({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden="true">
      <circle cx="12" cy="9.6" r="6.6" stroke="currentColor" stroke-width="2.6" />
      <path d="M18.6 9.600c0 5.6-2.3 9.5-7.3 12.1" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" />
      <circle cx="12" cy="9.6" r="2.1" fill="currentColor" />
    </svg>
  )
}

const marks: Record<State, preact.ComponentChildren> = {
  up: <circle cx="6" cy="6" r="3.6" fill="var(--up)" />,
  degraded: <path d="M6 1 11.4 10.6H.6Z" fill="var(--degraded)" />,
  down: (
    <>
      <rect x="1" y="1" width="10" height="10" rx="2" fill="var(--down)" />
      <path d="M3.9 3.900l4.2 4.200M8.1 3.9 3.9 8.1" stroke="var(--surface)" stroke-width="1.6" stroke-linecap="round" />
    </>
  ),
  unreachable: (
    <>
      <rect x="1.7" y="1.7" width="8.6" height="8.6" rx="2" fill="var(--unreach)" stroke="var(--down)" stroke-width="1.4" />
      <path d="M3.6 8.4 8.4 3.6" stroke="var(--down)" stroke-width="1.4" />
    </>
  ),
  unknown: <circle cx="6" cy="6" r="4.6" fill="url(#hatch)" stroke="var(--unknown)" stroke-width="1.2" />,
  maintenance: (
    <>
      <path d="M6 .6 11.4 6 6 11.4.6 6Z" fill="var(--maint)" />
      <path d="M6 3.600v4.800M3.6 6h4.8" stroke="var(--surface)" stroke-width="1.3" />
    </>
  ),
}

export function Mark({ state, size = 12 }: { state: State; size?: number }) {
  return <svg width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">{marks[state] ?? marks.unknown}</svg>
}

/** The pattern that unknown is filled with, once a page. */
export function Hatch() {
  return (
    <svg width="0" height="0" class="defs" aria-hidden="true">
      <defs>
        <pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="4" height="4" fill="var(--unknown-wash)" />
          <rect width="1.6" height="4" fill="var(--unknown)" />
        </pattern>
      </defs>
    </svg>
  )
}
