// Small parts that every page is made of: cards, notices, skeletons, panels, copy buttons.
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import type { ApiError, Loaded } from '../lib/api'
import { durationShort } from '../lib/format'
import { hourMinute } from '../lib/time'
import { Icon, Mark } from './icons'

interface CardProps {
  title: string
  span?: string
  chip?: ComponentChildren
  more?: ComponentChildren
  legend?: ComponentChildren
  id?: string
  children: ComponentChildren
}

export function Card({ title, span = '', chip, more, legend, id, children }: CardProps) {
  return (
    <section class={`card ${span}`} id={id}>
      <header>
        <h2>{title}</h2>
        {chip !== undefined && chip !== null && chip !== false && <span class="chip">{chip}</span>}
        {legend}
        {more && <span class="more row g12">{more}</span>}
      </header>
      {children}
    </section>
  )
}

/** What a part shows before its data is there: nothing for 300 ms, then its final shape in grey. */
export function Skeleton({ rows = 3, row = 34 }: { rows?: number; row?: number }) {
  return (
    <div class="sks" aria-busy="true">
      <span class="vh">Loading</span>
      {Array.from({ length: rows }, (_, i) => (
        <div class="skr" style={{ height: `${row}px` }}><div class="sk" style={{ width: `${[62, 88, 40, 74, 55][i % 5]}%` }} /></div>
      ))}
    </div>
  )
}

/** An error names what failed, the mend and the request; the rest of the page works on. */
export function Failed({ what, error, again }: { what: string; error: ApiError; again?: (() => void) | undefined }) {
  return (
    <div class="note down" role="status">
      <Mark state="down" size={13} />
      <span>
        <b class="med">{what}</b> {error.detail || error.title}{' '}
        {again && <button class="aslink" onClick={again}>Try again</button>}{' '}
        {error.request && <span class="mono">req {error.request.slice(0, 8)}</span>}
      </span>
    </div>
  )
}

export function Empty({ children, action }: { children: ComponentChildren; action?: ComponentChildren }) {
  return <div class="empty"><p class="sub">{children}</p>{action}</div>
}

export function Stale({ at }: { at: number | undefined }) {
  if (at === undefined) return null
  return <span class="chip unknown"><Mark state="unknown" size={10} />read {durationShort((Date.now() - at) / 1000)} ago</span>
}

interface LoadProps<T> {
  of: Loaded<T>
  what: string
  rows?: number
  row?: number
  heading?: string // of a page that is this part: it has one without data, too
  children: (data: T) => ComponentChildren
}

/** Draws the data of a part, or why it is not there. */
export function Load<T>({ of, what, rows, row, heading, children }: LoadProps<T>) {
  if (of.data !== undefined) {
    return (
      <>
        {of.stale !== undefined && of.error && (
          <div class="stalebar"><div class="note unknown"><Mark state="unknown" size={13} />
            <span><b class="med">Not read again since {hourMinute(of.stale)}.</b> {of.error.detail || of.error.title}</span></div></div>
        )}
        {children(of.data)}
      </>
    )
  }
  if (of.error) return <div class="body">{heading && <h1 class="vh">{heading}</h1>}<Failed what={what} error={of.error} again={of.again} /></div>
  return <Skeleton {...(rows ? { rows } : {})} {...(row ? { row } : {})} />
}

/** A panel under its button. */
export function Panel({ label, button, width, children, cls = 'btn', title }: {
  label?: string; button: ComponentChildren; width?: number; children: (close: () => void) => ComponentChildren; cls?: string; title?: string
}) {
  const b = useRef<HTMLButtonElement>(null)
  const p = useRef<HTMLDivElement>(null)
  const [open, setOpen] = useState(false)
  const id = useId()
  useEffect(() => {
    const el = p.current
    const from = b.current
    if (!el || !from) return
    const toggled = (e: Event) => {
      const on = (e as ToggleEvent).newState === 'open'
      setOpen(on)
      if (!on) return
      requestAnimationFrame(() => {
        const r = from.getBoundingClientRect()
        el.style.top = `${Math.max(8, Math.min(r.bottom + 6, innerHeight - el.offsetHeight - 8))}px`
        el.style.left = `${Math.max(12, Math.min(r.left, innerWidth - el.offsetWidth - 12))}px`
        el.querySelector<HTMLElement>('input,[aria-pressed=true],[aria-current=true]')?.focus()
      })
    }
    el.addEventListener('toggle', toggled)
    return () => el.removeEventListener('toggle', toggled)
  }, [])
  const toggle = () => p.current?.togglePopover?.()
  return (
    <>
      <button type="button" id={id} class={cls} ref={b} onClick={toggle} aria-expanded={open} aria-label={label} title={title}>{button}</button>
      <div popover="auto" role="dialog" aria-labelledby={id} ref={p} style={width ? { width: `${width}px` } : undefined}>
        {open && children(() => p.current?.hidePopover?.())}
      </div>
    </>
  )
}

export function Copy({ text, label }: { text: string; label: string }) {
  const [done, set] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
    } catch { // without TLS a browser offers no clipboard: select, copy, remove
      const t = document.createElement('textarea')
      t.value = text
      document.body.append(t)
      t.select()
      document.execCommand('copy')
      t.remove()
    }
    set(true)
    setTimeout(() => set(false), 1600)
  }
  return (
    <button type="button" class="btn icon" aria-label={done ? 'Copied' : label} title={label} onClick={copy}>
      <Icon name={done ? 'check' : 'copy'} />
    </button>
  )
}

/** The exact queries behind a graph. */
export function PromQL({ queries }: { queries: string[] }) {
  return (
    <Panel cls="aslink small" button="PromQL" width={520} title="The exact queries of this graph">
      {() => (
        <div class="stk">
          <h2>What this graph asks</h2>
          {queries.map((q) => <div class="row top g6"><pre class="sp">{q}</pre><Copy text={q} label="Copy the query" /></div>)}
          <p class="tiny mute">A Grafana data source of type Prometheus at <span class="mono">{location.origin}/prometheus</span> takes them as they are.</p>
        </div>
      )}
    </Panel>
  )
}
