// The shapes of the REST API, as collector/api writes them.

export type State = 'up' | 'degraded' | 'down' | 'unreachable' | 'unknown' | 'maintenance'
export type Tone = 'strong' | 'down' | 'degraded' | 'unknown' | 'up' | 'risk'
export interface Phrase { text: string; tone?: Tone }

export interface Session { user: { name: string; role: string }; demo: boolean; version: string; organisation: string }

export interface Day {
  date: string; up: number; degraded: number; down: number; unreachable: number; unknown: number; maintenance: number; not_in_service: number
}

export interface IncidentEvent { time: string; type: string; who: string; text: string }
export interface Incident {
  id: string; kind: string; severity: string; status: string; site: string; device: string; summary: string; cause: string
  started_at: string; started_at_uncertainty_seconds: number | null; detected_at: string | null; ended_at: string | null
  owner: string | null; acknowledged_at: string | null; demo?: boolean; events?: IncidentEvent[]
  impact?: string; hidden?: number; roots?: string[]; evidence?: string[]; problems?: Problem[]
}
export interface Problem { kind: string; site: string; device: string; object: string; summary: string; hidden: boolean; since: string; ended_at: string | null }

export interface Availability {
  percent: string | null; low: string | null; high: string | null; objective: string; unknown_seconds: number
  budget_seconds?: number; budget_left_seconds?: number
}

export interface Site {
  name: string; display_name: string; region: string; state: State; since: string | null
  availability: string | null; low: string | null; high: string | null
  budget_left_seconds: number | null; budget_seconds: number | null
  devices_up: number; devices: number; strip: Day[]; demo: boolean
}

export interface FirstRun { host: string; gateway: string; token_command_hint: string; steps: { label: string; done: boolean }[] }

export interface Overview {
  now: string; watermark: string | null; running_since: string; demo: boolean; answer: Phrase[]; first_run: FirstRun | null
  availability: Availability
  budget: { total_seconds: number; left_seconds: number; spent: { name: string; display_name: string; seconds: number }[] }
  devices: { total: number } & Record<State, number>
  incidents: { open: Incident[]; resolved_24h: Incident[] }
  sites: Site[]
  agents: { reporting: number; total: number }
}

export interface Device {
  name: string; display_name: string; site: string; address: string; role: string; state: State; since: string | null; why: string
  rtt_seconds: number | null; availability: string | null; demo: boolean; agent: string
}

export interface DeviceDetail extends Omit<Device, 'availability'> {
  answer: Phrase[]
  identity: {
    vendor: string; sys_object_id: string; sys_descr: string; location: string; contact: string; sys_name: string; uptime_seconds: number | null
  } | null
  interval_seconds: number; icmp_interval_seconds: number; agents: string[]; parents: string[]; parents_from?: 'inventory' | 'topology'
  availability: Availability | null
  strip: Day[]
  facts_at: string | null
}

export interface Interface {
  key: string; if_index: number; name: string; descr: string; alias: string; type: number | string; speed_bps: number | null
  admin_status: string; oper_status: string; mac: string; mtu: number | null
  in_bps: number | null; out_bps: number | null; in_p95_bps: number | null; out_p95_bps: number | null
  errors_ratio: number | null; last_seen: string | null
}

export interface Outage {
  from: string; to: string | null; raw_seconds: number; counted_seconds: number; cause: string; uncertainty_seconds: number | null; incident: string | null
  evidence?: string
}
/** Time of which nothing is known, and what is known all the same. */
export interface Gap { from: string; to: string; ongoing?: boolean; seconds: number; why: string; text: string }
export interface Period {
  period_seconds: number; up: number; degraded: number; down: number; unknown: number
  availability: string | null; availability_low: string | null; availability_high: string | null; verdict: string
  budget_seconds: number | null; budget_left_seconds: number | null; outages: Outage[]; gaps?: Gap[]; failures: number; as_of: string
}

export interface Agent {
  id: string; site: string; hostname: string; version: string; last_seen: string | null; watermark: string | null
  state: 'reporting' | 'silent' | 'never' | 'revoked'
  spool: { records: number; bytes: number } | null
  samples: { produced: number; acknowledged: number; queued: number; dropped: number } | null
  devices: number; not_after: string | null
  problems?: string[]
}

export interface Receiver { name: string; url?: string; format?: string; sites?: string[]; trouble?: string[] }
export interface Delivery {
  id: string; receiver: string; incident: string; type: string; status: string; attempts: number
  created_at: string; next_attempt_at: string | null; response_code: number | null; error: string; duration_ms: number | null
}
export interface JoinToken { token: string; expires_at: string; command: string }

export interface Page<T> { items: T[]; next_cursor?: string | null; total?: number }
