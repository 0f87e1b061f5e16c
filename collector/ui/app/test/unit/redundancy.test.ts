import { describe, expect, it } from 'vitest'
import { bar, board, cardWords, lasted, scenarioWords, type Class, type Group, type N1 } from '../../src/lib/redundancy'

const group = (name: string, c: Class, states: string[], more: Partial<Group> = {}): Group =>
  ({
    name, class: c, kind: 'lag', words: '', designed: states.length, needed: 1, users: 0, members: states.map((state, i) => ({ name: `te${i}`, state, capacity_bps: null })), ...more,
  }) as unknown as Group

describe('the board', () => {
  it('has the worst first, each group once, and no full ones', () => {
    const all = [group('a', 'full', ['up', 'up']), group('b', 'at_risk', ['up', 'down']), group('c', 'failed', ['down', 'down']), group('d', 'at_risk', ['up', 'down'])]
    expect(board(all).map((c) => [c.class, c.groups.map((g) => g.name)])).toEqual([['failed', ['c']], ['at_risk', ['b', 'd']], ['reduced', []], ['unknown', []]])
  })
  it('shows a split brain only where there is one', () => {
    expect(board([]).map((c) => c.class)).toEqual(['failed', 'at_risk', 'reduced', 'unknown'])
    expect(board([group('v', 'split_brain', [])]).map((c) => c.class)).toEqual(['failed', 'split_brain', 'at_risk', 'reduced', 'unknown'])
  })
})

describe('a card', () => {
  it('counts members', () => expect(cardWords(group('a', 'at_risk', ['up', 'down']))).toBe('1 of 2, min 1'))
  it('gives a range where some are not known', () => expect(cardWords(group('a', 'unknown', ['up', 'unknown', 'unknown']))).toBe('1–3 of 3, min 1'))
  it('names those who stand on it', () => {
    expect(cardWords(group('a', 'full', ['up', 'up'], { users: 1 }))).toBe('2 of 2, min 1 · 1 user')
    expect(cardWords(group('a', 'full', ['up', 'up'], { users: 40 }))).toBe('2 of 2, min 1 · 40 users')
  })
  it('says of routers who does what', () => expect(cardWords(group('v', 'full', [], { kind: 'fhrp', words: 'active a; standby b', users: 2 }))).toBe('active a; standby b · 2 users'))
})

describe('a loss', () => {
  it('is named by what is lost', () => {
    expect(scenarioWords({ scenario: 'member:WAN-A', utilization: 1, fits: false })).toBe('loss of WAN-A')
    expect(scenarioWords({ scenario: 'srlg:duct: east', utilization: 1, fits: false })).toBe('loss of duct: east')
    expect(scenarioWords({ scenario: '', utilization: 0.4, fits: true })).toBe('today')
  })
})

describe('the bar of a load', () => {
  const n1 = (utilization: number | null, holds: boolean, more: Partial<N1> = {}) => ({ worst: { scenario: '', utilization, fits: holds }, holds, limit: 0.8, load_bps: 450e6, capacity_bps: 500e6, ...more }) as unknown as N1
  it('ends at one and a half of what is left', () => {
    expect(bar(n1(0.75, true)).width).toBeCloseTo(0.5)
    expect(bar(n1(9, false)).width).toBe(1)
    expect(bar(n1(0.75, true)).full).toBeCloseTo(2 / 3)
  })
  it('warns in the last tenth below the limit, and is bad where it does not hold', () => {
    expect(bar(n1(0.5, true)).tone).toBe('')
    expect(bar(n1(0.75, true)).tone).toBe('warn')
    expect(bar(n1(0.9, false)).tone).toBe('bad')
  })
  it('says what is left', () => {
    expect(bar(n1(0.9, false)).text).toBe('90\u202f%')
    expect(bar(n1(0.9, false)).load).toMatch(/^450.Mbit\/s on 500.Mbit\/s$/)
    expect(bar(n1(null, false, { capacity_bps: 0 }))).toMatchObject({ width: 1, text: 'nothing left', tone: 'bad' })
  })
})

describe('how long', () => {
  it('has a dash where nobody knows', () => expect(lasted(null)).toBe('–'))
  it('is short', () => expect(lasted(125)).toBe('2 min'))
})
