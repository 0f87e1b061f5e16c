import { useEffect, useMemo, useState } from 'preact/hooks'
import { useApi } from '../lib/api'
import { now as clockNow, useNow } from '../lib/clock'
import { availability, bitRate, bounds, count, duration, durationShort, percent, uncertainty } from '../lib/format'
import { gridFor, queryRange, sparkQuery, type Series } from '../lib/prom'
import { parseRange, type Range } from '../lib/range'
import { href, setQuery, usePlace } from '../lib/router'
import { dayMonth, instant, when } from '../lib/time'
import type { Availability, DeviceDetail, Gap, Interface, Outage, Page as Paged, Period } from '../lib/types'
import { AgentsAway } from '../ui/away'
import { HealthCards } from '../ui/health'
import { useSiteName } from '../ui/company'
import { Mark } from '../ui/icons'
import { Card, Empty, Load } from '../ui/parts'
import { RangeButton, RangeSeg, useRange, useRangeKeys } from '../ui/rangepick'
import { Page } from '../ui/shell'
import { Smoke } from '../ui/smoke'
import { Spark } from '../ui/spark'
import { Answer, Demo, secondsSince, StateChip, words } from '../ui/state'
import { Strip } from '../ui/strip'
import { parseSort, Region, rowClick, Rows, sortText, Th, type Sort } from '../ui/table'
import { Traffic } from '../ui/traffic'

export function DevicePage({ name }: { name: string }) {
  const path = `devices/${encodeURIComponent(name)}`
  const of = useApi<DeviceDetail>(path, ['state', 'inventory'], 15)
  const siteName = useSiteName()
  const tick = useTick(30)
  const range = useRange(tick)
  useRangeKeys()
  const d = of.data
  const crumbs = [{ text: 'Devices', to: '/devices' }]
  return (
    <Page title={d?.display_name || name} crumbs={d ? [...crumbs, { text: siteName(d.site), to: `/devices?site=${d.site}` }] : crumbs} tools={<RangeButton range={range} />}>
      <Load of={of} what={`${name} could not be read.`} heading={name} rows={9} row={44}>
        {(device) => <Body d={device} range={range} tick={tick} />}
      </Load>
    </Page>
  )
}

/** Counts up every so many seconds, while the page can be seen: live ranges move with it. */
function useTick(seconds: number): number {
  const [n, set] = useState(0)
  useEffect(() => {
    const i = setInterval(() => { if (!document.hidden) set((x) => x + 1) }, seconds * 1000)
    return () => clearInterval(i)
  }, [seconds])
  return n
}

const iso = (t: number) => new Date(t * 1000).toISOString().replace('.000Z', 'Z')

function Body({ d, range, tick }: { d: DeviceDetail; range: Range; tick: number }) {
  const scope = `scope=${encodeURIComponent('device:' + d.name)}`
  const ledger = useApi<Period>(`availability?${scope}&from=${iso(range.from)}&to=${iso(range.to)}`, ['state'], 60)
  const month = useMemo(() => parseRange('30d', Math.floor(clockNow() / 60000) * 60)!, [d.name])
  const days30 = useApi<Period>(`availability?${scope}&from=${iso(month.from)}&to=${iso(month.to)}`, ['state'], 120)
  const ifs = useApi<Paged<Interface>>(`devices/${encodeURIComponent(d.name)}/interfaces`, ['inventory'], 30)
  const items = ifs.data?.items ?? []
  const chosen = usePlace().query.get('sel')
  const iface = items.find((i) => i.key === chosen) ?? busiest(items)
  const outages = ledger.data?.outages ?? []
  return (
    <>
      <Head d={d} />
      <AgentsAway site={d.site} />
      <div class="sub-tabs"><span class="med subhead">{range.label}</span><span class="sp" /><RangeSeg range={range} /></div>
      <div class="grid">
        <div class="stack c8">
          {iface && <Traffic device={d.name} iface={iface} interval={d.interval_seconds || 60} range={range} outages={outages} tick={range.live ? tick : 0} />}
          <Smoke device={d.name} agent={d.agent} range={range} tick={range.live ? tick : 0} />
        </div>
        <div class="stack c4">
          <AvailabilityCard d={d} period={days30.data} />
          <Load30 period={days30.data} />
          <Gaps30 period={days30.data} />
          <HealthCards device={d.name} tick={tick} />
        </div>
        <InterfacesCard device={d} of={ifs} chosen={iface?.key} />
      </div>
    </>
  )
}

