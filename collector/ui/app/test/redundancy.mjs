// What the mock says of redundancy: one map with a single point, a lost bundle and two circuits.
const at = '2026-11-18T14:31:58.000Z'
const ago = (minutes) => new Date(Date.parse(at) - minutes * 60e3).toISOString()
const member = (name, state) => ({ name, state, capacity_bps: 10e9 })
const group = (name, title, kind, cls, minutes, members, more = {}) => ({
  name, title, kind, source: 'facts', class: cls, worst: cls, best: cls, since: ago(minutes), needed: 1, designed: members.length, redundant: true, words: '1 of 2 up, 1 needed',
  sites: ['lisbon'], devices: ['lis-core-1'], users: 412, read: ago(6), members, ...more,
})

export const groups = [
  group('opo-dist-1/psu', 'opo-dist-1 power', 'psu', 'failed', 24, [member('PSU 1', 'down'), member('PSU 2', 'down')], { sites: ['porto'], users: 0 }),
  group('lis-core-1/po10', 'lis-core-1 po10 to lis-core-2', 'lag', 'at_risk', 4980, [member('te1', 'up'), member('te2', 'down')]),
  group('vrrp 12', 'VRRP 12 of 10.20.0.1', 'fhrp', 'at_risk', 13000, [member('lis-core-1', 'up'), member('lis-core-2', 'down')], { words: 'active lis-core-1; none stands by' }),
  group('gdn-ospf', 'gdn-ospf', 'routing', 'reduced', 1800, [member('a', 'up'), member('b', 'up'), member('c', 'down')]),
  group('rec-wan', 'rec-wan', 'ecmp', 'unknown', 11, [member('a', 'unknown'), member('b', 'unknown')]),
  group('lis-wan', 'lis-wan', 'ecmp', 'full', 90000, [member('wan-a', 'up'), member('wan-b', 'up')]),
]

const single = (of, kind, name, devices, users, more = {}) => ({ of, kind, name, sites: ['lisbon'], devices, users, outside: 0, services: [], certain: true, words: `${devices} devices cut off`, ...more })
export const redundancy = {
  as_of: at, nodes: 5, oldest: ago(6), groups,
  answer: [{ text: 'Three single failures would cut users off;', tone: 'strong' }, { text: ' the largest, duct-rua-do-ouro, takes ' }, { text: '412 users in Lisbon', tone: 'strong' }, { text: '.' },
    { text: ' ' }, { text: 'Three redundancies are lost already', tone: 'risk' }, { text: ' and ' }, { text: 'one has failed', tone: 'down' }, { text: '.' }],
  counts: { full: 1, reduced: 1, at_risk: 2, split_brain: 0, failed: 1, unknown: 1, no_spare: 0 },
  n1: [
    { group: 'lis-wan', title: 'lis-wan', load_bps: 712e6, now: 0.47, worst: { scenario: 'member:wan-a', utilization: 1.42, fits: false }, capacity_bps: 500e6, limit: 0.8, holds: false, ends: null, scenarios: [] },
    { group: 'lis-core-1/po10', title: 'lis-core-1 po10 to lis-core-2', load_bps: 6.1e9, now: 0.3, worst: { scenario: 'member:te1', utilization: 0.61, fits: true }, capacity_bps: 10e9, limit: 0.8, holds: true, ends: null, scenarios: [] },
  ],
  backups: [{ group: 'lis-wan', title: 'lis-wan', member: 'wan-b', kind: 'slower', sites: ['lisbon'],
    words: 'wan-b carries 500 Mbit/s and stands by for wan-a, which carries 712 Mbit/s in its busiest hours (95th percentile): after a failure 212 Mbit/s of it has no way' }],
  single_points: [
    single('risk:duct-rua-do-ouro', 'duct', 'duct-rua-do-ouro', 4, 412, { outside: 4, services: ['Orders', 'Scanning'] }),
    single('device:lis-dist-3', 'device', 'lis-dist-3', 1, 224, { services: ['Scanning'] }),
    single('link:lis-core-2/te7--lis-dist-3/te1', 'link', 'lis-core-2/te7--lis-dist-3/te1', 2, 224, { certain: false }),
  ],
  without_redundancy: {
    from: '2026-08-20T14:32:00Z', to: at, seconds: 1829000, losses: 9, mttr_seconds: 201600, noticed_by_outage: 3, full_ratio: 0.99184, groups: [], longest: [],
    sites: [{ site: 'lisbon', without_seconds: 9000, known_seconds: 7776000, target: 0.999, budget_seconds: 7776, budget_left_seconds: -1224 }, { site: 'porto', without_seconds: 1440, known_seconds: 7776000, target: 0.999, budget_seconds: 7776, budget_left_seconds: 6336 }],
  },
}
export const noRedundancy = { ...redundancy, nodes: 0, oldest: null, groups: [], n1: [], backups: [], single_points: [], answer: [{ text: 'Nothing is known of the network yet.', tone: 'strong' }],
  counts: { full: 0, reduced: 0, at_risk: 0, split_brain: 0, failed: 0, unknown: 0, no_spare: 0 },
  without_redundancy: { ...redundancy.without_redundancy, seconds: 0, losses: 0, mttr_seconds: null, noticed_by_outage: 0, full_ratio: null, sites: [] } }

