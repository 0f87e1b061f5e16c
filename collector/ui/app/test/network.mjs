// What Norvane Logistics runs and rents: circuits, services, assets, proposals, planned work, people, and a report.
import { iso, moment } from './fixtures.mjs'

const at = (hours) => iso(moment + hours * 3600e3)
const circuitRows = [
  // name, provider, device, interface, bandwidth, agreed, measured, low, down, unknown, verdict
  ['LX-48113', 'Nordlink', 'lis-edge-1', 'Te0/0/0', '1G', '99.9', '99.9512', '99.9512', 1260, 0, 'met'],
  ['MF-2201', 'Meridian', 'lis-edge-1', 'Te0/0/1', '500M', '99.5', '100.0000', '100.0000', 0, 0, 'met'],
  ['LX-48171', 'Nordlink', 'opo-edge-1', 'Te0/0/0', '1G', '99.9', '99.8211', '99.8203', 4440, 20, 'breached'],
  ['GD-9', 'Baltnet', 'gdn-edge-1', 'Te0/0/0', '200M', '99.9', null, null, 0, 2592000, 'no_data'],
]
const circuits = circuitRows.map(([name, provider, device, ifName, bandwidth, agreed]) => ({ name, provider, device, interface: ifName, bandwidth, contract: { availability: agreed, rtt: '20ms' }, target: '192.0.2.9', reference: `${provider} contract 2025`, source: 'apply' }))
const services = [
  { name: 'warehouse', display_name: 'Warehouse system, Porto', site: 'porto', needs: { all_of: ['device:opo-dist-1', { any_of: ['circuit:LX-48171', 'circuit:MF-2201'] }] }, objective: { availability: '99.9' }, owner: 'Logistics IT' },
  { name: 'mail', needs: { at_least: { count: 1, of: ['device:lis-server-1', 'device:lis-server-2'] } }, objective: { availability: '99.5' } },
]

function ledger(scope, objective, row) {
  const [, , , , , , measured, low, down, unknown, verdict] = row ?? [0, 0, 0, 0, 0, 0, '99.9703', '99.9112', 360, 720, 'met']
  return {
    scope, from: '2026-11-01T00:00:00Z', to: iso(moment), period_seconds: 1521120, agreed_seconds: 1521120, up: measured ? 1521120 - down - unknown : 0, degraded: 1560, down, unreachable: 0, unknown, maintenance: 7200, outside: 0, not_in_service: 0,
    availability: measured, availability_low: low, availability_high: measured && unknown ? '99.9704' : measured, objective, verdict, budget_seconds: 2592, budget_left_seconds: 2592 - down, outages: [], failures: down ? 3 : 0, mttr_seconds: down ? 120 : null,
    without_maintenance: { availability: '99.9231', verdict: 'met' },
  }
}
const lately = (scope, state) => ({ ...ledger(scope, null), up: state === 'up' ? 300 : 0, degraded: 0, down: state === 'down' ? 300 : 0, unknown: state === 'unknown' ? 300 : 0, maintenance: 0 })

function list(kind, p) {
  const names = kind === 'circuit' ? circuits.map((c) => c.name) : kind === 'service' ? services.map((s) => s.name) : []
  const short = p.get('from') && Date.parse(p.get('to')) - Date.parse(p.get('from')) <= 600e3
  const states = { 'LX-48171': 'down', 'GD-9': 'unknown', warehouse: 'down' }
  return names.map((n, i) => (short ? lately(`${kind}:${n}`, states[n] ?? 'up') : ledger(`${kind}:${n}`, kind === 'circuit' ? circuitRows[i][5] : services[i].objective.availability, kind === 'circuit' ? circuitRows[i] : undefined)))
}

const outages = [
  { device: 'opo-edge-1', from: '2026-11-08T10:41:07Z', to: '2026-11-08T10:45:12Z', raw_seconds: 245, counted_seconds: 245, cause: 'the far end did not answer', uncertainty_seconds: 1, incident: 'INC-2288', evidence: 'the device ran on through it; 12 GB passed the other line' },
  { device: 'opo-edge-1', from: '2026-11-17T19:58:30Z', to: null, raw_seconds: 4195, counted_seconds: 4195, cause: 'interface down', uncertainty_seconds: 0, incident: null },
]
const evidence = [{ target: '192.0.2.9', probe: 'icmp', agent: 'opo-agent-1', from: '2026-11-08T10:41:07Z', to: '2026-11-08T10:45:11Z', every_ms: 1000, result: 'lost' }, { target: 'opo-edge-1', probe: 'snmp', agent: 'opo-agent-1', from: '2026-11-17T19:58:30Z', to: '2026-11-17T21:08:25Z', every_ms: 30000, result: 'down', reason: 'ifOperStatus' }]