const load = (i: Interface) => Math.max(i.in_p95_bps ?? i.in_bps ?? 0, i.out_p95_bps ?? i.out_bps ?? 0)

/** p95 as a share of the speed; null when one of them is not known. */
export function used(i: Interface): number | null {
  if (!i.speed_bps || (i.in_p95_bps === null && i.out_p95_bps === null)) return null
  return Math.max(i.in_p95_bps ?? 0, i.out_p95_bps ?? 0) / i.speed_bps
}

export function busiest(items: Interface[]): Interface | undefined {
  const wired = items.filter((i) => !/^lo\d*$|loopback/i.test(i.name || i.key))
  return [...(wired.length ? wired : items)].sort((a, b) => (used(b) ?? -1) - (used(a) ?? -1) || load(b) - load(a))[0]
}

/** What the device's profile makes of it. */
interface Identified { model: string; serial: string; os: string; version: string; profile: string }

function Head({ d }: { d: DeviceDetail }) {
  const now = useNow(1)
  const siteName = useSiteName()
  const age = secondsSince(d.since, now)
  const id = d.identity as (NonNullable<DeviceDetail['identity']> & Partial<Identified>) | null
  const facts: [string, preact.ComponentChildren][] = []
  if (id?.vendor) facts.push(['Vendor', id.vendor])
  if (id?.model) facts.push(['Model', id.model])
  if (id?.serial) facts.push(['Serial number', <span class="mono">{id.serial}</span>])
  if (id?.os || id?.version) facts.push(['Software', [id.os, id.version].filter(Boolean).join(' ')])
  if (id?.sys_name && id.sys_name !== d.name) facts.push(['Calls itself', id.sys_name])
  facts.push(['Address', <span class="mono">{d.address}</span>])
  if (d.agents.length) facts.push([d.interval_seconds ? 'Polled by' : 'Watched by', d.agents.join(', ') + (d.interval_seconds ? `, every ${durationShort(d.interval_seconds)}` : '')])
  if (d.icmp_interval_seconds) facts.push(['Pinged', `every ${durationShort(d.icmp_interval_seconds)}`])
  if (d.parents.length) facts.push(['Reached through', <>{d.parents.map((p, i) => <>{i > 0 && ', '}<a class="u" href={href(`/devices/${encodeURIComponent(p)}`)}>{p}</a></>)}{d.parents_from === 'topology' && ', by topology'}</>])
  if (id?.uptime_seconds != null) facts.push(['Runs for', duration(id.uptime_seconds)])
  if (id?.location) facts.push(['Location', id.location])
  if (id?.contact) facts.push(['Contact', id.contact])
  return (
    <>
      <div class="head">
        <div class="row wrap dhead">
          <span class="row g6"><Mark state={d.state} size={14} /></span>
          <h1 class="dn">{d.display_name || d.name}</h1>
          <StateChip state={d.state}>{words[d.state]}{age !== null && ` ${duration(age)}`}</StateChip>
          {d.role && <span class="chip line">{d.role}</span>}
          <a class="chip line" href={href('/devices', { site: d.site })}>{siteName(d.site)}</a>
          <Demo on={d.demo} />
        </div>
        <Answer phrases={d.answer} />
      </div>
      <dl class="card id">{facts.map(([k, v]) => <div><dt>{k}</dt><dd>{v}</dd></div>)}</dl>
      {id?.sys_descr && <p class="small mute sysdescr" title="What the device says of itself (sysDescr)">{id.sys_descr}{d.facts_at && `, read ${when(d.facts_at, now)}`}{id.profile === 'generic' && ', by the standard MIBs alone: no profile knows it'}</p>}
    </>
  )
}

