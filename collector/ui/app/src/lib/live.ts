// Server-sent events: what changed, and the proof that the page lives.
import { store } from './store'

export interface Live {
  state: 'connecting' | 'live' | 'lost'
  lastWord: number // when the collector was last heard, ms
  watermark: string | null
}

export const live = store<Live>({ state: 'connecting', lastWord: Date.now(), watermark: null })
export const topics = ['state', 'incident', 'watermark', 'inventory'] as const

const quietAfter = 10_000
type Listener = (topic: string, data: unknown) => void
const listeners = new Set<Listener>()

export function onEvent(f: Listener): () => void {
  listeners.add(f)
  return () => void listeners.delete(f)
}

function tell(topic: string, text: string) {
  let data: unknown = null
  try {
    data = JSON.parse(text)
  } catch { /* an event without a body still says that something changed */ }
  const w = topic === 'watermark' ? (data as { watermark?: string } | null)?.watermark : undefined
  live.set({ state: 'live', lastWord: Date.now(), watermark: w ?? live.get().watermark })
  for (const l of [...listeners]) l(topic, data)
}

let source: EventSource | undefined
let check: ReturnType<typeof setInterval> | undefined
let retry: ReturnType<typeof setTimeout> | undefined

export function connect() {
  disconnect()
  source = new EventSource('/api/v1/events')
  source.onopen = () => {
    const was = live.get().state
    live.set({ ...live.get(), state: 'live', lastWord: Date.now() })
    if (was === 'lost') for (const l of [...listeners]) for (const t of topics) l(t, null) // read what was missed
  }
  source.onerror = () => {
    if (source?.readyState !== EventSource.CLOSED) return // the browser connects again by itself
    clearTimeout(retry)
    retry = setTimeout(connect, 5000)
  }
  for (const t of topics) source.addEventListener(t, (e) => tell(t, (e as MessageEvent<string>).data))
  check = setInterval(() => {
    const l = live.get()
    if (l.state !== 'lost' && Date.now() - l.lastWord > quietAfter) live.set({ ...l, state: 'lost' })
  }, 1000)
}

export function disconnect() {
  source?.close()
  source = undefined
  clearInterval(check)
  clearTimeout(retry)
}