const asset = (device, part, parent, cls, name, model, serial, more = {}) => ({
  id: part ? `${device}/${part}/${serial}${model}` : device, device, site: 'lisbon', part, parent, class: cls, name, model, serial, manufacturer: 'Cisco', version: part ? '' : '17.12.4', first_seen: '2025-03-01T08:00:00.000Z', last_seen: at(-0.1), removed_at: null,
  owner: part ? '' : 'Network team', department: '', tag: part ? '' : 'NL-0412', purchased: '2022-01-10', warranty_until: part ? '' : '2026-12-31', end_of_life: '', end_of_sale: '', end_of_support: '', cost: '', ...more,
})
const assets = [
  asset('lis-core-1', '', '', 'device', 'lis-core-1', 'C9500-48Y4C', 'FCW2233A0B1'), asset('lis-core-1', '1', '', 'chassis', 'Chassis 1', 'C9500-48Y4C', 'FCW2233A0B1'),
  asset('lis-core-1', '10', '1', 'powerSupply', 'Power supply A', 'PWR-C1-1100', 'LIT22113344'), asset('lis-core-1', '11', '1', 'module', 'Slot 1', 'C9500-NM-8X', 'FOC22001122'),
  asset('lis-core-1', '12', '1', 'module', 'Slot 2', 'C9500-NM-2Q', 'FOC21998877', { removed_at: '2026-06-01T00:00:00.000Z' }),
  asset('lis-edge-1', '', '', 'device', 'lis-edge-1', 'C8500-12X', 'FXS2401Q0AB', { warranty_until: '2026-02-28' }),
]
const findings = [{ kind: 'asset_date', severity: 'warning', site: 'lisbon', device: 'lis-core-1', object: 'warranty', summary: 'the warranty of lis-core-1 ends on 2026-12-31', since: null }, { kind: 'software_off_policy', severity: 'minor', site: 'lisbon', device: 'lis-edge-1', object: 'C8500', summary: 'lis-edge-1 runs 17.12.4, which no policy allows', since: null }]

const proposals = [
  { id: 1, status: 'proposed', site: 'lisbon', address: '10.12.0.77', name: 'lis-acc-9', evidence: [{ via: 'lldp', device: 'lis-core-1', port: 'Te1/0/7' }, { via: 'cdp', device: 'lis-core-2', port: 'Te1/0/7' }], hints: { platform: 'Cisco IOS Software, C9200L', capabilities: ['bridge'], vendor: 'Cisco', model: 'C9200L-48P' }, first_seen: at(-30), last_seen: at(-0.1), decided_at: null, decided_by: '', device: '' },
  { id: 2, status: 'proposed', site: 'porto', address: '10.13.0.40', name: '', evidence: [{ via: 'scan' }], hints: { credential: 'porto-v3', profile: 'apc-ups' }, first_seen: at(-2), last_seen: at(-2), decided_at: null, decided_by: '', device: '' },
  { id: 3, status: 'approved', site: 'porto', address: '10.13.0.41', name: 'opo-ups-1', evidence: [{ via: 'scan' }], hints: {}, first_seen: at(-90), last_seen: at(-2), decided_at: at(-80), decided_by: 'M. Duarte', device: 'opo-ups-1' },
]
const maintenance = [
  { name: 'got-core-upgrade', scope: ['site:gothenburg'], from: at(-0.5), to: at(1.5), reason: 'core upgrade' }, { name: 'lis-ups', scope: ['device:lis-ups-1'], from: at(30), to: at(32), reason: 'battery' },
  { name: 'weekly-backup', scope: ['service:mail'], rrule: 'FREQ=WEEKLY;BYDAY=SU', duration: '2h', time_zone: 'Europe/Lisbon' }, { name: 'old', scope: ['site:oslo'], from: at(-900), to: at(-898), reason: 'power' },
]
const calendars = [{ name: 'warehouse-hours', time_zone: 'Europe/Lisbon', hours: [{ days: ['mon-sat'], from: '07:00', to: '20:00' }], holidays: ['2026-10-05'] }]
const all = [{ role: 'admin', sites: ['*'] }]
const users = [{ name: 'M. Duarte', roles: all, created_at: at(-9000) }, { name: 'R. Okafor', roles: [{ role: 'operator', sites: ['rotterdam', 'hamburg'] }], created_at: at(-400) }]
const tokens = [{ name: 'grafana', roles: [{ role: 'viewer', sites: ['*'] }], created_at: at(-4000), expires_at: at(4000), last_used_at: at(-1) }, { name: 'old-script', roles: all, created_at: at(-9000), expires_at: null, last_used_at: null }]
const audit = [{ id: 9, time: at(-1), who: 'M. Duarte', action: 'inventory.put', object: 'circuit LX-48171', detail: 'contract.availability 99.5 → 99.9' }, { id: 8, time: at(-2), who: 'rule porto', action: 'discovery.approve', object: 'proposal 3', detail: 'device opo-ups-1' }]