function AvailabilityCard({ d, period }: { d: DeviceDetail; period: Period | undefined }) {
  const a: Availability | null = d.availability
  const total = period?.budget_seconds ?? a?.budget_seconds ?? null
  const left = period?.budget_left_seconds ?? a?.budget_left_seconds ?? null
  return (
    <Card title="Availability" more={<span class="mute">30 days</span>}>
      <div class="body">
        {!a || a.percent === null ? <p class="sub">Nothing was measured in the last 30 days.</p> : (
          <>
            <div class="big">{a.percent}<small>%</small></div>
            <p class="small sub">
              {a.unknown_seconds > 0 && a.low !== a.high ? bounds(a.low, a.high, a.unknown_seconds) : a.unknown_seconds > 0 ? `${duration(a.unknown_seconds)} unknown` : 'nothing unknown'}
            </p>
            {total !== null && left !== null && total > 0 && (
              <>
                <p class="small sub budgetline">{left < 0 ? <><b class="med st down">{durationShort(-left)} over</b> the budget of {duration(total)}</> : <><b class="med">{duration(left)}</b> left of {duration(total)} at {availability(a.objective)}</>}</p>
                <span class={`meter block ${left < 0 ? 'bad' : left < total / 5 ? 'warn' : 'ok'}`}><i style={{ width: `${left < 0 ? 100 : (left / total) * 100}%` }} /></span>
              </>
            )}
          </>
        )}
        <div class="ds"><Strip name={d.name} days={d.strip} /></div>
        <p class="row tiny mute"><span>{d.strip.length ? `${d.strip.length} days` : ''}</span><span class="sp" /><span>today</span></p>
      </div>
    </Card>
  )
}

/** Outages of 30 days: what stands behind the percentage. */
function Load30({ period }: { period: Period | undefined }) {
  const now = useNow(30)
  if (!period) return null
  const list = [...period.outages].sort((a, b) => Date.parse(b.from) - Date.parse(a.from))
  return (
    <Card title="Outages" chip={list.length > 0 && count(list.length)} more={<span class="mute">30 days</span>}>
      {!list.length ? <Empty>None in 30 days.</Empty> : (
        <ul class="list two">
          {list.slice(0, 6).map((o) => <OutageRow key={o.from} o={o} now={now} />)}
          {list.length > 6 && <li class="mute small">{list.length - 6} more before {dayMonth(list[5]!.from)}</li>}
        </ul>
      )}
    </Card>
  )
}

function OutageRow({ o, now }: { o: Outage; now: number }) {
  const from = Date.parse(o.from)
  const to = o.to ? Date.parse(o.to) : now
  const zoom = `${Math.floor(from / 1000 - 1800)}..${Math.ceil(to / 1000 + 1800)}`
  return (
    <li>
      <Mark state="down" size={13} />
      <div class="min0">
        <button type="button" class="aslink two med" title={`${instant(o.from)} ${uncertainty(o.uncertainty_seconds)}: show it on the graphs`} onClick={() => setQuery({ range: zoom })}>{when(o.from, now)}</button>
        <span class="two small mute cut">{o.cause || 'no cause given'}{o.incident && <>, <a class="u" href={href(`/incidents/${o.incident}`)}>{o.incident}</a></>}</span>
        {o.evidence && <span class="two small sub">{o.evidence}</span>}
      </div>
      <span class="sp" />
      <span class="rightcol nw"><span class="two med">{duration(o.raw_seconds)}</span>{o.uncertainty_seconds ? <span class="two small mute">{uncertainty(o.uncertainty_seconds)}</span> : null}</span>
    </li>
  )
}

/** Why nothing is known, as the ledger names it. */
const unknownWhy: Record<string, string> = {
  no_data: 'nobody looked', agent: 'the agent was away', collector: 'the collector was away', prober: 'the agent could not probe', credentials: 'the device refused the credential',
}

/** Unknown time of 30 days, with what the device itself said afterwards. */
function Gaps30({ period }: { period: Period | undefined }) {
  const now = useNow(30)
  if (!period?.gaps?.length) return null
  const list = [...period.gaps].reverse()
  return (
    <Card title="Unknown" chip={count(list.length)} more={<span class="mute">30 days</span>}>
      <ul class="list two">
        {list.slice(0, 6).map((g) => <GapRow key={g.from} g={g} now={now} />)}
        {list.length > 6 && <li class="mute small">{list.length - 6} more before {dayMonth(list[5]!.from)}</li>}
      </ul>
    </Card>
  )
}

