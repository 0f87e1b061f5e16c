// The way to the collector: reads with a small cache, writes, and errors in words (RFC 9457).
import { useEffect, useRef, useState } from 'preact/hooks'
import { serverSaid } from './clock'
import { onEvent } from './live'
import { signedOut } from './session'

export class ApiError extends Error {
  constructor(readonly status: number, readonly title: string, readonly detail: string, readonly request = '') {
    super(detail || title)
  }
}

async function problem(r: Response): Promise<ApiError> {
  const request = r.headers.get('X-Request-Id') ?? ''
  try {
    const p = await r.json() as { title?: string; detail?: string; error?: string }
    return new ApiError(r.status, p.title ?? `Answer ${r.status}`, p.detail ?? p.error ?? '', request)
  } catch {
    return new ApiError(r.status, `Answer ${r.status}`, r.statusText, request)
  }
}

export async function request<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = { method, headers: { Accept: 'application/json' }, credentials: 'same-origin' }
  if (signal) init.signal = signal
  if (body !== undefined) {
    init.headers = { Accept: 'application/json', 'Content-Type': 'application/json' }
    init.body = JSON.stringify(body)
  }
  let r: Response
  try {
    r = await fetch(path.startsWith('/') ? path : '/api/v1/' + path, init)
  } catch (e) {
    if ((e as Error).name === 'AbortError') throw e
    throw new ApiError(0, 'The collector does not answer.', 'Is it running, and does the way to it work? This page tries again by itself.')
  }
  serverSaid(r.headers.get('Date'))
  if (r.status === 401 && path !== 'session') signedOut()
  if (!r.ok) throw await problem(r)
  const text = await r.text()
  return (text ? JSON.parse(text) : null) as T
}

interface Entry { data: unknown; at: number }
const cache = new Map<string, Entry>()
const cacheLimit = 60

export function forget() {
  cache.clear()
}

function remember(path: string, data: unknown) {
  cache.delete(path)
  cache.set(path, { data, at: Date.now() })
  if (cache.size > cacheLimit) cache.delete(cache.keys().next().value as string)
}

const reading = new Map<string, Promise<unknown>>()

/** One request for all parts of the page that read the same path at the same time. */
function read<T>(path: string): Promise<T> {
  const running = reading.get(path)
  if (running) return running as Promise<T>
  const p = request<T>('GET', path).finally(() => reading.delete(path))
  reading.set(path, p)
  return p
}

export interface Loaded<T> {
  data: T | undefined
  error: ApiError | undefined
  stale: number | undefined // when the data was read, if the newest read failed
  again: () => void
}

/** Reads path and reads it again when the collector says that one of topics changed. Null reads nothing. */
export function useApi<T>(path: string | null, topics: string[] = [], refreshSeconds = 60): Loaded<T> {
  const [, draw] = useState(0)
  const held = useRef<{ path: string | null; data?: T | undefined; at?: number | undefined; error?: ApiError | undefined }>({ path: null })
  const again = useRef<() => void>(() => {})

  if (held.current.path !== path) {
    const hit = path ? cache.get(path) : undefined
    held.current = { path, data: hit?.data as T | undefined, at: hit?.at }
  }

  useEffect(() => {
    if (!path) return
    let timer: ReturnType<typeof setTimeout> | undefined
    let dead = false
    const load = async () => {
      clearTimeout(timer)
      try {
        const data = await read<T>(path)
        remember(path, data)
        if (held.current.path === path) held.current = { path, data, at: Date.now() }
      } catch (e) {
        const error = e instanceof ApiError ? e : new ApiError(0, 'This part could not be read.', String(e))
        if (held.current.path === path) held.current = { ...held.current, error }
      }
      if (dead) return
      draw((n) => n + 1)
      clearTimeout(timer)
      timer = setTimeout(load, (held.current.error ? 5 : refreshSeconds) * 1000)
    }
    again.current = load
    void load()
    let soon: ReturnType<typeof setTimeout> | undefined
    const off = onEvent((topic) => {
      if (!topics.includes(topic)) return
      clearTimeout(soon)
      soon = setTimeout(load, 300)
    })
    return () => {
      dead = true
      off()
      clearTimeout(soon)
      clearTimeout(timer)
    }
  }, [path, topics.join(), refreshSeconds])

  const h = held.current
  return {
    data: h.data,
    error: h.error,
    stale: h.error && h.data !== undefined ? h.at : undefined,
    again: () => again.current(),
  }
}
