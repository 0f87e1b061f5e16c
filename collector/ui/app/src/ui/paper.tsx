// A report on the page, as it prints.
import type { ComponentChildren } from 'preact'
import { dayHeight, stripWords, type Cell, type Report, type ReportChart, type ReportDay, type ReportSection, type ReportStrip, type ReportTable, type ReportTone } from '../lib/report'
import { href } from '../lib/router'
import { roundStep, ticksBetween } from '../lib/scale'
import { instant } from '../lib/time'
import { Demo } from './state'
import { Region } from './table'

const ink: Partial<Record<ReportTone, string>> = { strong: 'strong', mute: 'mute', good: 'st up', bad: 'st down', warn: 'st degraded', risk: 'st risk', unknown: 'st unknown', planned: 'st maint' }
const fill: Record<ReportTone, string> = {
  '': 'var(--d-line)', strong: 'var(--ink)', mute: 'var(--ink-3)', good: 'var(--up)', bad: 'var(--down)', warn: 'var(--degraded)', risk: 'var(--risk)', unknown: 'url(#hatch)',
  planned: 'var(--maint)', outside: 'var(--surface-3)', quiet: 'var(--up-quiet)', accent: 'var(--d-in)', unreach: 'var(--unreach)', expected: 'var(--d-line)',
}
const dayClass: Partial<Record<ReportTone, string>> = { bad: 'd', unreach: 'd', unknown: 'k', warn: 'g', planned: 'm', outside: 'z' }

/** children stand under the figures: what a page adds to what the report says. */
export function Paper({ report, children }: { report: Report; children?: ComponentChildren }) {
  const sections = report.sections.filter((s) => !(children && s.scale)) // the page has a scale of its own
  const half = sections.filter((s) => s.chart && s.chart.kind !== 'lines')
  return (
    <article class="card paper">
      <header class="ph">
        <div><p class="eyebrow">{report.eyebrow}{report.revision > 0 && ` · revision ${report.revision}`}<Demo on={report.demo} /></p><h1>{report.title}</h1></div>
        <div class="tiny mute asof">as of {instant(report.as_of)}</div>
      </header>
      <p class="answer">{report.answer.map((a) => (a.tone ? <b class={a.tone === 'bad' ? 'bad' : a.tone === 'warn' ? 'warnc' : a.tone === 'risk' ? 'riskc' : ''}>{a.text}</b> : a.text))}</p>
      {report.figures.length > 0 && (
        <div class="kpis">{report.figures.map((f) => (
          <div key={f.label}><h2>{f.label}</h2><div class="big"><span class={ink[f.tone ?? ''] ?? ''}>{f.value}</span></div>{f.note && <p class="small sub">{f.note}</p>}</div>
        ))}</div>
      )}
      {children}
      {sections.filter((s) => !half.includes(s)).map((s) => <Section key={s.key} section={s} />)}
      {half.length > 0 && <div class="two-col">{half.map((s) => <Section key={s.key} section={s} />)}</div>}
      <section class="acct"><h2>How this was counted</h2><dl class="kv">{report.method.map((m) => (<><dt>{m.label}</dt><dd>{m.text}</dd></>))}</dl></section>
    </article>
  )
}

function Section({ section: s }: { section: ReportSection }) {
  return (
    <section id={s.key} class={s.detail ? 'detail' : ''}>
      <h2>{s.title}</h2>
      {s.note && <p class="small sub">{s.note}</p>}
      {s.strips && <Strips strips={s.strips} />}
      {s.days && <Days days={s.days.days} />}
      {s.chart && <Chart chart={s.chart} title={s.title} />}
      {s.table && !(s.days && !s.table.rows?.length) && <Cells table={s.table} title={s.title} fold={!!s.days} />}
    </section>
  )
}

/** The days of several targets, a row for each. */
function Strips({ strips }: { strips: ReportStrip[] }) {
  return (
    <ul class="strips">
      {strips.map((s) => (
        <li key={s.name}>
          <span class="strong cut" title={s.title}>{s.title}</span>
          <span class="cells" role="img" aria-label={stripWords(s)} style={`grid-template-columns:repeat(${s.days.length},1fr)`}>
            {s.days.map((d) => <i class={dayClass[d.tone] ?? 'q'} title={`${d.date}: ${d.text}`} />)}
          </span>
          <span class={`num ${ink[s.tone ?? ''] ?? ''}`}>{s.value}{/^\d/.test(s.value) && ' %'}</span>
        </li>
      ))}
    </ul>
  )
}

function Days({ days }: { days: ReportDay[] }) {
  const every = 1 + Math.floor(days.length / 32)
  return (
    <>
      <ol class="days" style={`grid-template-columns:repeat(${days.length},1fr)`}>
        {days.map((d, i) => (
          <li class={`dc ${dayClass[d.tone] ?? 'q'}`} title={`${d.date}: ${d.text}`}>
            <span>{i % every === 0 ? Number(d.date.slice(8)) : ''}</span><i style={`height:${dayHeight(d)}%`} /><b class="vh">{d.text}</b>
          </li>
        ))}
      </ol>
      <p class="legend">
        <span><i style="background:var(--up-quiet)" />up</span><span><i style="background:var(--down)" />down</span><span><i style="background:var(--degraded)" />degraded, counts as up</span>
        <span><i style="background:var(--hatch)" />unknown</span><span><i style="background:var(--maint)" />planned work</span>
        <span><i style="background:var(--surface-3);box-shadow:inset 0 0 0 1px var(--line-2)" />outside agreed hours</span><span class="mute">height: log of the time lost</span>
      </p>
    </>
  )
}

