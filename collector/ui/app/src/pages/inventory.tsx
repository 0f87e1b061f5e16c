// What there is: devices and their parts with serial numbers and dates, now or on a day that has passed.
import { useState } from 'preact/hooks'
import { request, useApi } from '../lib/api'
import { useNow } from '../lib/clock'
import { count, plural } from '../lib/format'
import { assetTree, inventoryAnswer, nextDate, type Asset, type Finding } from '../lib/network'
import { href, setQuery, usePlace } from '../lib/router'
import { day, when } from '../lib/time'
import type { Page as Paged } from '../lib/types'
import { useCompany, useSiteName } from '../ui/company'
import { Outcome, Text, useSend } from '../ui/form'
import { Card, Empty, Load } from '../ui/parts'
import { Page } from '../ui/shell'
import { Answer, Demo } from '../ui/state'
import { Region, Rows, rowClick } from '../ui/table'
import { params } from '../ui/ledger'

const pageSize = 500

export function Inventory() {
  const { query } = usePlace()
  const site = query.get('site')
  const q = query.get('q') ?? ''
  const removed = query.get('removed') === 'true'
  const company = useCompany()
  const siteName = useSiteName()
  const path = `assets?${params({ limit: String(pageSize), site, q, removed: removed ? 'true' : null })}`
  const of = useApi<Paged<Asset>>(path, ['inventory'], 300)
  const findings = useApi<Paged<Finding>>(`findings?${params({ site })}`, ['inventory'], 600)
  const [more, setMore] = useState<{ path: string; items: Asset[]; next: string | null }>({ path: '', items: [], next: null })
  const rest = more.path === path ? more : { path, items: [], next: of.data?.next_cursor ?? null }
  const items = [...(of.data?.items ?? []), ...rest.items]
  const total = of.data?.total ?? items.length
  const sender = useSend()
  const next = async () => {
    if (!rest.next) return
    try {
      const p = await request<Paged<Asset>>('GET', `${path}&cursor=${encodeURIComponent(rest.next)}`)
      setMore({ path, items: [...rest.items, ...p.items], next: p.next_cursor ?? null })
    } catch (e) {
      sender.say((e as Error).message)
    }
  }
  return (
    <Page title="Inventory">
      <div class="head">
        <h1 class="eyebrow">Inventory{site && ` · ${siteName(site)}`}<Demo on={company.data?.demo} /></h1>
        {of.data && findings.data ? <Answer phrases={q && !items.length ? [{ text: `Nothing here is called ${q}.`, tone: 'strong' }] : inventoryAnswer(total, items.filter((a) => a.serial).length, findings.data.items)} /> : <p class="answer">&nbsp;</p>}
      </div>
      <div class="stack">
        {findings.data && findings.data.items.length > 0 && <Findings items={findings.data.items} />}
        <section class="card">
          <header class="filters">
            <h2 class="vh">Assets</h2>
            <Filter q={q} />
            <label class="row g6 small"><input type="checkbox" checked={removed} onChange={(e) => setQuery({ removed: e.currentTarget.checked ? 'true' : null })} />with what was there once</label>
            <span class="more row g12 wrap">{of.data ? plural(total, 'asset') : ''}{items.length > 0 && <button type="button" class="btn sm" onClick={() => download(items)}>CSV of those shown</button>}</span>
          </header>
          <Load of={of} what="The inventory could not be read." rows={8} row={46}>
            {() => (items.length ? <Table items={items} /> : <Empty action={q ? <button type="button" class="aslink" onClick={() => setQuery({ q: null })}>Show all</button> : <a class="link" href={href('/discovery')}>Find devices</a>}>{q ? 'Nothing fits this filter.' : 'No device has told of itself yet.'}</Empty>)}
          </Load>
          {(rest.next || sender.wrong) && <div class="body stk"><Outcome of={sender} />{rest.next && <div><button type="button" class="btn" onClick={next}>Show more: {count(items.length)} of {count(total)} are here</button></div>}</div>}
        </section>
        <Slot devices={[...new Set(items.map((a) => a.device))]} />
      </div>
    </Page>
  )
}

function Filter({ q }: { q: string }) {
  const [text, type] = useState(q)
  const show = (e: Event) => {
    e.preventDefault()
    setQuery({ q: text.trim() || null })
  }
  return (
    <form class="row g6" role="search" onSubmit={show}>
      <label class="vh" for="aq">Filter assets</label>
      <input id="aq" type="text" class="filter" placeholder="Name, model, serial, owner" autocomplete="off" spellcheck={false} value={text} onInput={(e) => type(e.currentTarget.value)} />
      <button class="btn sm">Find</button>
    </form>
  )
}

function Findings({ items }: { items: Finding[] }) {
  return (
    <Card title="What needs somebody" chip={count(items.length)}>
      <ul class="list">{items.slice(0, 12).map((f) => (
        <li key={f.device + f.kind + f.object}><span class="sp">{f.summary}</span><a class="u" href={href(`/devices/${encodeURIComponent(f.device)}`)}>{f.device}</a><span class="chip line">{f.severity}</span></li>
      ))}</ul>
      {items.length > 12 && <p class="body small mute">and {count(items.length - 12)} more</p>}
    </Card>
  )
}