const days = Array.from({ length: 31 }, (_, i) => {
  const odd = { 8: ['bad', 245], 11: ['planned', 7200], 14: ['unknown', 720], 19: ['warn', 1560], 21: ['bad', 90], 29: ['bad', 25], 4: ['outside', 0] }[i + 1] ?? ['quiet', 0]
  return { date: `2026-10-${String(i + 1).padStart(2, '0')}`, tone: odd[0], seconds: odd[1], text: odd[1] ? `${odd[0]} for ${odd[1]} s` : 'up all day' }
})
const cell = (text, more = {}) => ({ text, value: text, ...more })
const report = (p) => ({
  report: {
    kind: 'sla', title: p.get('scope') === 'service:warehouse' ? 'Warehouse system, Porto' : 'Norvane Logistics', eyebrow: 'Service level report · October 2026', scope: p.get('scope'), as_of: iso(moment), revision: 2, period: { name: '2026-10', from: '2026-10-01T00:00:00Z', to: '2026-11-01T00:00:00Z', zone: 'Europe/Lisbon' },
    answer: [{ text: 'The 99.9 % objective was met.', tone: 'good' }, { text: ' 3 outages cost 6 min 00 s of a budget of 20 min 16 s. For 12 min 00 s nobody could look; had it been down all that time, the objective would still hold.' }],
    figures: [{ label: 'Availability', value: '99.9703 %', note: 'between 99.9112 and 99.9704 %, 12 min 00 s unknown', tone: 'strong' }, { label: 'Verdict at 99.9 %', value: 'Met', note: 'lower bound 99.9112 %', tone: 'good' }, { label: 'Budget left', value: '14 min 16 s', note: 'of 20 min 16 s', tone: 'strong' }, { label: 'Failures', value: '3', note: 'MTTR 2 min 00 s', tone: 'strong' }, { label: 'Trend', value: '−0.0122', note: 'points; 99.9825 % and 1 failure in the period before', tone: 'bad' }],
    sections: [
      { key: 'bounds', title: 'What is certain', scale: { point: '99.9703', low: '99.9112', high: '99.9704', limit: '99.9' } },
      { key: 'strips', title: 'Day by day, the 3 worst of 12', strips: [['porto', 'Porto distribution centre, north', '99.8211', 'bad'], ['lisbon', 'Lisbon', '99.9703', 'strong'], ['gdansk', 'Gdańsk', 'not known', 'mute']].map(([name, title, value, tone]) => ({ name, title, value, tone, days })) },
      { key: 'days', title: 'Day by day', days: { days }, table: { columns: [{ key: 'date', title: 'Day' }], rows: [[cell('2026-10-08')]] } },
      { key: 'outages', title: 'Outages', table: { columns: [{ key: 'from', title: 'Began' }, { key: 'counted_seconds', title: 'Counted', numeric: true }, { key: 'device', title: 'Device' }, { key: 'incident', title: 'Incident' }], rows: [[cell('Thu 8 Oct 10:41:07'), cell('4 min 05 s', { tone: 'strong' }), cell('opo-dist-1'), cell('INC-2288')], [cell('Wed 14 Oct 16:20:00'), cell('unknown', { tone: 'unknown' }), cell('opo-dist-1'), cell('')]] } },
      { key: 'budget', title: 'Budget burn-down', chart: { kind: 'steps', unit: 'min', x: ['1 Oct', '', '14', '', '31'], series: [{ name: 'left', tone: 'good', y: [20, 16, 16, 14, 14] }, { name: 'if unknown was down', tone: 'unknown', y: [20, 16, 4, 2, 2], high: [20, 16, 16, 14, 14] }] } },
      { key: 'months', title: 'Budget used, month by month', note: '11 of 12 met', chart: { kind: 'bars', unit: '%', x: ['Nov', 'Dec', 'Jan'], series: [{ name: 'used', tone: 'good', y: [9, 17, 2] }], limit: 100 } },
    ],
    method: [{ label: 'Calendar', text: 'Mon–Sat 07:00–20:00, Europe/Lisbon' }, { label: 'Formula', text: 'up ÷ (up + down)' }],
  },
  signature: { public_key: 'bW9jaw==' },
})

