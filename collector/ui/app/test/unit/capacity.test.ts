import { describe, expect, it } from 'vitest'
import { amount, countWords, dateWords, fullWords, sizes, type Outlook } from '../../src/lib/capacity'
import { trust } from '../../src/ui/outlook'
import { assumptions } from '../../src/ui/whatif'

const now = '2026-11-18'
const base = {
  full_on: { p10: '2027-01-27', p50: '2027-02-09', p90: '2027-03-03' }, over_since: null, backtest: { mase: 0.82, naive_mase: 1, coverage80: 0.79, n: 330 },
  model: 'robust trend', history_days: 190, coverage: 1, shifts: [], day: now,
} as unknown as Outlook

describe('dates of a plan', () => {
  it('have a year where it is another', () => {
    expect(dateWords('2026-11-28', now)).toBe('28 Nov')
    expect(dateWords('2027-02-09', now)).toBe('9 Feb 2027')
    expect(dateWords(null, now)).toBe('–')
  })
  it('are an interval with the likely day', () => expect(fullWords(base, now)).toEqual({ text: '27 Jan 2027 – 3 Mar 2027', tone: '', note: 'likely 9 Feb 2027' }))
  it('are open where the latest lies beyond', () => expect(fullWords({ ...base, full_on: { p10: '2027-06-18', p50: null, p90: null } }, now).text).toBe('18 Jun 2027 – later'))
  it('are since when, of what is over', () => expect(fullWords({ ...base, over_since: '2026-11-04' }, now)).toEqual({ text: 'since 4 Nov', tone: 'down', note: '15 days' }))
  it('are none for what has time', () => expect(fullWords({ ...base, full_on: { p10: null, p50: null, p90: null } }, now).text).toBe('not within a year'))
})

describe('words of a plan', () => {
  it('have units', () => {
    expect(amount(41.5, 'percent')).toBe('41.5 %')
    expect(amount(370, 'watts')).toBe('370 W')
    expect(amount(null, 'bit/s')).toBe('–')
  })
  it('count what is watched', () => expect(countWords({ interface: 2, circuit: 1, processor: 1 })).toBe('3 links, 1 processor'))
  it('say how far to trust', () => expect(trust(base)).toContain('the 80 % band caught 79'))
  it('offer larger sizes', () => expect(sizes(1e9)).toEqual([1e9, 2e9, 3e9, 5e9, 1e10]))
})

describe('assumptions', () => {
  it('are read from the address, numbers alone', () => expect(assumptions(new URLSearchParams('wi.growth=150&wi.lead=x&class=links'))).toBe('growth=150'))
})