const nodes = [['lis-edge-1', 300, 60], ['lis-core-1', 180, 160], ['lis-core-2', 420, 160], ['lis-dist-3', 420, 260], ['lis-acc-9', 420, 350]]
const links = [['lis-edge-1/te1--lis-core-1/te4', 0, 1], ['lis-edge-1/te2--lis-core-2/te4', 0, 2], ['lis-core-1/te1--lis-core-2/te1', 1, 2], ['lis-core-2/te7--lis-dist-3/te1', 2, 3], ['lis-dist-3/te2--lis-acc-9/te1', 3, 4]]

export const changes = [
  { time: ago(60), kind: 'group_reduced', object: 'lag:lis-core-1/Po1', sites: ['lisbon'], words: 'The bundle Po1 of lis-core-1 lost a member: 1 of 2 up' },
  { time: ago(5 * 1440), kind: 'link_appeared', object: 'lis-dist-3 Te1/1 – lis-core-2 Te1/3', sites: ['lisbon'], words: 'lis-dist-3 Te1/1 and lis-core-2 Te1/3 see each other by LLDP' },
]

export const topology = {
  as_of: at, oldest: ago(6), one_sided: 1, quiet: ['lis-prn-3'], words: '5 nodes, 5 links; 1 link seen from one side only; lis-prn-3 tells no neighbours', findings: [], adjacencies: [], cores: ['lis-core-1', 'lis-core-2'],
  nodes: nodes.map(([id]) => ({ id, kind: 'device', label: id, site: 'lisbon', state: 'up', users: 0, seen: ago(6), age_seconds: 360, quiet: '', identities: [] })),
  links: links.map(([id]) => { const [a, b] = id.split('--'); return { id, a: a.split('/')[0], a_port: a.split('/')[1], b: b.split('/')[0], b_port: b.split('/')[1], lag: [], sources: ['lldp'], confidence: 'confirmed', first_seen: ago(99), last_seen: ago(6), stale: false, speed_bps: 10e9 } }),
}

export function map(selected) {
  const lost = selected === 'device:lis-dist-3' ? ['lis-acc-9'] : []
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 400" class="tmap" role="group" aria-label="Map of the network. 5 nodes, 5 links, 2 single points of failure." font-family="var(--font,sans-serif)" font-size="11"><g fill="none" stroke-linecap="round">`
    + links.map(([id, a, b]) => `<a href="/redundancy?sel=link:${id}" data-pick="link:${id}" aria-label="${id}: load 44 %, confirmed"><path d="M${nodes[a][1]} ${nodes[a][2]}L${nodes[b][1]} ${nodes[b][2]}" stroke="transparent" stroke-width="14"/><path class="lk" d="M${nodes[a][1]} ${nodes[a][2]}L${nodes[b][1]} ${nodes[b][2]}" stroke="var(--load-1)" stroke-width="4"/></a>`).join('')
    + '</g>' + nodes.map(([id, x, y]) => `<a href="/redundancy?sel=device:${id}" class="nd" data-node="${id}" data-pick="device:${id}" aria-label="${id}${lost.includes(id) ? ', lost with the selection' : ''}" transform="translate(${x - 55},${y - 18})"><rect width="110" height="36" rx="6" fill="var(--surface)" stroke="${lost.includes(id) ? 'var(--down)' : 'var(--line-2)'}"/><text x="55" y="22" text-anchor="middle" fill="var(--ink)">${id}</text></a>`).join('') + '</svg>'
}

export function impact(of) {
  const title = of.replace(/^\w+:/, '')
  const harmless = of === 'device:lis-edge-1'
  return {
    of, title, kind: of.split(':')[0], sites: ['lisbon'], devices: harmless ? 0 : 26, users: harmless ? 0 : 224, certain: true, words: harmless ? `Nothing else is cut off when ${title} fails.` : `When ${title} fails, 26 devices are cut off with about 224 users, and 1 service would be down.`,
    lost: harmless ? [] : [{ device: 'lis-acc-9', site: 'lisbon', department: 'Warehouse', core: true, outside: true }], departments: harmless ? [] : [{ department: 'Warehouse', devices: 26, users: 224 }],
    services: harmless ? [] : [{ name: 'scanning', title: 'Scanning' }], groups: [], why: harmless ? [] : ['lis-acc-9 reach the rest through lis-dist-3 alone.'],
    mend: harmless ? [] : [{ what: 'A second link from lis-acc-9 to lis-core-1.', effect: 'Removes 1 of 3 single points.' }], last_failed: null,
  }
}