const quality = (bad) => ({ since: '2026-10-01T00:00:00.000Z', sent: 2678400, lost: bad ? 4102 : 211, loss_percent: bad ? '0.1532' : '0.0079', rtt_seconds: 0.01421, rtt_p50_seconds: 0.0138, rtt_p95_seconds: 0.0192, rtt_verdict: 'met', loss_verdict: bad ? 'breached' : 'met' })
const paged = (items) => ({ items, next_cursor: null, total: items.length })

/** The answer to a request, or null where it is about something else. changes notes what was changed. */
export function network(method, path, p, body, changes) {
  if (method !== 'GET') {
    if (!/^(discovery|maintenance|calendars|users|me|api-tokens)(\/|-|$)/.test(path)) return null
    if (path === 'me/password' && body.old !== 'old') return { status: 422, title: 'Unprocessable', detail: 'The old password is not right.' }
    changes.push({ method, path, body })
    return { status: 200, body: path === 'api-tokens' ? { token: 'nwt_bW9ja2Vk' } : {} }
  }
  const lists = { circuits, services, maintenance, calendars, users, 'api-tokens': tokens, audit, findings, 'discovery-rules': [{ name: 'printers', match: { platform: ['*printer*'] }, then: 'reject' }], credentials: [{ name: 'porto-v3' }, { name: 'lisbon' }] }
  if (lists[path]) return { status: 200, body: paged(lists[path].filter((x) => !p.get('site') || !x.site || x.site === p.get('site'))) }
  if (path === 'assets') return { status: 200, body: paged(assets.filter((a) => (p.get('removed') || !a.removed_at) && JSON.stringify(a).toLowerCase().includes((p.get('q') ?? '').toLowerCase()))) }
  if (path === 'discovery/scans') return { status: 200, body: paged([{ id: 1, site: 'porto', state: 'running', problem: '', ranges: ['10.20.0.0/24'], credentials: ['porto-v3'], port: 0, rate: 0, done: 120, all: 254, answering: 7, agent: 'a1', asked_at: at(-1), asked_by: 'M. Duarte', reported_at: at(-1) }]) }
  if (path === 'discovery') return { status: 200, body: paged(proposals.filter((x) => !p.get('status') || x.status === p.get('status'))) }
  if (path === 'availability/list') return { status: 200, body: paged(list(p.get('kind'), p).map((l, i) => (p.get('quality') ? { ...l, quality: i % 3 ? quality(i === 2) : null } : l))) }
  if (path === 'availability/providers') return { status: 200, body: paged([{ ...ledger('provider:Nordlink', '99.9', circuitRows[2]), quality: quality(true) }, ledger('provider:Meridian', '99.5', circuitRows[1])]) }
  if (path === 'availability/claim') {
    const row = circuitRows.find((r) => r[0] === p.get('circuit'))
    if (!row) return { status: 404, title: 'No such circuit', detail: `There is no circuit called ${p.get('circuit')}.` }
    return { status: 200, body: { circuit: row[0], provider: row[1], reference: 'contract 2025', bandwidth: row[4], device: row[2], interface: row[3], target: '192.0.2.9', contract: { availability: row[5], rtt_seconds: '0.02', loss_percent: '0.1' }, quality: quality(row[8]), availability: { ...ledger(`circuit:${row[0]}`, row[5], row), outages: row[8] ? outages : [] }, owed_seconds: row[10] === 'breached' ? 1848 : 0, evidence: row[8] ? evidence : [], evidence_cut: false } }
  }
  if (path === 'availability' && !/^device:/.test(p.get('scope') ?? '')) return { status: 200, body: ledger(p.get('scope'), p.get('objective')) }
  if (path === 'reports/sla') return { status: 200, body: report(p) }
  if (path === 'reports/key') return { status: 200, body: { algorithm: 'ed25519', public_key: 'bW9jayBwdWJsaWMga2V5IG9mIHRoaXMgY29sbGVjdG9y', fingerprint: '4a7d 1ed4 14f1' } }
  if (/^devices\/[^/]+\/facts$/.test(path)) return { status: 200, body: { at: p.get('at'), components: p.get('at') < '2025-03' ? [] : [{ class: 'module', name: 'Slot 2', model: 'C9500-NM-2Q', serial: 'FOC21998877' }] } }
  return null
}
