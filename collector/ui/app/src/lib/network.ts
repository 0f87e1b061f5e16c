// What the inventory, the ledger and discovery answer, and what pages make of it in words.
import { availability, duration, durationShort, plural } from './format'
import { dayMonth } from './time'
import type { Page, Phrase, State } from './types'

/** An answer of the ledger about a scope and a period. */
export interface Ledger {
  scope: string; from: string; to: string; period_seconds: number; agreed_seconds: number
  up: number; degraded: number; down: number; unreachable: number; unknown: number; maintenance: number; outside: number; not_in_service: number
  availability: string | null; availability_low: string | null; availability_high: string | null; objective: string | null; verdict: string | null
  budget_seconds: number | null; budget_left_seconds: number | null
  outages: LedgerOutage[]; failures: number; mttr_seconds: number | null; composition?: string
  without_maintenance?: { availability: string | null; verdict: string | null }
  quality?: Quality | null
}
export interface LedgerOutage {
  device: string; from: string; to: string | null; raw_seconds: number; counted_seconds: number; cause: string; uncertainty_seconds: number | null; incident: string | null; evidence?: string
}

export interface Contract { availability?: string; rtt?: string; loss?: string; calendar?: string }
export interface Circuit {
  name: string; display_name?: string; provider?: string; site?: string; device?: string; interface?: string; bandwidth?: string | number
  contract?: Contract; target?: string; cost?: string; reference?: string
}
export interface Evidence { target: string; probe: string; agent: string; from: string; to: string; every_ms: number; result: string; reason?: string }
/** What was measured to the far end of a circuit, in agreed time, while it was available. */
export interface Quality {
  since: string; sent: number; lost: number; loss_percent: string; rtt_seconds: number | null; rtt_p50_seconds: number | null; rtt_p95_seconds: number | null
  rtt_verdict?: string; loss_verdict?: string
}
export interface Claim {
  circuit: string; provider: string; reference?: string; bandwidth?: string; device?: string; interface?: string; target?: string
  contract: { availability?: string; rtt_seconds?: string; loss_percent?: string; calendar?: string }
  quality?: Quality | null
  availability: Ledger; owed_seconds: number; evidence: Evidence[] | null; evidence_cut: boolean
}

export type Needs = string | { any_of?: Needs[]; all_of?: Needs[]; at_least?: { count: number; of: Needs[] } }
export interface Service { name: string; display_name?: string; site?: string; needs?: Needs; objective?: { availability?: string; window?: string; calendar?: string }; owner?: string }

export interface Maintenance {
  name: string; scope?: string[] | string; from?: string; to?: string; rrule?: string; duration?: string; time_zone?: string; ical?: string; reason?: string
}
export interface Calendar { name: string; time_zone?: string; hours?: { days?: string[] | string; from?: string; to?: string }[]; holidays?: string[] | string }

export interface Sighting { via: string; device?: string; port?: string; text?: string }
export interface Proposal {
  id: number; status: 'proposed' | 'approved' | 'rejected'; site: string; address: string; name: string; evidence: Sighting[]
  hints: { platform?: string; capabilities?: string[]; credential?: string; vendor?: string; model?: string; profile?: string }
  first_seen: string; last_seen: string; decided_at: string | null; decided_by: string; device: string
}

export interface Asset {
  id: string; device: string; site: string; part: string; parent: string; class: string; name: string; model: string; serial: string
  manufacturer: string; version: string; first_seen: string | null; last_seen: string | null; removed_at: string | null
  owner: string; department: string; tag: string; purchased: string; warranty_until: string; end_of_life: string; end_of_sale: string; end_of_support: string; cost: string
}
export interface Finding { kind: string; severity: string; site: string; device: string; object: string; summary: string; since: string | null }

export const texts = (v: string[] | string | undefined): string[] => (v === undefined ? [] : Array.isArray(v) ? v : [v])

/** How it stood in a short time up to now: the worst of it, but planned work before all. */
export function stateNow(l: Ledger | undefined): State {
  if (!l) return 'unknown'
  if (l.maintenance > 0) return 'maintenance'
  if (l.down > 0) return 'down'
  if (l.unreachable > 0) return 'unreachable'
  if (l.degraded > 0) return 'degraded'
  return l.up > 0 ? 'up' : 'unknown'
}

/** scope → answer, without the kind. */
export const byScope = (p: Page<Ledger> | undefined): Map<string, Ledger> => new Map((p?.items ?? []).map((l) => [l.scope.slice(l.scope.indexOf(':') + 1), l]))

export const verdictWords: Record<string, string> = { met: 'Met', breached: 'Missed', undetermined: 'Open', no_data: 'No data' }