function Cells({ table, title, fold }: { table: ReportTable; title: string; fold: boolean }) {
  if (!table.rows?.length) return <p class="small sub">{table.empty}</p>
  const body = (
    <Region label={title}>
      <table>
        <thead><tr>{table.columns.map((c) => <th scope="col" class={c.numeric ? 'num' : ''}>{c.title}</th>)}</tr></thead>
        <tbody>{table.rows.map((r) => <tr>{r.map((c, i) => <td class={table.columns[i]?.numeric ? 'num' : ''}><Words cell={c} column={table.columns[i]?.key ?? ''} /></td>)}</tr>)}</tbody>
      </table>
    </Region>
  )
  return fold ? <details><summary class="small sub">In numbers</summary>{body}</details> : body
}

function Words({ cell, column }: { cell: Cell; column: string }) {
  const text = cell.tone ? <span class={ink[cell.tone] ?? ''}>{cell.text}</span> : cell.text
  const to = column === 'incident' && cell.text ? `/incidents/${cell.text}` : column === 'device' && cell.text ? `/devices/${encodeURIComponent(cell.text)}` : null
  return <>{to ? <a class="u" href={href(to)}>{text}</a> : text}{cell.note && <span class="two tiny mute">{cell.note}</span>}</>
}

const width = 440, height = 170, left = 58, foot = 22

/** Lines, steps or bars over one axis; the table or the figures beside it say the same in numbers. */
function Chart({ chart, title }: { chart: ReportChart; title: string }) {
  const all = chart.series.flatMap((s) => [...s.y, ...(s.high ?? [])]).concat(chart.limit ?? null).filter((v): v is number => v !== null)
  const low = Math.min(0, ...all), top = Math.max(...all, low + 1)
  const step = roundStep((top - low) / 4)
  const high = Math.ceil(top / step) * step
  const y = (v: number) => 8 + (height - foot - 8) * (1 - (v - low) / (high - low))
  const n = chart.x.length
  const x = (i: number) => left + (width - left - 8) * (chart.kind === 'bars' ? (i + 0.5) / n : i / Math.max(n - 1, 1))
  const every = 1 + Math.floor(n / 8)
  return (
    <figure class="plot">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={title}>
        {ticksBetween(low, high, step).map((v) => (<><line x1={left} x2={width - 8} y1={y(v)} y2={y(v)} stroke="var(--grid)" /><text x={left - 6} y={y(v) + 3.5} text-anchor="end">{+v.toPrecision(6)} {chart.unit}</text></>))}
        {chart.x.map((t, i) => i % every === 0 && t && <text x={x(i)} y={height - 6} text-anchor="middle">{t}</text>)}
        {chart.series.map((s) => <Shape key={s.name} kind={chart.kind} series={s} x={x} y={y} bar={((width - left - 8) / n) * 0.7} />)}
        {chart.limit !== undefined && <line x1={left} x2={width - 8} y1={y(chart.limit)} y2={y(chart.limit)} stroke="var(--ink)" stroke-width="1.5" stroke-dasharray="4 3" />}
      </svg>
      <figcaption class="legend">{chart.series.map((s) => <span><i style={`background:${s.tone === 'unknown' ? 'var(--hatch)' : fill[s.tone]}`} />{s.name}</span>)}</figcaption>
    </figure>
  )
}

function Shape({ kind, series: s, x, y, bar }: { kind: ReportChart['kind']; series: ReportChart['series'][number]; x: (i: number) => number; y: (v: number) => number; bar: number }) {
  if (kind === 'bars') {
    return <>{s.y.map((v, i) => v !== null && <rect x={x(i) - bar / 2} y={Math.min(y(v), y(0))} width={bar} height={Math.abs(y(0) - y(v))} fill={fill[s.tone]} />)}</>
  }
  const path = (values: (number | null)[]) => values.flatMap((v, i) => {
    if (v === null) return []
    const before = i > 0 ? values[i - 1] : null
    return kind === 'steps' && before !== null && before !== undefined ? [[x(i), y(before)], [x(i), y(v)]] : [[x(i), y(v)]]
  })
  const points = (p: number[][]) => p.map(([a, b]) => `${a!.toFixed(1)},${b!.toFixed(1)}`).join(' ')
  if (s.high) return <polygon points={points([...path(s.y), ...path(s.high).reverse()])} fill={fill[s.tone]} opacity={s.tone === 'unknown' ? 1 : 0.2} />
  return <polyline points={points(path(s.y))} fill="none" stroke={fill[s.tone]} stroke-width="1.8" />
}
