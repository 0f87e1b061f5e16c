import { describe, expect, it } from 'vitest'
import { reportRequest } from '../../src/pages/reports'
import { stripWords } from '../../src/lib/report'
import { assetTree, claimAnswer, needsWords, nextDate, roleWords, sightingWords, standing, stateNow, windowFault, windowState, type Asset, type Claim, type Ledger } from '../../src/lib/network'
import { repliesOf } from '../../src/pages/discovery'
import { assetCSV } from '../../src/pages/inventory'
import { periodName } from '../../src/ui/periodpick'
import { marksOf } from '../../src/ui/scale'

const text = (p: { text: string }[]) => p.map((x) => x.text).join('')
const ledger = (more: Partial<Ledger>): Ledger => ({
  scope: 'circuit:a', from: '', to: '', period_seconds: 0, agreed_seconds: 0, up: 0, degraded: 0, down: 0, unreachable: 0, unknown: 0, maintenance: 0, outside: 0, not_in_service: 0,
  availability: null, availability_low: null, availability_high: null, objective: null, verdict: null, budget_seconds: null, budget_left_seconds: null, outages: [], failures: 0, mttr_seconds: null, ...more,
})
const asset = (more: Partial<Asset>): Asset => ({
  id: '', device: 'd', site: 's', part: '', parent: '', class: '', name: '', model: '', serial: '', manufacturer: '', version: '', first_seen: null, last_seen: null, removed_at: null,
  owner: '', department: '', tag: '', purchased: '', warranty_until: '', end_of_life: '', end_of_sale: '', end_of_support: '', cost: '', ...more,
})

it('how it stands: the worst of the last minutes, planned work before all, silence is unknown', () => {
  expect(stateNow(ledger({ up: 200, down: 100 }))).toBe('down')
  expect(stateNow(ledger({ down: 100, maintenance: 200 }))).toBe('maintenance')
  expect(stateNow(ledger({ up: 10, unknown: 290 }))).toBe('up')
  expect(stateNow(ledger({ unknown: 300 }))).toBe('unknown')
  expect(stateNow(undefined)).toBe('unknown')
})

describe('first lines', () => {
  const row = (name: string, state: 'up' | 'down' | 'unknown', verdict: string | null = null) => ({ name, state, verdict })
  it('circuits', () => {
    expect(text(standing('circuit', 'circuits', [row('a', 'up'), row('b', 'up')], 'the contract'))).toBe('All 2 circuits work.')
    expect(text(standing('circuit', 'circuits', [row('a', 'down', 'breached'), row('b', 'up')], 'the contract'))).toBe('a does not work now. a missed the contract.')
    expect(text(standing('circuit', 'circuits', [row('a', 'unknown')], 'the contract'))).toBe('Nobody can tell whether the circuit works.')
    expect(text(standing('circuit', 'circuits', [row('a', 'up', 'met'), row('b', 'unknown')], 'the contract'))).toBe('1 of 2 circuits work; 1 not known. None missed the contract.')
  })
  it('a claim', () => {
    const claim = (l: Partial<Ledger>, owed = 0): Claim => ({ circuit: 'a', provider: 'Nordlink', contract: { availability: '99.9' }, availability: ledger(l), owed_seconds: owed, evidence: null, evidence_cut: false })
    const quality = { since: '', sent: 1000, lost: 4, loss_percent: '0.4000', rtt_seconds: 0.0243, rtt_p50_seconds: 0.02, rtt_p95_seconds: 0.05 }
    const slow = { ...claim({ availability: '99.9911', verdict: 'met' }), quality: { ...quality, rtt_verdict: 'breached', loss_verdict: 'breached' } }
    slow.contract = { availability: '99.9', rtt_seconds: '0.02', loss_percent: '0.1' }
    expect(text(claimAnswer(slow))).toBe('The contract of 99.9 % was kept: 99.9911\u202f%. There was no outage. The round trip took 24.3 ms in the mean, of 20 ms agreed; 0.4000 % was lost, of 0.1 % agreed.')
    expect(text(claimAnswer({ ...slow, quality: { ...quality, rtt_verdict: 'met' } }))).toBe('The contract of 99.9 % was kept: 99.9911\u202f%. There was no outage.')
    expect(text(claimAnswer(claim({ availability: '99.8211', verdict: 'breached' }, 1848)))).toBe('Nordlink kept 99.8211\u202f% of 99.9 %: 30 min 48 s more down time than the contract allows.')
    expect(text(claimAnswer(claim({ unknown: 90 })))).toBe('Whether 99.9 % was kept cannot be said. Nobody could look for 1 min 30 s.')
  })
})

it('needs, sightings and roles in words', () => {
  expect(needsWords({ all_of: ['device:a', { any_of: ['circuit:b', 'circuit:c'] }, { at_least: { count: 2, of: ['device:d'] } }] })).toBe('all of (device:a, any of (circuit:b, circuit:c), at least 2 of (device:d))')
  expect(sightingWords({ via: 'lldp', device: 'core', port: 'Te1/0/7' })).toBe('LLDP of core, Te1/0/7')
  expect(sightingWords({ via: 'scan' })).toBe('scan')
  expect(roleWords([{ role: 'operator', sites: ['a', 'b'] }, { role: 'viewer', sites: ['*'] }])).toBe('operator of a, b; viewer of all sites')
})