/** Which of several things do not work now, and which missed what was agreed. */
export function standing(noun: string, nouns: string, list: { name: string; state: State; verdict: string | null }[], promise: string): Phrase[] {
  const bad = list.filter((x) => x.state === 'down' || x.state === 'unreachable')
  const blind = list.filter((x) => x.state === 'unknown')
  const missed = list.filter((x) => x.verdict === 'breached')
  const out: Phrase[] = []
  if (bad.length) {
    out.push({ text: bad.length === 1 ? `${bad[0]!.name} does not work now` : `${bad.length} of ${plural(list.length, noun, nouns)} do not work now`, tone: 'down' }, { text: '.' })
  } else if (blind.length === list.length) {
    out.push({ text: `Nobody can tell whether ${list.length === 1 ? `the ${noun} works` : `the ${list.length} ${nouns} work`}.`, tone: 'unknown' })
  } else {
    out.push({ text: list.length === 1 ? `The one ${noun} works.` : blind.length ? `${list.length - blind.length} of ${plural(list.length, noun, nouns)} work; ${blind.length} not known.` : `All ${list.length} ${nouns} work.`, tone: 'strong' })
  }
  if (missed.length) out.push({ text: ` ${missed.length === 1 ? missed[0]!.name : plural(missed.length, noun, nouns)} ` }, { text: `missed ${promise}`, tone: 'degraded' }, { text: '.' })
  else if (list.some((x) => x.verdict === 'met')) out.push({ text: ` None missed ${promise}.` })
  return out
}

/** A claim in one sentence. */
export function claimAnswer(c: Claim): Phrase[] {
  return [...claimUptime(c), ...claimQuality(c)]
}

function claimUptime(c: Claim): Phrase[] {
  const l = c.availability
  const got = availability(l.availability)
  const agreed = c.contract.availability
  if (!agreed) return [{ text: l.availability ? `${got} available.` : 'Nobody looked in this time.', tone: 'strong' }, { text: c.contract.rtt_seconds || c.contract.loss_percent ? ' No availability is agreed.' : ' No contract is written down, so there is nothing to claim.' }]
  if (l.verdict === 'breached') return [{ text: `${c.provider || 'The provider'} kept ${got} of ${agreed} %`, tone: 'down' }, { text: `: ${duration(c.owed_seconds)} more down time than the contract allows.` }]
  if (l.verdict === 'met') return [{ text: `The contract of ${agreed} % was kept: ${got}.`, tone: 'strong' }, { text: l.failures ? ` ${plural(l.failures, 'outage')}, ${duration(l.down)} in sum.` : ' There was no outage.' }]
  return [{ text: `Whether ${agreed} % was kept cannot be said.`, tone: 'unknown' }, { text: ` Nobody could look for ${duration(l.unknown)}.` }]
}

/** Delay and loss, where more was measured than was promised. */
function claimQuality(c: Claim): Phrase[] {
  const q = c.quality
  const over = [
    q?.rtt_verdict === 'breached' && `the round trip took ${milliseconds(q.rtt_seconds)} in the mean, of ${milliseconds(Number(c.contract.rtt_seconds))} agreed`,
    q?.loss_verdict === 'breached' && `${q.loss_percent} % was lost, of ${c.contract.loss_percent} % agreed`,
  ].filter(Boolean).join('; ')
  return over ? [{ text: ` ${over[0]!.toUpperCase()}${over.slice(1)}.`, tone: 'down' }] : []
}

export const milliseconds = (s: number | null) => (s === null ? '–' : `${+(s * 1000).toPrecision(3)} ms`)

export function needsWords(n: Needs | undefined): string {
  if (n === undefined) return ''
  if (typeof n === 'string') return n
  if (n.any_of) return `any of (${n.any_of.map(needsWords).join(', ')})`
  if (n.all_of) return `all of (${n.all_of.map(needsWords).join(', ')})`
  if (n.at_least) return `at least ${n.at_least.count} of (${(n.at_least.of ?? []).map(needsWords).join(', ')})`
  return ''
}

/** What waits for a decision. */
export function discoveryAnswer(open: Proposal[], all: number): Phrase[] {
  if (!open.length) return [{ text: 'Nothing waits for a decision.', tone: 'strong' }, { text: all ? '' : ' What devices see next to them, and what a scan finds, appears here.' }]
  const seen = open.filter((p) => p.evidence.some((e) => e.device)).length
  const head = open.length === 1 ? `${open[0]!.name || open[0]!.address} might be a device` : `${open.length} might be devices`
  return [{ text: head, tone: 'strong' }, { text: seen ? `: ${seen === open.length ? (seen === 1 ? 'a watched device sees it' : 'watched devices see them') : `watched devices see ${seen} of them`}.` : ', found by a scan.' }]
}

export function sightingWords(s: Sighting): string {
  const how = { lldp: 'LLDP', cdp: 'CDP', arp: 'ARP', scan: 'scan' }[s.via] ?? s.via
  if (!s.device) return how
  return `${how} of ${s.device}${s.port ? `, ${s.port}` : ''}`
}

