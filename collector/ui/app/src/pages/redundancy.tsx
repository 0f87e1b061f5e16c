// What one failure would cost, what is lost already, and whether the rest carries the load.
import { useEffect, useRef } from 'preact/hooks'
import { useApi, type Loaded } from '../lib/api'
import { useNow } from '../lib/clock'
import { bitRate, count, durationShort, plural } from '../lib/format'
import { board, cardWords, bar, classWords, lasted, scenarioWords, type Backup, type Class, type Group, type Impact, type N1, type Redundancy, type SinglePoint, type Topology, type Without } from '../lib/redundancy'
import { go, setQuery, usePlace } from '../lib/router'
import { day, instant } from '../lib/time'
import { useMap } from '../lib/topomap'
import { useCompany, useSiteName } from '../ui/company'
import { Mark } from '../ui/icons'
import { params } from '../ui/ledger'
import { Card, Empty, Failed, Load, Panel } from '../ui/parts'
import { Shield } from '../ui/shield'
import { Page } from '../ui/shell'
import { Answer, Demo } from '../ui/state'
import { Region } from '../ui/table'
import { AsOf, Changes } from '../ui/topohistory'

export function RedundancyPage() {
  const { query } = usePlace()
  const site = query.get('site')
  const at = site ? `?site=${encodeURIComponent(site)}` : ''
  const of = useApi<Redundancy>(`redundancy${at}`, ['inventory', 'state'], 60)
  const on = query.get('on')
  const topology = useApi<Topology>(`topology?${params({ site, at: on })}`, ['inventory'], 60)
  const { data: company } = useCompany()
  const siteName = useSiteName()
  const now = useNow(30)
  const d = of.data
  const selected = query.get('sel') ?? d?.single_points[0]?.of ?? null
  return (
    <Page title="Redundancy">
      <div class="head">
        <h1 class="eyebrow">
          Redundancy{site && ` · ${siteName(site)}`}
          {d && ` · ${plural(d.groups.length, 'group')}, ${plural(d.nodes, 'node')}`}
          {d?.oldest && ` · oldest facts ${durationShort((now - Date.parse(d.oldest)) / 1000)} old`}<Demo on={company?.demo} />
        </h1>
        {d ? <Answer phrases={d.answer} /> : <p class="answer">&nbsp;</p>}
      </div>
      {of.error && !d ? <Failed what="Redundancy could not be read." error={of.error} again={of.again} /> : (
        <div class="grid">
          <MapCard topology={topology} selected={selected} title={`${site ? siteName(site) : 'Network'}${on ? ` on ${on}` : ''}`} site={site} on={on} />
          <WhatIf of={selected} site={site} on={on} singles={d?.single_points ?? []} nodes={topology.data} />
          <Groups of={of} now={now} />
          <AfterLoss of={of} />
          <Singles of={of} selected={selected} site={site} />
          <Changes site={site} />
        </div>
      )}
    </Page>
  )
}

const steps = [['≤ 30 %', 0], ['≤ 60', 1], ['≤ 85', 2], ['more', 3]] as const

function MapCard({ topology, selected, title, site, on }: { topology: Loaded<Topology>; selected: string | null; title: string; site: string | null; on: string | null }) {
  const table = usePlace().query.get('view') === 'table'
  const seg = (
    <span class="seg noprint" role="group" aria-label="View">
      <button type="button" aria-pressed={!table} onClick={() => setQuery({ view: null })}>Map</button>
      <button type="button" aria-pressed={table} onClick={() => setQuery({ view: 'table' })}>Table</button>
    </span>
  )
  const legend = !table && (
    <span class="legend"><span>load</span>{steps.map(([words, n]) => <span><i class={`ln load${n}`} />{words}</span>)}</span>
  )
  return (
    <Card title={title} span="c8" legend={seg} more={legend}>
      {table ? <Load of={topology} what="The topology could not be read." rows={8}>{(t) => <Links t={t} />}</Load> : <TopologyMap selected={selected} site={site} on={on} />}
      <div class="foot3">
        {!table && (
          <span class="legend">
            <span class="row g4"><Shield />single point of failure</span>
            <span><i class="lostk" />lost with the selection</span>
            <span><i class="ln riskk" />redundancy lost</span>
          </span>
        )}
        <span class="mute small">{topology.data?.words ?? ''}</span>
        <AsOf />
      </div>
    </Card>
  )
}

