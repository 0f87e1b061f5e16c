// The map as the server draws it, read again when the topology changes.
import { useEffect, useRef, useState } from 'preact/hooks'
import { ApiError } from './api'
import { onEvent } from './live'

export interface DrawnMap { svg: string | undefined; error: ApiError | undefined; again: () => void }

const every = 60_000

/** The map of now, or of a day. */
export function useMap(selected: string | null, site: string | null, on: string | null): DrawnMap {
  const [, draw] = useState(0)
  const held = useRef<{ svg?: string | undefined; error?: ApiError | undefined }>({})
  const again = useRef<() => void>(() => {})
  useEffect(() => {
    let dead = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const load = async () => {
      clearTimeout(timer)
      const q = new URLSearchParams({ link: 'page', ...(site ? { site } : {}), ...(selected ? { selected } : {}), ...(on ? { at: on } : {}) })
      try {
        const r = await fetch(`/api/v1/topology.svg?${q}`, { credentials: 'same-origin' })
        if (!r.ok) throw new ApiError(r.status, 'The map could not be drawn.', r.status === 404 ? 'What is selected is not in the topology any more: choose another.' : 'The collector says why in its log.', r.headers.get('X-Request-Id') ?? '')
        held.current = { svg: await r.text() }
      } catch (e) {
        held.current = { ...held.current, error: e instanceof ApiError ? e : new ApiError(0, 'The collector does not answer.', 'This page tries again by itself.') }
      }
      if (dead) return
      draw((n) => n + 1)
      timer = setTimeout(load, held.current.error ? 5000 : every)
    }
    again.current = load
    void load()
    let soon: ReturnType<typeof setTimeout> | undefined
    const off = onEvent((topic) => {
      if (topic !== 'inventory') return
      clearTimeout(soon)
      soon = setTimeout(load, 500)
    })
    return () => {
      dead = true
      off()
      clearTimeout(timer)
      clearTimeout(soon)
    }
  }, [selected, site, on])
  return { svg: held.current.svg, error: held.current.error, again: () => again.current() }
}
