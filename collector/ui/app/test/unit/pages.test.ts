import { describe, expect, it } from 'vitest'
import type { Agent, Day, Delivery, Device, Incident, Interface, Site } from '../../src/lib/types'
import { agentsAnswer } from '../../src/pages/agents'
import { busiest, ifState, sortInterfaces, used } from '../../src/pages/device'
import { devicesAnswer, sortDevices } from '../../src/pages/devices'
import { incidentsAnswer } from '../../src/pages/incidents'
import { byRegion, nine } from '../../src/pages/overview'
import { inventoryOf, nameFor } from '../../src/ui/adddevice'
import { deliveryWords } from '../../src/ui/deliveries'
import { siteName } from '../../src/ui/joinsite'
import { barsOf, stripSentence } from '../../src/ui/strip'
import { parseSort, sortText } from '../../src/ui/table'

const now = Date.parse('2026-11-18T14:32:00Z')
const text = (p: { text: string }[]) => p.map((x) => x.text).join('')
const day = (d: Partial<Day>): Day => ({ date: '2026-11-18', up: 86400, degraded: 0, down: 0, unreachable: 0, unknown: 0, maintenance: 0, not_in_service: 0, ...d })

describe('the day strip', () => {
  it('an uneventful day is short and pale', () => expect(barsOf(day({}))).toEqual([{ cls: 'q', share: 0.4 }]))
  it('a day before the target existed is grey', () => expect(barsOf(day({ up: 0, not_in_service: 86400 }))).toEqual([{ cls: 'z', share: 0.4 }]))
  it('down time rises with the logarithm of its minutes', () => {
    const h = [60, 600, 6000, 86400].map((s) => barsOf(day({ up: 86400 - s, down: s }))[0]!.share)
    expect(h.map((x) => Number(x.toFixed(2)))).toEqual([0.44, 0.52, 0.72, 0.96])
  })
  it('shows the two worst states, never more than the height', () => {
    const b = barsOf(day({ up: 0, down: 40000, unknown: 40000, degraded: 6400 }))
    expect(b.map((x) => x.cls)).toEqual(['d', 'g'])
    expect(b[0]!.share + b[1]!.share).toBeLessThanOrEqual(1)
  })
  it('is one sentence for those who do not see it', () => expect(stripSentence('Porto', [day({ down: 5 }), day({ unknown: 9 })])).toBe('Porto, 2 days to Wed 18 Nov: 1 with down time, 1 with unknown time'))
})

describe('first lines', () => {
  const counts = { total: 681, up: 617, degraded: 1, down: 1, unreachable: 19, unknown: 37, maintenance: 6 }
  it('devices', () => {
    expect(text(devicesAnswer(counts))).toBe('617 of 681 devices are up; 1 degraded, 1 down, 19 unreachable, 37 unknown, 6 in planned work.')
    expect(text(devicesAnswer({ ...counts, total: 8, up: 8, degraded: 0, down: 0, unreachable: 0, unknown: 0, maintenance: 0 }))).toBe('All 8 devices are up.')
    expect(text(devicesAnswer({ ...counts, total: 0 }))).toBe('No device is watched here yet. Add one by its address, or apply an inventory.')
  })
  const incident = (more: Partial<Incident>): Incident => ({ id: 'INC-1', kind: 'device_down', severity: 'critical', status: 'open', site: 'porto', device: 'a', summary: 'a does not answer', cause: '', started_at: '2026-11-18T14:07:12Z', started_at_uncertainty_seconds: 1, detected_at: null, ended_at: null, owner: null, acknowledged_at: null, ...more })
  it('incidents', () => {
    expect(text(incidentsAnswer([], now))).toBe('Nothing is broken that ninewatch can see.')
    expect(text(incidentsAnswer([incident({})], now))).toBe('a does not answer, for 24 min 48 s. Nobody has acknowledged it.')
    expect(text(incidentsAnswer([incident({ owner: 'x' }), incident({ started_at: '2026-11-18T12:05:00Z' })], now))).toBe('2 incidents are open, the oldest for 2 h 27 min. 1 is not acknowledged.')
    expect(text(incidentsAnswer([incident({ owner: 'x' }), incident({}), incident({})], now))).toBe('3 incidents are open, the oldest for 24 min 48 s. 2 are not acknowledged.')
  })
  const agent = (more: Partial<Agent>): Agent => ({ id: 'a-1', site: 's', hostname: '', version: '', last_seen: '2026-11-18T14:21:00Z', watermark: null, state: 'reporting', spool: null, samples: { produced: 9, acknowledged: 9, queued: 0, dropped: 0 }, devices: 1, not_after: null, ...more })
  it('agents', () => {
    expect(text(agentsAnswer([agent({})], now))).toBe('a-1 reports. No sample was lost.')
    expect(text(agentsAnswer([agent({ samples: { produced: 9, acknowledged: 2, queued: 7, dropped: 0 } }), agent({})], now))).toBe('2 of 2 agents report. No sample was lost; 7 wait to be sent.')
    expect(text(agentsAnswer([agent({ state: 'silent' }), agent({ samples: { produced: 9, acknowledged: 6, queued: 0, dropped: 3 } })], now))).toBe('a-1 has been silent for 11 min; 1 of 2 agents report. 3 samples were lost.')
  })
})

