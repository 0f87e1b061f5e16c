import { describe, expect, it } from 'vitest'
import { parseInstant, parseRange, rangeLabel, shiftRange } from '../../src/lib/range'
import * as t from '../../src/lib/time'

const now = Date.parse('2026-11-18T14:32:00Z')
const lisbon = 'Europe/Lisbon'

describe('instants', () => {
  it('a clock', () => expect(t.clock('2026-11-18T14:07:12.400Z', lisbon)).toBe('14:07:12'))
  it('in summer', () => expect(t.instant('2026-10-21T18:58:30Z', lisbon)).toBe('Wed 21 Oct 19:58:30'))
  it('the page names its zone', () => expect(`${t.dateLong(now, lisbon)} ${t.zoneName(lisbon)}`).toBe('Wed 18 Nov 2026, 14:32 Lisbon'))
  it('zones', () => {
    expect(t.zoneName('America/Sao_Paulo')).toBe('Sao Paulo')
    expect(t.zoneName('Etc/UTC')).toBe('UTC')
  })
  it('September is Sep', () => expect(t.dayMonth('2026-09-03T12:00:00Z', 'UTC')).toBe('3 Sep'))
  it('days before today', () => {
    expect(t.when('2026-11-18T05:10:00Z', now, lisbon)).toBe('Today 05:10')
    expect(t.when('2026-11-17T23:10:00Z', now, lisbon)).toBe('Yesterday 23:10')
    expect(t.when('2026-11-16T22:05:00Z', now, lisbon)).toBe('16 Nov 22:05')
    expect(t.since('2026-11-18T14:20:58Z', now, lisbon)).toBe('14:20')
    expect(t.since('2026-11-17T14:20:58Z', now, lisbon)).toBe('yesterday 14:20')
  })
  it('a calendar day is not moved by a zone', () => expect(t.calendarDay('2026-11-18')).toBe('Wed 18 Nov'))
  it('wall clocks, also on the day the clocks change', () => {
    expect(t.fromWall(2026, 10, 25, 9, 0, lisbon).toISOString()).toBe('2026-10-25T09:00:00.000Z')
    expect(t.fromWall(2026, 10, 24, 9, 0, lisbon).toISOString()).toBe('2026-10-24T08:00:00.000Z')
    expect(t.wall(now, lisbon)).toBe('2026-11-18 14:32')
  })
})

describe('ranges', () => {
  const s = now / 1000
  const range = (text: string) => {
    const r = parseRange(text, s, lisbon)
    return r && [new Date(r.from * 1000).toISOString(), new Date(r.to * 1000).toISOString(), r.live]
  }
  it.each([
    ['24h', ['2026-11-17T14:32:00.000Z', '2026-11-18T14:32:00.000Z', true]],
    ['now-7d', ['2026-11-11T14:32:00.000Z', '2026-11-18T14:32:00.000Z', true]],
    ['2026-10', ['2026-09-30T23:00:00.000Z', '2026-11-01T00:00:00.000Z', false]],
    ['2026-Q3', ['2026-06-30T23:00:00.000Z', '2026-09-30T23:00:00.000Z', false]],
    ['2026-12', null], // begins after now: one minute is shown, see below
    ['2026-11-05 09:00..2026-11-05 10:30', ['2026-11-05T09:00:00.000Z', '2026-11-05T10:30:00.000Z', false]],
    ['now-2h..now', ['2026-11-18T12:32:00.000Z', '2026-11-18T14:32:00.000Z', true]],
    ['1763460000..1763463600', ['2025-11-18T10:00:00.000Z', '2025-11-18T11:00:00.000Z', false]],
    ['10s', null], ['now..now-2h', null], ['yesterday', null], ['2026-13', null], ['2026-11-40..now', null], ['', null],
  ] as const)('%s', (text, want) => {
    if (text === '2026-12') return expect(parseRange(text, s, lisbon)!.to - parseRange(text, s, lisbon)!.from).toBe(60)
    expect(range(text)).toEqual(want)
  })
  it('unreadable instants are not guessed', () => {
    for (const x of ['now-', 'now+1h', '5', '2026-11-05 25:00', 'x']) expect(parseInstant(x, s, lisbon)).toBeNull()
  })
  it('shifts by its width, not past now', () => {
    const r = parseRange('24h', s, lisbon)!
    expect(shiftRange(r, -1, s)).toBe(`${s - 172800}..${s - 86400}`)
    expect(shiftRange(r, 1, s)).toBe('24h')
    expect(shiftRange(parseRange(`${s - 172800}..${s - 86400}`, s)!, 1, s)).toBe(`${s - 86400}..${s}`)
  })
  it('is named in words', () => {
    expect(rangeLabel(s - 3600, s, lisbon)).toBe('18 Nov 13:32 – 14:32')
    expect(rangeLabel(s - 86400, s, lisbon)).toBe('17 Nov 14:32 – 18 Nov 14:32')
    expect(parseRange('24h', s)!.label).toBe('Last 24 hours')
  })
})