/** The drawing of the server. Each node and link is a link to its what-if; the rest of the page stays. */
function TopologyMap({ selected, site, on }: { selected: string | null; site: string | null; on: string | null }) {
  const map = useMap(selected, site, on)
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const el = box.current
    if (!el || map.svg === undefined) return
    const focus = el.contains(document.activeElement) ? document.activeElement?.getAttribute('data-pick') : null
    el.innerHTML = map.svg
    if (focus) el.querySelector<SVGAElement>(`[data-pick="${CSS.escape(focus)}"]`)?.focus()
  }, [map.svg])
  const pick = (e: Event) => {
    const a = (e.target as Element).closest('[data-pick]')
    if (!a) return
    e.preventDefault()
    e.stopPropagation()
    setQuery({ sel: a.getAttribute('data-pick') })
  }
  if (map.error && map.svg === undefined) return <div class="body"><Failed what="The map could not be drawn." error={map.error} again={map.again} /></div>
  return <div class="scroll mapbox" tabIndex={0} role="region" aria-label="Topology map" aria-busy={map.svg === undefined} ref={box} onClick={pick} />
}

function Links({ t }: { t: Topology }) {
  if (!t.links.length) return <Empty>No link is known yet. Devices tell their neighbours by LLDP or CDP; others can be written under links in the inventory.</Empty>
  return (
    <Region label="Links">
      <table>
        <thead><tr><th scope="col">Link</th><th scope="col" class="lo">Known from</th><th scope="col">Confidence</th><th scope="col" class="num lo">Speed</th><th scope="col" class="num lo">Last seen</th></tr></thead>
        <tbody>
          {t.links.map((l) => (
            <tr key={l.id}>
              <td class="tall"><button type="button" class="aslink two" onClick={() => setQuery({ sel: `link:${l.id}`, view: null })}>{end(l.a, l.a_port)}</button><span class="two">{end(l.b, l.b_port)}</span></td>
              <td class="lo">{l.sources.join(', ')}</td>
              <td>{l.confidence.replace('_', ' ')}{l.stale && <span class="chip unknown">stale</span>}</td>
              <td class="num lo">{l.speed_bps ? bitRate(l.speed_bps) : '–'}</td>
              <td class="num lo">{l.last_seen ? day(l.last_seen) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {t.findings.length > 0 && <ul class="notes small">{t.findings.map((f) => <li>{f.words}</li>)}</ul>}
    </Region>
  )
}

const end = (node: string, port: string) => (port ? `${node} ${port}` : node).replace(/^stub:/, '')

function WhatIf({ of, site, on, singles, nodes }: { of: string | null; site: string | null; on: string | null; singles: SinglePoint[]; nodes: Topology | undefined }) {
  const impact = useApi<Impact>(of ? `impact?${params({ of, site, at: on })}` : null, ['inventory'], 60)
  const name = impact.data?.title ?? of?.replace(/^\w+:/, '') ?? 'something'
  const choose = (
    <Panel label="Pick another" button="Pick another…" cls="btn sm noprint" width={300}>
      {(close) => (
        <div class="menu">
          {singles.slice(0, 12).map((s) => <button type="button" aria-pressed={s.of === of} onClick={() => { setQuery({ sel: s.of }); close() }}>{s.name}<span class="mute"> {s.kind.replace('_', ' ')}</span></button>)}
          {nodes?.nodes.filter((n) => n.kind === 'device').slice(0, 40).map((n) => <button type="button" aria-pressed={`device:${n.id}` === of} onClick={() => { setQuery({ sel: `device:${n.id}` }); close() }}>{n.label}</button>)}
        </div>
      )}
    </Panel>
  )
  return (
    <Card title={`If ${name} fails`} span="c4" more={choose}>
      {!of ? <Empty>Choose a device or a link on the map to see who loses what with it.</Empty> : (
        <Load of={impact} what="What it would cost could not be read." rows={6}>{(i) => <Losses i={i} />}</Load>
      )}
    </Card>
  )
}

function Losses({ i }: { i: Impact }) {
  const departments = i.departments.map((x) => `${x.users > 0 ? `${count(x.users)} ` : ''}${x.department}`).join(', ')
  return (
    <div class="body whatif">
      <p class="vh" role="status">{i.words}</p>
      {i.devices + i.services.length > 0 ? (
        <ul class="imp2">
          {i.users > 0 && <li><b>{count(i.users)}</b><span>users lose the network<br /><span class="small mute">{departments || 'estimated from the users of their sites'}</span></span></li>}
          <li><b>{count(i.devices)}</b><span>{i.devices === 1 ? 'device' : 'devices'} cut off<br /><span class="small mute">{someOf(i.lost.map((l) => l.device))}</span></span></li>
          <li><b>{count(i.services.length)}</b><span>{i.services.length === 1 ? 'service' : 'services'} down<br /><span class="small mute">{someOf(i.services.map((s) => s.title))}</span></span></li>
        </ul>
      ) : <p class="sub">{i.words}</p>}
      {i.why.length > 0 && <><h3>Why it is alone</h3><p class="small sub">{i.why.join(' ')}</p></>}
      {i.mend.length > 0 && <><h3>What would mend it</h3><ol class="fix">{i.mend.map((m) => <li><b>{m.what}</b> {m.effect}</li>)}</ol></>}
      {i.groups.length > 0 && <><h3>Groups that lose a member</h3><p class="small sub">{someOf(i.groups.map((g) => `${g.title} (${classWords[g.class].toLowerCase()})`))}</p></>}
      <p class="small mute">{i.last_failed ? `Last failed ${instant(i.last_failed.from)}, ${durationShort(i.last_failed.seconds)}.` : i.kind === 'device' ? 'It did not fail in 90 days.' : ''}</p>
    </div>
  )
}

const someOf = (names: string[]) => (names.length > 5 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', '))

const tone: Record<Class, string> = { failed: 'failed', split_brain: 'failed', at_risk: 'risk', reduced: 'reduced', unknown: 'unknown', full: '' }

function Groups({ of, now }: { of: Loaded<Redundancy>; now: number }) {
  const d = of.data
  const more = d && `${count(d.counts.full)} full${d.counts.no_spare ? `, of which ${count(d.counts.no_spare)} have no spare by design` : ''}`
  return (
    <Card title="Groups" span="c12" more={more}>
      <Load of={of} what="The groups could not be read." rows={3} row={60}>
        {(r) => (r.groups.length === 0 ? (
          <Empty>No redundancy group is known yet. Bundles, power supplies and routers that stand in for each other are found by themselves; others are written under redundancy_groups in the inventory.</Empty>
        ) : (
          <div class="board">
            {board(r.groups).map((c) => (
              <div class="colm" key={c.class}>
                <h3><ClassWord c={c.class} /><span>{count(c.groups.length)}</span></h3>
                <ul>{c.groups.map((g) => <GroupCard g={g} now={now} />)}</ul>
              </div>
            ))}
          </div>
        ))}
      </Load>
    </Card>
  )
}

function ClassWord({ c }: { c: Class }) {
  if (c === 'failed' || c === 'split_brain') return <span class="st down"><Mark state="down" />{classWords[c]}</span>
  if (c === 'unknown') return <span class="st unknown"><Mark state="unknown" />{classWords[c]}</span>
  return <span class="st risk"><Shield />{classWords[c]}</span>
}

function GroupCard({ g, now }: { g: Group; now: number }) {
  return (
    <li class={tone[g.class]} title={g.words}>
      <span class="strong">{g.title}</span>
      <span class="small">{cardWords(g)}</span>
      {g.since && <span class="small mute">for {durationShort((now - Date.parse(g.since)) / 1000)}</span>}
    </li>
  )
}

function AfterLoss({ of }: { of: Loaded<Redundancy> }) {
  return (
    <Card title="After one failure (N-1)" span="c6" more="p95 of 30 days, together">
      <Load of={of} what="The loads could not be read." rows={5} row={52}>
        {(r) => (
          <>
            {r.n1.length === 0 ? <Empty>No group with a known load yet: loads are read from the counters of its members, and take a few minutes at the start.</Empty> : (
              <>
                <ul class="n1">{r.n1.map((n) => <Bar n={n} />)}</ul>
                <p class="foot2 small mute">Marks: limit {Math.round(r.n1[0]!.limit * 100)} %, capacity 100 %.{r.n1.some((n) => n.ends) && ' Date: when N-1 stops to hold at today’s growth.'}</p>
              </>
            )}
            {r.backups.length > 0 && <Backups list={r.backups} />}
          </>
        )}
      </Load>
    </Card>
  )
}

/** What stands by, and is not to be relied on. */
function Backups({ list }: { list: Backup[] }) {
  return (
    <div class="lostq">
      <h3>Backups not to rely on</h3>
      <ul class="small sub lostsites">{list.map((b) => <li key={`${b.group} ${b.member} ${b.kind}`}><span class="med">{b.title}</span> {b.words}.</li>)}</ul>
    </div>
  )
}

function Bar({ n }: { n: N1 }) {
  const b = bar(n)
  return (
    <li>
      <div class="row"><span class="med">{n.title}, {scenarioWords(n.worst)}</span><span class="sp" />
        {!n.holds ? <span class="st down"><Mark state="down" size={11} />fails now</span> : n.ends ? <span class="med">{day(n.ends)}</span> : <span class="mute">holds</span>}
      </div>
      <svg class="barsvg" viewBox="0 0 300 14" preserveAspectRatio="none" role="img" aria-label={`${b.text} of what is left, limit ${Math.round(n.limit * 100)} %`}>
        <rect class="bg" x="0" y="2" width="300" height="10" rx="2" />
        <rect class={`fg ${b.tone}`} x="0" y="2" width={b.width * 300} height="10" rx="2" />
        <rect class="lim" x={b.limit * 300} y="0" width="2" height="14" />
        <rect class="cap" x={b.full * 300} y="0" width="1" height="14" />
      </svg>
      <div class="row tiny mute"><span>{b.load}</span><span class="sp" /><span>{b.text}</span></div>
    </li>
  )
}

function Singles({ of, selected, site }: { of: Loaded<Redundancy>; selected: string | null; site: string | null }) {
  const csv = `/api/v1/reports/redundancy?${new URLSearchParams({ format: 'csv', table: 'singles', scope: site ? `site:${site}` : 'company' })}`
  return (
    <Card title="Single points of failure" span="c6" more={<a class="link" href={csv} download="single-points.csv">CSV</a>}>
      <Load of={of} what="The single points could not be read." rows={6} row={46}>
        {(r) => (
          <>
            {r.single_points.length === 0 ? <Empty>No single failure cuts anything off, as far as links are known.</Empty> : <SinglesTable list={r.single_points} selected={selected} />}
            <Lost w={r.without_redundancy} />
          </>
        )}
      </Load>
    </Card>
  )
}

function SinglesTable({ list, selected }: { list: SinglePoint[]; selected: string | null }) {
  const siteName = useSiteName()
  return (
    <Region label="Single points of failure">
      <table>
        <thead><tr><th scope="col">If this fails</th><th scope="col" class="lo">Site</th><th scope="col">Cuts off</th><th scope="col" class="num">Users</th><th scope="col" class="lo">Services</th></tr></thead>
        <tbody>
          {list.map((s) => (
            <tr key={s.of} class={s.of === selected ? 'sel' : ''}>
              <td class="tall"><a data-row class="two strong" href={`/redundancy?sel=${encodeURIComponent(s.of)}`} onClick={(e) => { e.preventDefault(); e.stopPropagation(); pickRow(s.of) }}>{s.name}</a><span class="two">{s.kind.replace('_', ' ')}{!s.certain && ', not certain'}</span></td>
              <td class="nw lo">{s.sites.map(siteName).join(', ')}</td>
              <td><span class="two nw">{plural(s.devices, 'device')}</span>{s.outside === s.devices && <span class="two">from the outside</span>}</td>
              <td class="num">{s.users > 0 ? count(s.users) : '–'}</td>
              <td class="sub lo">{s.services.length ? someOf(s.services) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Region>
  )
}

function pickRow(of: string) {
  const q = new URLSearchParams(location.search)
  q.set('sel', of)
  go(`${location.pathname}?${q}`)
}

function Lost({ w }: { w: Without }) {
  const siteName = useSiteName()
  const days = Math.round((Date.parse(w.to) - Date.parse(w.from)) / 86400_000)
  return (
    <div class="lostq">
      <h3>Time without redundancy, last {days} days</h3>
      <div class="row wrap g20">
        <span><b>{lasted(w.seconds)}</b><br /><span class="small mute">in {plural(w.losses, 'loss', 'losses')}</span></span>
        <span><b>{lasted(w.mttr_seconds)}</b><br /><span class="small mute">mean time to mend</span></span>
        <span><b>{count(w.noticed_by_outage)}</b><br /><span class="small mute">began as an outage</span></span>
        <span><b>{w.full_ratio === null ? '–' : `${(Math.floor(w.full_ratio * 10000) / 100).toFixed(2)} %`}</b><br /><span class="small mute">of group time full</span></span>
      </div>
      {w.sites.length > 0 && (
        <ul class="small sub lostsites">
          {w.sites.map((s) => (
            <li><span class="med">{siteName(s.site)}</span> {lasted(s.without_seconds)} without, {s.budget_left_seconds < 0 ? <span class="riskc">{lasted(-s.budget_left_seconds)} over its budget of {lasted(s.budget_seconds)}</span> : `${lasted(s.budget_left_seconds)} of its budget left`}</li>
          ))}
        </ul>
      )}
    </div>
  )
}
