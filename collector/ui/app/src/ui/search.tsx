// Search: devices on the server, sites and open incidents from what the page knows.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useApi } from '../lib/api'
import { go, href } from '../lib/router'
import type { Device, Page, State } from '../lib/types'
import { useCompany } from './company'
import { Icon, Mark } from './icons'
import { plainName } from './state'

interface Hit { key: string; to: string; state: State; name: string; more: string }

export function Search({ close }: { close: () => void }) {
  const box = useRef<HTMLDialogElement>(null)
  const [text, type] = useState('')
  const [asked, ask] = useState('')
  const [at, move] = useState(0)
  const { data } = useCompany()
  const found = useApi<Page<Device>>(asked ? `devices?limit=8&q=${encodeURIComponent(asked)}` : null)

  useEffect(() => {
    box.current?.showModal()
  }, [])
  useEffect(() => {
    const t = setTimeout(() => ask(text.trim()), 120)
    move(0)
    return () => clearTimeout(t)
  }, [text])

  const hits = useMemo<Hit[]>(() => {
    const q = text.trim().toLowerCase()
    if (!q) return []
    const has = (...s: string[]) => s.some((x) => x.toLowerCase().includes(q))
    return [
      ...(asked ? found.data?.items ?? [] : []).map((d) => ({ key: 'd' + d.name, to: href(`/devices/${encodeURIComponent(d.name)}`), state: d.state, name: d.display_name || d.name, more: `${d.site} · ${d.address}` })),
      ...(data?.sites ?? []).filter((s) => has(s.name, s.display_name)).slice(0, 5).map((s) => ({ key: 's' + s.name, to: href('/devices', { site: s.name }), state: s.state, name: plainName(s.display_name), more: 'site' })),
      ...(data?.incidents.open ?? []).filter((i) => has(i.id, i.summary)).slice(0, 5).map((i) => ({ key: 'i' + i.id, to: href(`/incidents/${i.id}`), state: 'down' as State, name: i.summary, more: i.id })),
    ]
  }, [text, asked, found.data, data])

  const open = (h: Hit) => {
    close()
    go(h.to)
  }
  const key = (e: KeyboardEvent) => {
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault()
      move(Math.max(0, Math.min(hits.length - 1, at + (e.key === 'ArrowDown' ? 1 : -1))))
    }
    if (e.key === 'Enter' && hits[at]) {
      e.preventDefault()
      open(hits[at])
    }
  }
  const waiting = asked !== text.trim() || (asked !== '' && !found.data && !found.error)
  return (
    <dialog ref={box} class="search" aria-label="Search" onClose={close} onClick={(e) => e.target === box.current && close()}>
      <div class="searchbar">
        <Icon name="search" />
        <input type="text" role="combobox" aria-label="Search devices, sites and incidents" aria-expanded={hits.length > 0} aria-controls="hits" aria-autocomplete="list"
          aria-activedescendant={hits[at] ? `hit-${at}` : undefined} placeholder="Device, address, site or incident" autocomplete="off" spellcheck={false}
          value={text} onInput={(e) => type(e.currentTarget.value)} onKeyDown={key} />
        <button type="button" class="btn ghost icon" aria-label="Close search" onClick={close}><Icon name="close" /></button>
      </div>
      <ul id="hits" role="listbox" aria-label="Found">
        {hits.map((h, i) => (
          <li role="option" id={`hit-${i}`} key={h.key} aria-selected={i === at} onPointerMove={() => move(i)} onClick={() => open(h)}>
            <Mark state={h.state} /><span class="med cut">{h.name}</span><span class="sp" /><span class="mute small cut">{h.more}</span>
          </li>
        ))}
      </ul>
      {text.trim() && !hits.length && !waiting && <p class="sub searchnone">Nothing is called “{text.trim()}”. Names, addresses and sites are searched.</p>}
      {found.error && <p class="sub searchnone">{found.error.detail || found.error.title}</p>}
    </dialog>
  )
}