describe('assets', () => {
  it('parts stand below what they are in, circles and orphans too', () => {
    const list = [asset({ id: 'd' }), asset({ id: 'psu', part: '10', parent: '1' }), asset({ id: 'chassis', part: '1' }), asset({ id: 'lost', part: '9', parent: '77' }), asset({ id: 'x', part: 'x', parent: 'y' }), asset({ id: 'y', part: 'y', parent: 'x' })]
    expect(assetTree(list).map((r) => `${r.depth} ${r.asset.id}`)).toEqual(['0 d', '1 chassis', '2 psu', '1 lost', '1 x', '2 y'])
  })
  it('the nearest date counts', () => {
    const now = Date.parse('2026-11-18T00:00:00Z')
    expect(nextDate(asset({ warranty_until: '2026-12-31', end_of_support: '2026-02-01' }), now)).toEqual({ what: 'end of support', date: '2026-02-01', past: true })
    expect(nextDate(asset({ warranty_until: '2030-01-01' }), now)).toBeNull()
  })
  it('CSV: quoted, and no formula', () => {
    const line = assetCSV([asset({ device: '=cmd()', name: 'a "b", c' })]).split('\r\n')[1]!
    expect(line.startsWith("'=cmd(),s,,,,\"a \"\"b\"\", c\",")).toBe(true)
  })
})

describe('planned work', () => {
  const now = Date.parse('2026-11-18T12:00:00Z')
  it('runs, comes, is over, or repeats', () => {
    expect(windowState({ name: 'a', from: '2026-11-18T11:00:00Z', to: '2026-11-18T13:00:00Z' }, now)).toBe('now')
    expect(windowState({ name: 'a', from: '2026-11-18T13:00:00Z', to: '2026-11-18T14:00:00Z' }, now)).toBe('next')
    expect(windowState({ name: 'a', from: '2026-11-18T10:00:00Z', to: '2026-11-18T12:00:00Z' }, now)).toBe('past')
    expect(windowState({ name: 'a', rrule: 'FREQ=WEEKLY' }, now)).toBe('repeats')
  })
  it('what began before now needs a reason', () => {
    const past = new Date(now - 3600e3)
    const next = new Date(now + 3600e3)
    expect(windowFault(past, next, ' ', now)).toMatch(/say why/)
    expect(windowFault(past, next, 'fibre', now)).toBe('')
    expect(windowFault(next, past, '', now)).toMatch(/after the beginning/)
    expect(windowFault(null, past, '', now)).toMatch(/Write both/)
  })
})

it('a scan: what answered, without what the collector does not take', () => {
  expect(repliesOf('[{"address":"192.0.2.7","icmp":true,"snmp":false,"refused":["x"]},{"address":"192.0.2.8","icmp":false,"snmp":false}]')).toEqual([{ address: '192.0.2.7', icmp: true, snmp: false }])
  expect(repliesOf('x')).toMatch(/no JSON/)
  expect(repliesOf('{}')).toMatch(/not what discover prints/)
  expect(repliesOf('[]')).toBe('Nothing in it answered.')
})

it('the scale of availability: 100 at the right, the lowest mark inside', () => {
  expect(marksOf({ availability: '99.9', availability_low: '99.8', availability_high: '100' }, '99.9')).toEqual({ from: 99.75, low: 20, high: 100, point: 60, objective: 60 })
  expect(marksOf({ availability: null, availability_low: null, availability_high: null }, '99.9')).toBeNull()
})

it('periods in words', () => {
  expect(periodName('2026-10')).toBe('October 2026')
  expect(periodName('2026-Q3')).toBe('Q3 2026')
  expect(periodName('2026-10-05T07:00:00Z..2026-10-09T19:00:00Z')).toBe('2026-10-05 07:00 to 2026-10-09 19:00')
})

describe('reports', () => {
  it('asks for what the kind needs', () => {
    expect(reportRequest('sla', 'service:mail', { period: '2026-10' }, '99.9').command).toBe('ninewatch-collector report sla --scope service:mail --period 2026-10 --objective 99.9')
    expect(reportRequest('sla', 'company', { from: 'A', to: 'B' }, '99').command).toBe('ninewatch-collector report sla --scope company --objective 99 --period A..B')
    expect(reportRequest('capacity', 'site:porto', { period: '2026-10' }, '99.9').asked).toEqual({ scope: 'site:porto' })
    expect(reportRequest('inventory', 'service:mail', { period: '2026-10' }, '99.9').asked).toEqual({ scope: 'company', period: '2026-10' })
  })
  it('reads a row of days', () => {
    const day = (date: string, tone: 'quiet' | 'bad', words: string) => ({ date, tone, seconds: 0, text: words })
    expect(stripWords({ name: 'a', title: 'Porto', value: '', days: [day('2026-10-01', 'quiet', 'up all day'), day('2026-10-02', 'bad', 'down 4 min 05 s')] })).toBe('Porto: 2026-10-02 down 4 min 05 s')
    expect(stripWords({ name: 'a', title: 'Porto', value: '', days: [day('2026-10-01', 'quiet', 'up all day')] })).toBe('Porto: nothing was lost')
  })
})