/** What there is, and what soon needs money. */
export function inventoryAnswer(total: number, serials: number, findings: Finding[]): Phrase[] {
  if (!total) return [{ text: 'Nothing is in the inventory yet.', tone: 'strong' }, { text: ' Devices that speak SNMP fill it by themselves.' }]
  const out: Phrase[] = [{ text: plural(total, 'asset'), tone: 'strong' }, { text: `${serials < total ? `, ${serials} of those shown with a serial number` : ''}; ` }]
  if (!findings.length) return [...out, { text: 'no date comes within 90 days.' }]
  return [...out, { text: plural(findings.length, 'finding'), tone: 'degraded' }, { text: `: ${findings[0]!.summary}${findings.length > 1 ? ', and more' : ''}.` }]
}

/** Parts below what they are in: depth first, each with its depth. Parts of a parent that is not there stand below the device. */
export function assetTree(list: Asset[]): { asset: Asset; depth: number }[] {
  const out: { asset: Asset; depth: number }[] = []
  const devices = [...new Set(list.map((a) => a.device))]
  for (const d of devices) {
    const own = list.filter((a) => a.device === d)
    const keys = new Set(own.map((a) => a.part))
    const below = new Map<string, Asset[]>()
    for (const a of own) {
      if (a.part === '') continue
      const p = keys.has(a.parent) && a.parent !== a.part ? a.parent : ''
      below.set(p, [...(below.get(p) ?? []), a])
    }
    const done = new Set<Asset>()
    const walk = (a: Asset, depth: number) => {
      if (done.has(a)) return
      done.add(a)
      out.push({ asset: a, depth })
      for (const x of below.get(a.part) ?? []) walk(x, depth + 1)
    }
    for (const a of own) if (a.part === '') walk(a, 0)
    for (const a of below.get('') ?? []) walk(a, keys.has('') ? 1 : 0)
    for (const a of own) walk(a, 1) // in a circle
  }
  return out
}

/** The nearest of an asset's dates that has passed or comes within a year. */
export function nextDate(a: Asset, now: number): { what: string; date: string; past: boolean } | null {
  const all = [['warranty until', a.warranty_until], ['end of support', a.end_of_support], ['end of life', a.end_of_life], ['end of sale', a.end_of_sale]] as const
  const dated = all.filter(([, d]) => d && Date.parse(d) < now + 365 * 86400_000).sort((x, y) => x[1].localeCompare(y[1]))
  const first = dated[0]
  return first ? { what: first[0], date: first[1], past: Date.parse(first[1]) < now } : null
}

export type WindowState = 'now' | 'next' | 'past' | 'repeats' | 'calendar'
/** Whether a window of planned work runs, comes, is over, or comes again and again. */
export function windowState(m: Maintenance, now: number): WindowState {
  if (m.ical) return 'calendar'
  if (m.rrule) return 'repeats'
  const from = m.from ? Date.parse(m.from) : -Infinity
  const to = m.to ? Date.parse(m.to) : Infinity
  return now < from ? 'next' : now < to ? 'now' : 'past'
}

export function maintenanceAnswer(list: Maintenance[], now: number): Phrase[] {
  if (!list.length) return [{ text: 'No work is planned.', tone: 'strong' }, { text: ' Time in a window does not count against anybody, and holds alerts back.' }]
  const running = list.filter((m) => windowState(m, now) === 'now')
  const next = list.filter((m) => windowState(m, now) === 'next').sort((a, b) => Date.parse(a.from!) - Date.parse(b.from!))
  const out: Phrase[] = running.length
    ? [{ text: running.length === 1 ? `${running[0]!.name} runs now` : `${running.length} windows of planned work run now`, tone: 'strong' }, { text: running.length === 1 && running[0]!.to ? `, for ${durationShort((Date.parse(running[0]!.to) - now) / 1000)} more.` : '.' }]
    : [{ text: 'No planned work runs now', tone: 'strong' }, { text: '.' }]
  if (next.length) out.push({ text: ` Next: ${next[0]!.name}, ${dayMonth(next[0]!.from!)}.` })
  return out
}

/** A window that began before now needs a reason. The sentence says what is wrong, or is empty. */
export function windowFault(from: Date | null, to: Date | null, reason: string, now: number): string {
  if (!from || !to) return 'Write both times as 2026-11-25 22:00.'
  if (to <= from) return 'The end has to lie after the beginning.'
  if (from.getTime() < now && !reason.trim()) return 'It began before now: say why, for reports show it as entered afterwards.'
  return ''
}

/** lisbon, porto (operator); all sites (admin) */
export function roleWords(roles: { role: string; sites: string[] | string }[]): string {
  return roles.map((r) => `${r.role} of ${texts(r.sites).includes('*') ? 'all sites' : texts(r.sites).join(', ')}`).join('; ') || 'no role'
}
