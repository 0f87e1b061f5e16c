// The company of the mock-ups, Norvane Logistics, at one moment, in the shapes of the REST API. Never part of the bundle.
export const moment = Date.parse('2026-11-18T14:32:00Z')
const DAY = 86400

export function random(seed) {
  let s = seed | 0
  return () => {
    s = (s + 0x6d2b79f5) | 0
    let t = Math.imul(s ^ (s >>> 15), 1 | s)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
const hash = (s) => [...s].reduce((h, c) => Math.imul(h, 31) + c.charCodeAt(0), 7)
export const iso = (ms) => new Date(ms).toISOString()
const ago = (seconds) => iso(moment - seconds * 1000)

export function strip(seed, { days = 90, born = 0, last } = {}) {
  const r = random(hash(seed))
  const out = []
  for (let i = days - 1; i >= 0; i--) {
    const d = { date: iso(moment - i * DAY * 1000).slice(0, 10), up: DAY, degraded: 0, down: 0, unreachable: 0, unknown: 0, maintenance: 0, not_in_service: 0 }
    const take = (k, n) => { d[k] += n; d.up -= n }
    if (i >= days - born) { d.up = 0; d.not_in_service = DAY }
    else {
      const x = r()
      if (x < 0.05) take('down', Math.floor(40 + r() ** 3 * 6000))
      else if (x < 0.09) take('degraded', Math.floor(600 + r() * 20000))
      else if (x < 0.11) take('unknown', Math.floor(300 + r() * 3000))
      else if (x < 0.125) take('maintenance', Math.floor(1800 + r() * 5400))
    }
    out.push(d)
  }
  if (last) {
    const d = out.at(-1)
    for (const [k, v] of Object.entries(last)) { d[k] = v; d.up -= v }
  }
  return out
}

const BUDGET = 2592 // seconds in 30 days at 99.9 %
const siteRows = [
  // name, display, region, state, since, availability, low, spent seconds, devices up, devices, more for the strip
  ['lisbon', 'Lisbon HQ', 'Iberia', 'up', 3600 * 83, '99.9145', null, 2214, 96, 96],
  ['porto', 'Porto', 'Iberia', 'down', 1488, '99.9416', null, 1513, 41, 61, { last: { down: 1488 } }],
  ['funchal', 'Funchal', 'Iberia', 'up', 40 * DAY, '99.9544', '99.9266', 1180, 19, 19],
  ['madrid', 'Madrid', 'Iberia', 'up', 37800, '99.9990', null, 24, 54, 54],
  ['seville', 'Seville', 'Iberia', 'up', 50 * DAY, '100.0000', null, 0, 22, 22],
  ['gdansk', 'Gdańsk', 'North', 'up', 18000, '99.9753', null, 640, 38, 38],
  ['hamburg', 'Hamburg', 'North', 'up', 12 * DAY, '99.9879', null, 313, 71, 71],
  ['rotterdam', 'Rotterdam', 'North', 'degraded', 8820, '99.9963', null, 96, 57, 58, { last: { degraded: 8820 } }],
  ['gothenburg', 'Gothenburg', 'North', 'maintenance', 1920, '99.9984', null, 41, 30, 36, { last: { maintenance: 1920 } }],
  ['oslo', 'Oslo', 'North', 'up', 60 * DAY, '100.0000', null, 0, 27, 27, { born: 22 }],
  ['toronto', 'Toronto', 'Americas', 'up', 9 * DAY, '99.8892', null, 2871, 47, 47],
  ['sao-paulo', 'São Paulo', 'Americas', 'up', 3 * DAY, '99.9266', '99.9112', 1902, 52, 52],
  ['recife', 'Recife', 'Americas', 'unknown', 662, '99.9528', '99.9273', 1220, 0, 37, { last: { unknown: 662 } }],
  ['boston', 'Boston', 'Americas', 'up', 21 * DAY, '100.0000', null, 0, 63, 63],
]
export const sites = siteRows.map(([name, display_name, region, state, since, availability, low, spent, devices_up, devices, more]) => ({
  name, display_name, region, state, since: ago(since), availability, low: low ?? availability, high: availability,
  budget_left_seconds: BUDGET - spent, budget_seconds: BUDGET, devices_up, devices, strip: strip(name, more), demo: false,
}))

export const incidents = [
  { id: 'INC-2417', kind: 'device_down', severity: 'critical', status: 'acknowledged', site: 'porto', device: 'opo-dist-1', summary: 'opo-dist-1 does not answer',
    cause: 'Its last echo came back at 14:07:11.4; since then pings and SNMP are lost from opo-agent-1, which reaches its other devices.',
    started_at: '2026-11-18T14:07:12.000Z', started_at_uncertainty_seconds: 0.5, detected_at: '2026-11-18T14:07:17.000Z', ended_at: null, owner: 'M. Duarte', acknowledged_at: '2026-11-18T14:09:40.000Z', demo: false,
    impact: '2 devices behind it; 1 service: Warehouse system; 138 users', hidden: 2, roots: ['opo-dist-1'], evidence: [],
    problems: ['opo-acc-1', 'opo-prn-gw'].map((device) => ({ kind: 'device_down', site: 'porto', device, object: '', summary: `${device} does not answer`, hidden: true, since: '2026-11-18T14:07:13.000Z', ended_at: null })),
    events: [
      { time: '2026-11-18T14:07:12.000Z', type: 'started', who: '', text: 'opo-dist-1 stops answering. First lost echo 14:07:12.4, last reply 14:07:11.4: the start is known to ±0.5 s.' },
      { time: '2026-11-18T14:07:17.000Z', type: 'opened', who: '', text: 'Incident opened, 5 s after the start.' },
      { time: '2026-11-18T14:07:18.000Z', type: 'delivered', who: '', text: 'Webhook to noc-slack: 200 in 84 ms.' },
      { time: '2026-11-18T14:09:40.000Z', type: 'acknowledged', who: 'M. Duarte', text: '' },
      { time: '2026-11-18T14:10:02.000Z', type: 'comment', who: 'M. Duarte', text: 'Site hands called, checking rack power.' },
    ] },
  { id: 'INC-2418', kind: 'agent_silent', severity: 'major', status: 'open', site: 'recife', device: '', summary: 'No word from agent rec-agent-1',
    cause: 'The last heartbeat came at 14:20:58. Nothing there counts as down.', started_at: '2026-11-18T14:20:58.000Z', started_at_uncertainty_seconds: 5, detected_at: '2026-11-18T14:21:28.000Z', ended_at: null, owner: null, acknowledged_at: null, demo: false, events: [] },
  { id: 'INC-2409', kind: 'device_degraded', severity: 'minor', status: 'open', site: 'rotterdam', device: 'rtm-edge-1', summary: 'rtm-edge-1 answers pings but not SNMP',
    cause: 'SNMP requests have timed out since 12:05; every echo comes back.', started_at: '2026-11-18T12:05:00.000Z', started_at_uncertainty_seconds: 30, detected_at: '2026-11-18T12:06:30.000Z', ended_at: null, owner: 'R. Okafor', acknowledged_at: '2026-11-18T12:10:00.000Z', demo: false, events: [] },
]
export const resolved = [
  { id: 'INC-2415', kind: 'device_down', severity: 'critical', status: 'resolved', site: 'gdansk', device: 'gdn-wan-a', summary: 'gdn-wan-a does not answer', cause: 'Pings and SNMP were lost.', started_at: '2026-11-18T09:14:00.000Z', started_at_uncertainty_seconds: 0.5, detected_at: '2026-11-18T09:14:05.000Z', ended_at: '2026-11-18T09:32:10.000Z', owner: 'R. Okafor', acknowledged_at: '2026-11-18T09:16:00.000Z', demo: false, events: [] },
  { id: 'INC-2411', kind: 'device_down', severity: 'major', status: 'resolved', site: 'madrid', device: 'mad-fw-1', summary: 'mad-fw-1 does not answer', cause: 'It restarted: its uptime began anew at 04:02:31.', started_at: '2026-11-18T04:02:07.000Z', started_at_uncertainty_seconds: 0.5, detected_at: '2026-11-18T04:02:12.000Z', ended_at: '2026-11-18T04:02:31.000Z', owner: null, acknowledged_at: null, demo: false, events: [] },
]

const roles = ['core', 'edge', 'dist', 'access', 'access', 'access', 'ap', 'ap', 'server', 'ups']
const codes = { lisbon: 'lis', porto: 'opo', funchal: 'fnc', madrid: 'mad', seville: 'svq', gdansk: 'gdn', hamburg: 'ham', rotterdam: 'rtm', gothenburg: 'got', oslo: 'osl', toronto: 'yyz', 'sao-paulo': 'gru', recife: 'rec', boston: 'bos' }

function device(site, i, name, role) {
  const r = random(hash(name))
  const first = role === 'dist' && site.name === 'porto'
  const behind = site.name === 'porto' && i >= site.devices_up
  let state = 'up'
  let why = 'answers pings and SNMP'
  let since = Math.floor(3600 + r() * 90 * DAY)
  if (first) [state, why, since] = ['down', 'no answer to pings since 14:07:12, nor to SNMP', 1488]
  else if (behind) [state, why, since] = ['unreachable', 'behind opo-dist-1', 1487]
  else if (site.name === 'recife') [state, why, since] = ['unknown', 'rec-agent-1 is silent', 662]
  else if (site.name === 'gothenburg' && i >= 30) [state, why, since] = ['maintenance', 'planned work until 16:00', 1920]
  else if (name === 'rtm-edge-1') [state, why, since] = ['degraded', 'answers pings, SNMP times out', 8820]
  return {
    name, display_name: name, site: site.name, address: `10.${12 + sites.indexOf(site)}.${Math.floor(i / 200)}.${(i % 200) + 1}`, role, state, since: ago(since), why,
    rtt_seconds: state === 'up' ? 0.0004 + r() ** 4 * 0.03 : null, availability: state === 'unknown' ? '99.9528' : first ? '99.8211' : ['100.0000', '100.0000', '99.9987', '99.9814', '99.9990'][Math.floor(r() * 5)], demo: false, agent: `${codes[site.name]}-agent-1`,
  }
}

export const devices = sites.flatMap((site) => {
  const n = new Map()
  const out = []
  for (let i = 0; i < site.devices; i++) {
    const role = i < 6 ? ['edge', 'edge', 'core', 'core', 'fw', 'dist'][i] : roles[3 + (i % 7)]
    n.set(role, (n.get(role) ?? 0) + 1)
    out.push(device(site, i, `${codes[site.name]}-${role === 'access' ? 'acc' : role}-${n.get(role)}`, role))
  }
  return out
})

export function overview({ site } = {}) {
  const mine = site ? sites.filter((s) => s.name === site) : sites
  const list = devices.filter((d) => !site || d.site === site)
  const by = (s) => list.filter((d) => d.state === s).length
  const total = mine.length * BUDGET
  const spent = mine.map((s) => ({ name: s.name, display_name: s.display_name, seconds: s.budget_seconds - s.budget_left_seconds })).filter((s) => s.seconds > 0)
  const used = spent.reduce((n, s) => n + s.seconds, 0)
  return {
    now: iso(moment), watermark: '2026-11-18T14:31:58.000Z', running_since: '2026-05-02T08:00:00.000Z', demo: false,
    answer: site
      ? [{ text: mine[0].display_name, tone: 'strong' }, { text: mine[0].state === 'down' ? ' has been ' : ' is ' }, { text: mine[0].state === 'down' ? 'down for 24 min 48 s' : mine[0].state, tone: mine[0].state === 'down' ? 'down' : 'strong' }, { text: '.' }]
      : [{ text: 'Porto has been down for 24 min 48 s', tone: 'down' }, { text: '. ' }, { text: '12 of 14', tone: 'strong' }, { text: ' sites keep 99.9 %, Toronto has missed it, Recife cannot be judged yet.' }],
    first_run: null,
    availability: { percent: '99.9668', low: '99.9523', high: '99.9668', objective: '99.9', unknown_seconds: 5280 },
    budget: { total_seconds: total, left_seconds: total - used, spent },
    devices: { total: list.length, up: by('up'), degraded: by('degraded'), down: by('down'), unreachable: by('unreachable'), unknown: by('unknown'), maintenance: by('maintenance') },
    incidents: { open: incidents.filter((i) => !site || i.site === site), resolved_24h: resolved.filter((i) => !site || i.site === site) },
    sites: mine,
    agents: { reporting: 15, total: 16 },
  }
}

export const agents = [...sites.map((s, i) => {
  const gone = s.name === 'recife'
  return {
    id: `${codes[s.name]}-agent-1`, site: s.name, hostname: `probe.${s.name}.example.net`, version: '1.0.0', last_seen: ago(gone ? 662 : 2), watermark: gone ? '2026-11-18T14:20:58.000Z' : '2026-11-18T14:31:58.000Z',
    state: gone ? 'silent' : 'reporting', spool: { records: i === 3 ? 118 : 0, bytes: i === 3 ? 482113 : 0 },
    samples: { produced: 48211903 + i * 91733, acknowledged: 48211903 + i * 91733 - (i === 3 ? 9120 : 0), queued: i === 3 ? 9120 : 0, dropped: 0 }, devices: s.devices, not_after: iso(moment + 5 * DAY * 1000),
  }
}), ...['lis-agent-2', 'ham-agent-2'].map((id) => ({ id, site: id.startsWith('lis') ? 'lisbon' : 'hamburg', hostname: `${id}.example.net`, version: '1.0.0', last_seen: ago(1), watermark: '2026-11-18T14:31:59.000Z', state: 'reporting', spool: { records: 0, bytes: 0 }, samples: { produced: 1200411, acknowledged: 1200411, queued: 0, dropped: 0 }, devices: 12, not_after: iso(moment + 6 * DAY * 1000) }))]

const port = (key, alias, speed, in_bps, out_bps, p95in, p95out, more = {}) => ({
  key, if_index: 0, name: key, descr: key, alias, type: 6, speed_bps: speed, admin_status: 'up', oper_status: 'up', mac: '00:00:5e:00:53:01', mtu: 1500, in_bps, out_bps, in_p95_bps: p95in, out_p95_bps: p95out, errors_ratio: 0, last_seen: iso(moment), ...more,
})
const edge = [
  port('Te0/0/0', 'WAN-A Nordlink 1G, LX-48113', 1e9, 634e6, 231e6, 712e6, 247e6),
  port('Te0/0/1', 'WAN-B Meridian 500M, MF-2201', 5e8, 62e6, 18e6, 68e6, 21e6),
  port('Te0/1/0', 'lis-core-1 Te1/0/1', 1e10, 412e6, 330e6, 540e6, 410e6),
  port('Te0/1/1', 'lis-core-2 Te1/0/1', 1e10, 388e6, 296e6, 470e6, 360e6),
  port('Po1', 'ha-sync lis-edge-2', 2e9, 41e6, 40e6, 58e6, 57e6),
  port('Gi0/0/0', 'oob-mgmt', 1e9, 400e3, 200e3, 900e3, 500e3),
  port('Gi0/0/2', 'guest breakout', 1e9, 96e6, 14e6, 113e6, 20e6, { errors_ratio: 0.00021 }),
  port('Gi0/0/3', '', 1e9, 0, 0, 0, 0, { admin_status: 'down', oper_status: 'down' }),
  port('Tu101', 'ipsec Porto', null, null, null, null, null, { oper_status: 'down', errors_ratio: null }),
]
const big = Array.from({ length: 400 }, (_, i) => port(`Gi${1 + Math.floor(i / 48)}/0/${(i % 48) + 1}`, i % 3 ? `desk ${100 + i}` : '', 1e9, (i * 7919) % 9e7, (i * 104729) % 4e7, (i * 7919) % 2.5e8, (i * 104729) % 9e7))
export const interfacesOf = (name) => (name === 'lis-core-1' ? big : /edge|core|dist|fw/.test(name) ? edge : /acc/.test(name) ? edge.slice(2, 7) : [])

export function outages(name, from, to) {
  const all = name === 'opo-dist-1'
    ? [{ from: '2026-11-18T14:07:12.000Z', to: null, raw_seconds: 1488, counted_seconds: 1488, cause: 'pings and SNMP lost', uncertainty_seconds: 0.5, incident: 'INC-2417' }, { from: '2026-10-28T10:41:00.000Z', to: '2026-10-28T10:45:05.000Z', raw_seconds: 245, counted_seconds: 245, cause: 'it restarted', uncertainty_seconds: 0.5, incident: 'INC-2290', evidence: 'rebooted at 10:44' }]
    : name === 'lis-edge-1' ? [{ from: '2026-11-18T05:10:00.000Z', to: '2026-11-18T05:31:00.000Z', raw_seconds: 1260, counted_seconds: 1260, cause: 'pings and SNMP lost', uncertainty_seconds: 0.5, incident: 'INC-2412' }] : []
  return all.filter((o) => (o.to ? Date.parse(o.to) : moment) > from && Date.parse(o.from) < to)
}

export const gaps = (name) => name !== 'opo-dist-1' ? [] : [
  { from: '2026-11-02T01:00:00.000Z', to: '2026-11-02T01:12:00.000Z', seconds: 720, counted_seconds: 720, why: 'agent', ran_on: true, text: 'ran on without a restart; 12 GB passed' },
]

export function deviceDetail(name) {
  const d = devices.find((x) => x.name === name)
  if (!d) return null
  const plain = ['ups', 'ap'].includes(d.role)
  return {
    ...d,
    answer: d.state === 'up' ? [{ text: 'Works as usual.', tone: 'strong' }, { text: ` It answers in ${(d.rtt_seconds * 1000).toFixed(1)} ms; ` }, { text: '99.9987 %', tone: 'strong' }, { text: ' of the last 30 days it was up.' }]
      : d.state === 'down' ? [{ text: `${name} has not answered for 24 min 48 s`, tone: 'down' }, { text: ': pings and SNMP are lost from ' }, { text: d.agent, tone: 'strong' }, { text: ', which reaches its other devices.' }]
        : [{ text: `${name} is ${d.state}`, tone: d.state === 'degraded' ? 'degraded' : 'unknown' }, { text: `: ${d.why}.` }],
    identity: plain ? null : { vendor: 'Cisco', model: 'C8500-12X', serial: 'FOC2501ABCD', os: 'IOS XE', version: '17.12.4', profile: 'cisco-ios', sys_object_id: '1.3.6.1.4.1.9.1.2862', sys_descr: 'Cisco IOS Software [Dublin], c8500 Software, Version 17.12.4, RELEASE SOFTWARE', location: `${d.site}, rack 2`, contact: 'noc@example.net', sys_name: `${name}.example.net`, uptime_seconds: 7268400 },
    interval_seconds: 30, icmp_interval_seconds: 1, agents: [d.agent], parents: d.parents ?? ['lis-core-1', 'lis-core-2'], parents_from: 'topology',
    availability: { percent: d.availability, low: name === 'rec-core-1' ? '99.9273' : d.availability, high: d.availability, objective: '99.9', unknown_seconds: name === 'rec-core-1' ? 662 : 0, budget_seconds: BUDGET, budget_left_seconds: name === 'opo-dist-1' ? -180 : 1332 },
    strip: strip(name, d.state === 'down' ? { last: { down: 1488 } } : name === 'lis-edge-1' ? { last: { down: 1260 } } : {}), facts_at: ago(340), queries: {},
  }
}

export const receivers = [{ name: 'noc-slack', url: 'https://hooks.example.net/services/noc', format: 'ninewatch' }, { name: 'servicenow', url: 'https://servicenow.example.net/api/ninewatch', format: 'ninewatch', trouble: ['2 dead letters: send again from the delivery log what it still has to know.'] }]
export const deliveries = [
  { id: 'msg-3', receiver: 'noc-slack', incident: 'INC-2417', type: 'incident.acknowledged', status: 'delivered', attempts: 1, created_at: '2026-11-18T14:09:40.000Z', next_attempt_at: null, response_code: 200, error: '', duration_ms: 84 },
  { id: 'msg-2', receiver: 'servicenow', incident: 'INC-2417', type: 'incident.opened', status: 'pending', attempts: 3, created_at: '2026-11-18T14:07:18.000Z', next_attempt_at: '2026-11-18T14:33:00.000Z', response_code: 429, error: '', duration_ms: 412 },
  { id: 'msg-1', receiver: 'servicenow', incident: 'INC-2411', type: 'incident.opened', status: 'dead', attempts: 1, created_at: '2026-11-18T04:02:14.000Z', next_attempt_at: null, response_code: 404, error: 'it answered 404', duration_ms: 51 },
]

/** The first minute of a new collector. */
export const firstRun = {
  devices: [
    { name: 'noc-host-1', display_name: 'noc-host-1', site: 'main', address: '127.0.0.1', role: 'server', state: 'up', since: ago(42), why: 'answers pings', rtt_seconds: 0.00004, availability: '100.0000', demo: false, agent: 'noc-host-1' },
    { name: 'gateway', display_name: 'gateway', site: 'main', address: '192.0.2.1', role: 'router', state: 'up', since: ago(42), why: 'answers pings; SNMP not tried', rtt_seconds: 0.00061, availability: '100.0000', demo: false, agent: 'noc-host-1' },
  ],
  overview: () => ({
    ...overview(), running_since: ago(42), answer: [{ text: 'ninewatch is watching this host and its gateway.', tone: 'strong' }, { text: ' Both answer. Next: add your first switch.' }],
    first_run: { host: 'noc-host-1', gateway: '192.0.2.1', token_command_hint: 'ninewatch-agent enroll --token nw1.…', steps: [
      { label: 'Collector and agent run', done: true }, { label: 'Gateway is watched', done: true }, { label: 'Add a switch or router', done: false }, { label: 'Join another site', done: false }, { label: 'Send alerts somewhere', done: false }] },
    devices: { total: 2, up: 2, degraded: 0, down: 0, unreachable: 0, unknown: 0, maintenance: 0 }, incidents: { open: [], resolved_24h: [] }, agents: { reporting: 1, total: 1 },
    sites: [{ ...sites[4], name: 'main', display_name: 'main', region: '', devices: 2, devices_up: 2, strip: [] }],
  }),
}

export const silences = [{ id: '1', match: { devices: ['lis-wan-b'] }, from: '2026-11-18T13:00:00.000Z', until: '2026-11-18T22:00:00.000Z', author: 'M. Duarte', reason: 'the carrier works on it', created_at: '2026-11-18T13:00:00.000Z', ended_at: null, active: true }]
export const routes = [
  { name: 'critical', match: { severity: ['critical'] }, receiver: ['noc-slack'], escalate_after: '15m', escalate_to: ['servicenow'] },
  { name: 'quiet', match: { severity: ['minor', 'warning'] }, receiver: ['noc-slack'], digest_every: '8h' },
]
export const figures = [
  { by: 'lisbon', opened: 14, open: 1, acknowledged: 9, noise: 3, mttd_seconds: 4.2, mtta_seconds: 142, mttr_seconds: 1440, mtbf_seconds: 540000 },
  { by: 'porto', opened: 2, open: 1, acknowledged: 1, noise: 0, mttd_seconds: 5, mtta_seconds: null, mttr_seconds: null, mtbf_seconds: 3800000 },
]
export const explanation = {
  id: 'INC-2417', rule: 'a device is down by its own probes, as the policy confirms it; devices that are down and connected are one incident, whose roots are next to something that answers',
  inputs: [], muted: '', waiting: [], other_routes: [{ route: 'quiet', why: 'severity does not match' }],
  told: [
    { receiver: 'noc-slack', route: 'critical', escalates: false, knows: 'acknowledged', first_at: '2026-11-18T14:07:18.000Z', last_at: '2026-11-18T14:09:40.000Z', withheld: '', withheld_since: null },
    { receiver: 'servicenow', route: 'critical', escalates: true, knows: '', first_at: null, last_at: null, withheld: 'it is acknowledged, so that it does not escalate', withheld_since: '2026-11-18T14:09:40.000Z' },
  ],
}
