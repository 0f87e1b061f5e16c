import { describe, expect, it } from 'vitest'
import * as p from '../../src/lib/prom'
import { parseRange } from '../../src/lib/range'
import { roundStep, ticksBetween } from '../../src/lib/scale'
import { axisMs, lossToken, lostSpans, smokeScale } from '../../src/ui/smoke'
import { trafficScale } from '../../src/ui/traffic'

describe('queries', () => {
  it('a day of 30 s polls, and of a history of 5-minute samples', () => expect(p.trafficQuery('lis-edge-1', 'Te0/0/0', 'In', 30, 300))
    .toBe('8 * rate(ifHCInOctets{device="lis-edge-1",ifName="Te0/0/0"}[600s]) and present_over_time(ifHCInOctets{device="lis-edge-1",ifName="Te0/0/0"}[300s])'))
  it('an hour', () => expect(p.trafficQuery('a', 'e', 'Out', 30, 30)).toBe('8 * rate(ifHCOutOctets{device="a",ifName="e"}[120s]) and present_over_time(ifHCOutOctets{device="a",ifName="e"}[60s])'))
  it('a month', () => expect(p.trafficQuery('a', 'e', 'In', 30, 7200)).toBe('8 * rate(ifHCInOctets{device="a",ifName="e"}[7200s])'))
  it('peaks between two polls', () => {
    expect(p.peakQuery('a', 'e', 'In', 30, 300)).toBe('max_over_time((8 * rate(ifHCInOctets{device="a",ifName="e"}[60s]))[300s:30s])')
    expect(p.peakQuery('a', 'e', 'In', 30, 30)).toBeNull()
  })
  it('95th percentile of 5-minute means', () => expect(p.p95Query('a', 'e', 'In', 30, 86400)).toBe('quantile_over_time(0.95, (8 * rate(ifHCInOctets{device="a",ifName="e"}[600s]))[86400s:300s])'))
  it('smoke keeps the extremes', () => expect(p.rttQuery('a', 300)).toBe('avg_over_time(ninewatch_icmp_rtt_seconds{device="a",quantile!~"0|1"}[300s]) or min_over_time(ninewatch_icmp_rtt_seconds{device="a",quantile="0"}[300s]) or max_over_time(ninewatch_icmp_rtt_seconds{device="a",quantile="1"}[300s])'))
  it('names with quotes stay inside', () => expect(p.quote('a"b\\c\n')).toBe('"a\\"b\\\\c\\n"'))
})

describe('grid', () => {
  it('steps are round and at least the interval', () => {
    const at = (text: string, interval = 30) => p.gridFor(parseRange(text, 1795012320)!, interval).step
    expect([at('1h'), at('6h'), at('24h'), at('7d'), at('30d'), at('90d')]).toEqual([30, 60, 300, 1800, 7200, 21600])
    expect(at('1h', 300)).toBe(300)
  })
  it('gaps stay gaps', () => {
    const g = { from: 100, to: 150, step: 10, times: [100, 110, 120, 130, 140, 150] }
    expect(p.onGrid([[100, '1'], [110, '2'], [140, '5'], [150, 'NaN'], [200, '9']], g)).toEqual([1, 2, null, null, 5, null])
  })
  it('coarse history only before the first fine point', () => {
    expect(p.fillBefore([null, null, 3, null, 5], [10, 11, 12, 13, 14])).toEqual([10, 11, 3, null, 5])
    expect(p.fillBefore([null, null], [1, null])).toEqual([1, null])
    expect(p.fillBefore([1, null], [7, 8])).toEqual([1, null])
  })
})

describe('loss', () => {
  it('is counted between points; a restart begins anew; a gap is not known', () => {
    expect(p.increments([10, 20, 20, null, 40, 5])).toEqual([null, 10, 0, null, null, 5])
  })
  it('has a share only where something was sent', () => {
    expect(p.lossOf([60, 60, 0, null, 60], [60, 30, 0, null, 0])).toEqual({ lost: 90, sent: 180, ratio: [0, 0.5, null, null, 1] })
  })
  it('never goes below zero for a late reply', () => expect(p.lossOf([60], [61]).ratio).toEqual([0]))
  it('complete loss is one span over steps in which nothing was counted', () => {
    expect(lostSpans([0, 1, null, 1, 0, 1, null, null])).toEqual([{ from: 1, to: 3 }, { from: 5, to: 5 }])
  })
  it('has five colours', () => {
    expect([0, null, 0.01, 0.02, 0.021, 0.1, 0.5, 0.51, 1].map(lossToken)).toEqual(['--d-line', '--d-line', '--loss-1', '--loss-1', '--loss-2', '--loss-2', '--loss-3', '--loss-4', '--loss-4'])
  })
})

describe('scales', () => {
  it('round steps', () => expect([0.7, 1, 1.1, 2.1, 2.6, 7, 0, 280e6].map(roundStep)).toEqual([1, 1, 2, 2.5, 5, 10, 1, 5e8]))
  it('ticks', () => expect(ticksBetween(-520, 1080, 250)).toEqual([-500, -250, 0, 250, 500, 750, 1000]))
  it('capacity is on the picture when a quarter of it is used', () => {
    const s = trafficScale(842e6, 318e6, 1e9)
    expect([s.withCapacity, s.step, Math.round(s.high / 1e6)]).toEqual([true, 250e6, 1060])
    expect(trafficScale(41e6, 40e6, 2e9).withCapacity).toBe(false)
    expect(trafficScale(0, 0, null).high).toBeGreaterThan(0)
  })
  it('one slow echo does not flatten the smoke', () => {
    const q = [0.5, 0.7, 0.9, 1, 1.2, 1.6, 2].map((k) => Array.from({ length: 100 }, (_, i) => (k === 2 && i === 50 ? 0.9 : k * 0.004)))
    expect(smokeScale(q).high).toBeLessThan(0.015)
  })
  it('ticks say what they are', () => expect([axisMs(0.0025, 0.0025), axisMs(0.005, 0.0025), axisMs(0.01, 0.005), axisMs(0.00005, 0.00005)]).toEqual(['2.5 ms', '5.0 ms', '10 ms', '0.05 ms']))
})

it('numbers of a range', () => {
  expect(p.median([null, 3, 1, 2])).toBe(2)
  expect(p.median([1, 2])).toBe(1.5)
  expect(p.median([null])).toBeNull()
  expect(p.highest([1, null, 5, 5], [10, 20, 30, 40])).toEqual({ value: 5, at: 30 })
  expect(p.lastOf([1, 2, null])).toEqual({ value: 2, index: 1 })
})