function GapRow({ g, now }: { g: Gap; now: number }) {
  return (
    <li>
      <Mark state="unknown" size={13} />
      <div class="min0">
        <span class="two med" title={instant(g.from)}>{when(g.from, now)}</span>
        <span class="two small mute">{unknownWhy[g.why] ?? g.why}</span>
        {g.text && <span class="two small sub">{g.text}</span>}
      </div>
      <span class="sp" />
      <span class="med nw">{duration(g.seconds)}{g.ongoing && ' so far'}</span>
    </li>
  )
}

/** The state of an interface in a word. */
export function ifState(i: Interface): { state: 'up' | 'down' | 'unknown' | 'degraded' | 'off'; word: string } {
  if (/^(2|down)$/.test(String(i.admin_status))) return { state: 'off', word: 'Switched off' }
  if (/^(1|up)$/.test(String(i.oper_status))) return i.errors_ratio !== null && i.errors_ratio > 1e-4 ? { state: 'degraded', word: 'Errors' } : { state: 'up', word: 'Up' }
  if (/^(2|down|7|lowerLayerDown)$/.test(String(i.oper_status))) return { state: 'down', word: 'Down' }
  if (/^(5|dormant)$/.test(String(i.oper_status))) return { state: 'off', word: 'Dormant' }
  if (/^(6|notPresent)$/.test(String(i.oper_status))) return { state: 'off', word: 'Not present' }
  return { state: 'unknown', word: 'Unknown' }
}

export function sortInterfaces(list: Interface[], s: Sort): Interface[] {
  const natural = (a: Interface, b: Interface) => a.key.localeCompare(b.key, 'en', { numeric: true })
  const number = (f: (i: Interface) => number | null) => (a: Interface, b: Interface) => (f(a) ?? -1) - (f(b) ?? -1)
  const value: Record<string, (a: Interface, b: Interface) => number> = {
    name: natural, speed: number((i) => i.speed_bps), in: number((i) => i.in_bps), out: number((i) => i.out_bps), p95: number(used), errors: number((i) => i.errors_ratio),
    state: (a, b) => ifState(a).word.localeCompare(ifState(b).word),
  }
  const f = value[s.by] ?? natural
  return [...list].sort((a, b) => (s.down ? f(b, a) : f(a, b)) || natural(a, b))
}

function InterfacesCard({ device, of, chosen }: { device: DeviceDetail; of: ReturnType<typeof useApi<Paged<Interface>>>; chosen: string | undefined }) {
  const { query } = usePlace()
  const [q, type] = useState('')
  const sort = parseSort(query.get('sort'), { by: 'p95', down: true })
  const all = of.data?.items ?? []
  const items = useMemo(() => {
    const t = q.trim().toLowerCase()
    return sortInterfaces(t ? all.filter((i) => `${i.key} ${i.name} ${i.alias} ${i.descr} ${i.mac}`.toLowerCase().includes(t)) : all, sort)
  }, [of.data, q, sort.by, sort.down])
  const sparks = useSparks(device.name, all.length)
  const onSort = (s: Sort) => setQuery({ sort: sortText(s) })
  const answers = device.state === 'up' || device.state === 'degraded'
  const read = all.map((i) => i.last_seen ?? '').sort().at(-1)
  const chip = all.length > 0 && (items.length < all.length ? `${count(items.length)} of ${count(all.length)}` : count(all.length))
  return (
    <Card title="Interfaces" span="c12" chip={chip} legend={!answers && all.length > 0 && <span class="chip unknown"><Mark state="unknown" size={10} />as last read{read && `, ${when(read, clockNow())}`}</span>} more={all.length > 8 && <><label class="vh" for="fi">Filter interfaces</label><input id="fi" type="text" class="filter small" placeholder="Filter" value={q} onInput={(e) => type(e.currentTarget.value)} /></>}>
      <Load of={of} what="The interfaces could not be read." rows={5}>
        {() => all.length === 0 ? <Empty>No interfaces were read from {device.name}. {device.identity ? 'Its ifTable is empty.' : 'It has not answered SNMP; pings still count for its state.'}</Empty> : items.length === 0 ? <Empty>No interface fits “{q}”.</Empty> : (
          <Region label="Interfaces">
            <table class={answers ? 'ifs' : 'ifs old'} onClick={rowClick} aria-rowcount={items.length}>
              <thead><tr>
                <Th by="name" sort={sort} onSort={onSort}>Interface</Th><Th cls="lo">Description</Th><Th by="state" sort={sort} onSort={onSort}>State</Th>
                <Th by="speed" sort={sort} onSort={onSort} cls="num lo" first="down">Speed</Th><Th cls="lo">In, 24 h</Th>
                <Th by="in" sort={sort} onSort={onSort} cls="num" first="down">In now</Th><Th by="out" sort={sort} onSort={onSort} cls="num lo" first="down">Out now</Th>
                <Th by="p95" sort={sort} onSort={onSort} cls="utilh" first="down">p95</Th><Th by="errors" sort={sort} onSort={onSort} cls="num lo" first="down">Errors</Th>
              </tr></thead>
              <Rows items={items} columns={9} height={35} row={(i, n) => <IfRow key={i.key} i={i} n={n} spark={sparks.get(i.key)} selected={i.key === chosen} />} />
            </table>
          </Region>
        )}
      </Load>
    </Card>
  )
}