function Table({ items }: { items: Asset[] }) {
  const now = useNow(60)
  const siteName = useSiteName()
  return (
    <Region label="Assets">
      <table onClick={rowClick}>
        <thead><tr><th scope="col">Asset</th><th scope="col" class="lo">Kind</th><th scope="col" class="lo">Model</th><th scope="col">Serial number</th><th scope="col" class="lo">Software</th><th scope="col" class="lo">First seen</th><th scope="col" class="lo">Last seen</th><th scope="col" class="lo">Dates</th></tr></thead>
        <Rows items={assetTree(items)} columns={8} height={46} row={({ asset: a, depth }, i) => {
          const date = nextDate(a, now)
          return (
            <tr key={a.id} data-i={i} class={a.removed_at ? 'old' : ''}>
              <td class="tall"><span class={`tree t${Math.min(depth, 5)}`}>
                {a.part === ''
                  ? <><a data-row class="two strong" href={href(`/devices/${encodeURIComponent(a.device)}`)}>{a.name || a.device}</a><span class="two">{siteName(a.site)}{a.tag && `, ${a.tag}`}{a.owner && `, ${a.owner}`}</span></>
                  : <><span class="two">{a.name || a.part}</span><span class="two">{a.removed_at ? `gone since ${day(a.removed_at)}` : ''}</span></>}
              </span></td>
              <td class="lo sub">{a.class}</td>
              <td class="lo"><span class="two">{a.model || '–'}</span><span class="two">{a.manufacturer}</span></td>
              <td class="mono wraps">{a.serial || '–'}</td>
              <td class="lo sub wraps">{a.version || '–'}</td>
              <td class="lo nw sub">{a.first_seen ? day(a.first_seen) : '–'}</td>
              <td class="lo nw sub">{a.last_seen ? when(a.last_seen, now) : '–'}</td>
              <td class="lo nw">{date ? <span class={date.past ? 'st degraded' : ''}>{date.past && date.what === 'warranty until' ? 'warranty ended' : date.what} {date.date}</span> : <span class="mute">–</span>}</td>
            </tr>
          )
        }} />
      </table>
    </Region>
  )
}

const columns: (keyof Asset)[] = ['device', 'site', 'part', 'parent', 'class', 'name', 'manufacturer', 'model', 'serial', 'version', 'first_seen', 'last_seen', 'removed_at', 'owner', 'department', 'tag', 'purchased', 'warranty_until', 'end_of_life', 'end_of_sale', 'end_of_support', 'cost']

/** Rows for a spreadsheet. A text that one would run as a formula begins with an apostrophe. */
export function assetCSV(items: Asset[]): string {
  const cell = (v: string | null) => {
    const t = v ?? ''
    const safe = /^[=+\-@\t\r]/.test(t) ? `'${t}` : t
    return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe
  }
  return [columns.join(','), ...items.map((a) => columns.map((c) => cell(a[c])).join(','))].join('\r\n') + '\r\n'
}

function download(items: Asset[]) {
  const a = document.createElement('a')
  a.href = URL.createObjectURL(new Blob([assetCSV(items)], { type: 'text/csv' }))
  a.download = 'assets.csv'
  a.click()
  setTimeout(() => URL.revokeObjectURL(a.href), 1000)
}

interface Component { index?: number; class?: string; name?: string; descr?: string; model?: string; serial?: string }
interface FactsAt { at: string | null; components: Component[] }

/** What was in this slot in March? */
function Slot({ devices }: { devices: string[] }) {
  const { query } = usePlace()
  const [device, setDevice] = useState(query.get('slot') ?? '')
  const [date, setDate] = useState(query.get('on') ?? '')
  const [wrong, setWrong] = useState('')
  const slot = query.get('slot')
  const on = query.get('on')
  const of = useApi<FactsAt>(slot && on ? `devices/${encodeURIComponent(slot)}/facts?${params({ at: `${on}T23:59:59Z` })}` : null, [], 600)
  const show = (e: Event) => {
    e.preventDefault()
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date.trim()) || Number.isNaN(Date.parse(date.trim()))) return setWrong('Write the day as 2026-03-01.')
    if (!device.trim()) return setWrong('Name a device.')
    setWrong('')
    setQuery({ slot: device.trim(), on: date.trim() })
  }
  return (
    <Card title="What was in it on a day">
      <div class="body stk">
        <form class="row wrap g12" onSubmit={show}>
          <div><label class="vh" for="sd">Device</label><input id="sd" type="text" class="filter" placeholder="Device" list="slots" autocomplete="off" spellcheck={false} value={device} onInput={(e) => setDevice(e.currentTarget.value)} /><datalist id="slots">{devices.slice(0, 500).map((d) => <option key={d} value={d} />)}</datalist></div>
          <Text label="" hidden="Day" hint="2026-03-01" value={date} set={setDate} />
          <button class="btn">Show</button>
        </form>
        {wrong && <p class="err" role="alert"><span>{wrong}</span></p>}
      </div>
      {slot && on && (
        <Load of={of} what={`What ${slot} held on ${on} could not be read.`} rows={3}>
          {(f) => (f.components.length ? (
            <Region label={`Parts of ${slot} on ${on}`}>
              <table>
                <thead><tr><th scope="col">{slot} on {on}</th><th scope="col" class="lo">Kind</th><th scope="col">Model</th><th scope="col">Serial number</th></tr></thead>
                <tbody>{f.components.map((c, i) => <tr key={i}><td>{c.name || c.descr || '–'}</td><td class="lo sub">{c.class || '–'}</td><td>{c.model || '–'}</td><td class="mono">{c.serial || '–'}</td></tr>)}</tbody>
              </table>
            </Region>
          ) : <Empty>Nothing is known of that day: {slot} told of its parts later, or not at all.</Empty>)}
        </Load>
      )}
    </Card>
  )
}
