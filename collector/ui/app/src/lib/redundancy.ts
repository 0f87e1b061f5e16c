// The shapes of redundancy as the REST API writes them, and what the page makes of them.
import { bitRate, durationShort } from './format'
import type { Phrase } from './types'

export type Class = 'full' | 'reduced' | 'at_risk' | 'split_brain' | 'failed' | 'unknown'
export interface Group {
  name: string; title: string; kind: string; source: string; class: Class; worst: Class; best: Class; since: string | null
  needed: number; designed: number; redundant: boolean; words: string; sites: string[]; devices: string[]; users: number; read: string | null
  members: { name: string; state: string; capacity_bps: number | null }[]
}
export interface Scenario { scenario: string; utilization: number | null; fits: boolean }
export interface N1 {
  group: string; title: string; load_bps: number; now: number; worst: Scenario; capacity_bps: number; limit: number; holds: boolean; ends: string | null; scenarios: Scenario[]
}
export interface Backup { group: string; title: string; member: string; kind: string; sites: string[]; words: string }
export interface SinglePoint {
  of: string; kind: string; name: string; sites: string[]; devices: number; users: number; outside: number; services: string[]; certain: boolean; words: string
}
export interface Without {
  from: string; to: string; seconds: number; losses: number; mttr_seconds: number | null; noticed_by_outage: number; full_ratio: number | null
  sites: { site: string; without_seconds: number; known_seconds: number; target: number; budget_seconds: number; budget_left_seconds: number }[]
}
export interface Redundancy {
  as_of: string; answer: Phrase[]; groups: Group[]; n1: N1[]; backups: Backup[]; single_points: SinglePoint[]; without_redundancy: Without; nodes: number; oldest: string | null
  counts: Record<Class | 'no_spare', number>
}
export interface TopologyNode { id: string; kind: string; label: string; site: string; state: string; users: number; seen: string | null; age_seconds: number | null; quiet: string }
export interface TopologyLink {
  id: string; a: string; a_port: string; b: string; b_port: string; sources: string[]; confidence: string; last_seen: string | null; stale: boolean; speed_bps: number | null
}
export interface Topology { as_of: string; nodes: TopologyNode[]; links: TopologyLink[]; findings: { kind: string; words: string }[]; one_sided: number; quiet: string[]; oldest: string | null; words: string }
export interface Impact {
  of: string; title: string; kind: string; sites: string[]; devices: number; users: number; certain: boolean; words: string
  lost: { device: string; site: string; department: string; core: boolean; outside: boolean }[]
  departments: { department: string; devices: number; users: number }[]
  services: { name: string; title: string }[]; groups: Group[]; why: string[]; mend: { what: string; effect: string }[]
  last_failed: { from: string; seconds: number } | null
}

export const classWords: Record<Class, string> = { full: 'Full', reduced: 'Reduced', at_risk: 'At risk', split_brain: 'Split brain', failed: 'Failed', unknown: 'Unknown' }

/** The columns of the board, the worst first; a column without groups is left out but for those that are always asked for. */
export function board(groups: Group[]): { class: Class; groups: Group[] }[] {
  const order: Class[] = ['failed', 'split_brain', 'at_risk', 'reduced', 'unknown']
  return order.map((c) => ({ class: c, groups: groups.filter((g) => g.class === c) })).filter((c) => c.groups.length > 0 || c.class !== 'split_brain')
}

/** How the count of members is said on a card. */
export function cardWords(g: Group): string {
  const users = g.users > 0 ? ` · ${g.users} user${g.users === 1 ? '' : 's'}` : ''
  if (g.kind === 'fhrp') return g.words + users
  const up = g.members.filter((m) => m.state === 'up').length
  const unknown = g.members.filter((m) => m.state === 'unknown').length
  return `${unknown ? `${up}–${up + unknown}` : up} of ${g.designed}, min ${g.needed}${users}`
}

/** The scenario of an outcome in words: loss of WAN-A. */
export function scenarioWords(s: Scenario): string {
  const [, name] = /^(?:member|srlg):(.*)$/s.exec(s.scenario) ?? []
  return name ? `loss of ${name}` : 'today'
}

/** The bar of a load after a loss: its length and the marks, as shares of the bar's width. */
export function bar(n: N1): { width: number; limit: number; full: number; tone: '' | 'warn' | 'bad'; text: string; load: string } {
  const end = 1.5
  const u = n.worst.utilization
  const tone = !n.holds ? 'bad' : u !== null && u > n.limit * 0.9 ? 'warn' : ''
  return {
    width: Math.min(1, (u ?? end) / end), limit: n.limit / end, full: 1 / end, tone,
    text: u === null ? 'nothing left' : `${Math.round(u * 100)}\u202f%`,
    load: n.capacity_bps > 0 ? `${bitRate(n.load_bps)} on ${bitRate(n.capacity_bps)}` : bitRate(n.load_bps),
  }
}

export const lasted = (seconds: number | null): string => (seconds === null ? '–' : durationShort(seconds))