/** One query for the small lines of all interfaces. */
function useSparks(device: string, interfaces: number): Map<string, (number | null)[]> {
  const [held, set] = useState<Map<string, (number | null)[]>>(new Map())
  useEffect(() => {
    if (!interfaces) return
    let dead = false
    const to = Math.floor(clockNow() / 1000)
    queryRange(sparkQuery(device), gridFor({ from: to - 86400, to, live: true, text: '', label: '' }, 1800))
      .then((s: Series[]) => { if (!dead) set(new Map(s.map((x) => [x.metric.ifName ?? '', x.values]))) }, () => { /* the column stays empty; the graph above says why */ })
    return () => { dead = true }
  }, [device, interfaces])
  return held
}

function IfRow({ i, n, spark, selected }: { i: Interface; n: number; spark: (number | null)[] | undefined; selected: boolean }) {
  const s = ifState(i)
  const share = used(i)
  const quiet = s.state === 'off' || s.state === 'down'
  return (
    <tr class={selected ? 'sel' : ''} data-i={n} aria-rowindex={n + 2}>
      <td><a data-row class="strong nw" href={href(location.pathname, { ...keep(), sel: i.key })} aria-current={selected ? 'true' : undefined}>{i.key}</a></td>
      <td class="alias lo" title={i.alias || i.descr}>{i.alias || (i.descr && i.descr !== i.key ? i.descr : <span class="mute">no description</span>)}</td>
      <td>{s.state === 'off' ? <span class="mute nw">{s.word}</span> : <span class={`st ${s.state}`}><Mark state={s.state} />{s.word}</span>}</td>
      <td class="num sub lo">{bitRate(i.speed_bps || null)}</td>
      <td class="lo">{spark && spark.some((v) => v) ? <Spark values={spark} /> : <span class="mute small">no traffic</span>}</td>
      <td class="num">{quiet && !i.in_bps ? '–' : bitRate(i.in_bps)}</td>
      <td class="num lo">{quiet && !i.out_bps ? '–' : bitRate(i.out_bps)}</td>
      <td class="util">{share === null ? <span class="mute">–</span> : <span class="row g6"><span class={`meter ${share >= 0.85 ? 'bad' : share >= 0.6 ? 'warn' : ''}`}><i style={{ width: `${Math.min(100, share * 100)}%` }} /></span><span class="num">{percent(share)}</span></span>}</td>
      <td class="num lo">{i.errors_ratio === null ? <span class="mute">–</span> : i.errors_ratio === 0 ? <span class="mute">0</span> : <span class={i.errors_ratio > 1e-4 ? 'st degraded' : ''}>{i.errors_ratio < 1e-4 ? '< 0.01 %' : percent(i.errors_ratio, 2)}</span>}</td>
    </tr>
  )
}

/** What the address of a device's page holds already. */
function keep(): Record<string, string> {
  const out: Record<string, string> = {}
  for (const k of ['range', 'sort']) {
    const v = new URLSearchParams(location.search).get(k)
    if (v) out[k] = v
  }
  return out
}