describe('interfaces', () => {
  const i = (key: string, more: Partial<Interface> = {}): Interface => ({ key, if_index: 1, name: key, descr: '', alias: '', type: 6, speed_bps: 1e9, admin_status: 'up', oper_status: 'up', mac: '', mtu: 1500, in_bps: 0, out_bps: 0, in_p95_bps: 0, out_p95_bps: 0, errors_ratio: 0, last_seen: null, ...more })
  it('states in words, by number or by name', () => {
    expect(ifState(i('a')).word).toBe('Up')
    expect(ifState(i('a', { oper_status: '2' })).word).toBe('Down')
    expect(ifState(i('a', { admin_status: 'down', oper_status: 'down' })).word).toBe('Switched off')
    expect(ifState(i('a', { errors_ratio: 0.001 })).word).toBe('Errors')
    expect(ifState(i('a', { oper_status: 'lowerLayerDown' })).word).toBe('Down')
    expect(ifState(i('a', { oper_status: '' })).word).toBe('Unknown')
  })
  it('use is not known without a speed or a p95', () => {
    expect(used(i('a', { in_p95_bps: 2e8, out_p95_bps: 5e8 }))).toBe(0.5)
    expect(used(i('a', { speed_bps: 0 }))).toBeNull()
    expect(used(i('a', { in_p95_bps: null, out_p95_bps: null }))).toBeNull()
  })
  it('the busiest is shown first, loopbacks last', () => {
    expect(busiest([i('lo', { in_p95_bps: 9e8 }), i('eth0', { in_p95_bps: 1e8 }), i('eth1', { out_p95_bps: 2e8 })])!.key).toBe('eth1')
    expect(busiest([i('lo')])!.key).toBe('lo')
    expect(busiest([])).toBeUndefined()
  })
  it('names in natural order', () => expect(sortInterfaces([i('Gi1/0/10'), i('Gi1/0/2'), i('Gi1/0/1')], { by: 'name', down: false }).map((x) => x.key)).toEqual(['Gi1/0/1', 'Gi1/0/2', 'Gi1/0/10']))
  it('what is not known comes last when the largest is first', () => expect(sortInterfaces([i('a', { in_bps: null }), i('b', { in_bps: 0 }), i('c', { in_bps: 5 })], { by: 'in', down: true }).map((x) => x.key)).toEqual(['c', 'b', 'a']))
})

it('devices: trouble first', () => {
  const d = (name: string, state: Device['state']): Device => ({ name, display_name: name, site: 's', address: '', role: '', state, since: null, why: '', rtt_seconds: null, availability: null, demo: false, agent: '' })
  expect(sortDevices([d('b', 'up'), d('a10', 'up'), d('a2', 'up'), d('z', 'down'), d('y', 'unknown')], { by: 'state', down: false }).map((x) => x.name)).toEqual(['z', 'y', 'a2', 'a10', 'b'])
})

it('regions keep their order, sites theirs', () => {
  const s = (name: string, region: string) => ({ name, region }) as Site
  expect(byRegion([s('c', 'North'), s('a', 'Iberia'), s('b', 'North')], ['Iberia', 'North']).map((g) => [g.region, g.sites.map((x) => x.name)])).toEqual([['Iberia', ['a']], ['North', ['c', 'b']]])
})

it('the scale of nines', () => {
  expect([99, 99.9, 99.99, 98, 100].map((x) => Number(nine(x).toFixed(1)))).toEqual([0, 44.4, 88.9, 0, 100])
})

describe('adding a device', () => {
  it('takes its name from the address', () => expect([nameFor('192.0.2.1'), nameFor(' Core-1.example.net '), nameFor('2001:db8::1'), nameFor('switch 7')]).toEqual(['192.0.2.1', 'core-1.example.net', '2001-db8-1', 'switch-7']))
  it('without a community it is only pinged', () => expect(inventoryOf({ address: '192.0.2.1', name: '', site: 'main', community: '' })).toEqual({ devices: [{ name: '192.0.2.1', site: 'main', address: '192.0.2.1' }] }))
  it('names of sites', () => {
    expect(siteName.test('porto-2.pt')).toBe(true)
    for (const x of ['Porto', '-a', 'a b', '']) expect(siteName.test(x)).toBe(false)
  })
})

it('deliveries in words', () => {
  const d: Delivery = { id: '1', receiver: 'noc', incident: 'INC-1', type: 'incident.opened', status: 'delivered', attempts: 1, created_at: '', next_attempt_at: null, response_code: 200, error: '', duration_ms: 84 }
  expect(deliveryWords(d)).toBe('opened · 200 in 84 ms')
  expect(deliveryWords({ ...d, status: 'pending', attempts: 3, response_code: 429 })).toBe('opened · waits, 3 tries · answer 429')
  expect(deliveryWords({ ...d, status: 'dead', response_code: 404, error: 'answer 404' })).toBe('opened · given up · answer 404')
})

it('sorting stands in the address', () => {
  expect(parseSort('-p95', { by: 'name', down: false })).toEqual({ by: 'p95', down: true })
  expect(parseSort(null, { by: 'name', down: false })).toEqual({ by: 'name', down: false })
  expect(sortText({ by: 'in', down: true })).toBe('-in')
})
