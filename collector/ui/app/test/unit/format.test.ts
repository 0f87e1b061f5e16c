import { describe, expect, it } from 'vitest'
import * as f from '../../src/lib/format'

const plain = (s: string) => s.replace(/\u202f/g, ' ')
const table = <T>(fn: (v: T) => string, rows: [T, string][]) => it.each(rows)('%s → %s', (v, want) => expect(plain(fn(v))).toBe(want))

describe('bit rate: SI, three digits, never Mbps', () => table(f.bitRate, [
  [684e6, '684 Mbit/s'], [1.21e9, '1.21 Gbit/s'], [1e9, '1 Gbit/s'], [62e6, '62 Mbit/s'], [12.34e6, '12.3 Mbit/s'], [400e3, '400 kbit/s'], [999.6e6, '1 Gbit/s'], [999.4e6, '999 Mbit/s'],
  [9.996e9, '10 Gbit/s'], [512, '512 bit/s'], [0, '0'], [1e11, '100 Gbit/s'], [4e14, '400 Tbit/s'], [null, '–'], [undefined, '–'], [NaN, '–'], [0.4, '0 bit/s'],
]))
describe('axis', () => table(f.bitAxis, [[750e6, '750 M'], [-250e6, '250 M'], [0, '0'], [2.5e3, '2.5 k'], [1e9, '1 G'], [500, '500']]))
describe('bytes in storage and memory: binary', () => table(f.bytesBinary, [[35.6 * 2 ** 40, '35.6 TiB'], [8 * 2 ** 30, '8 GiB'], [1023, '1023 B'], [1024, '1 KiB'], [0, '0 B'], [null, '–']]))
describe('bytes moved: SI', () => table(f.bytesMoved, [[4.1e12, '4.1 TB'], [999, '999 B'], [1500, '1.5 kB'], [null, '–']]))
describe('counts', () => table(f.count, [[1274, '1,274'], [86400, '86,400'], [999, '999'], [1234567, '1,234,567'], [0, '0'], [null, '–']]))
describe('percent: cut off, never rounded up', () => {
  table(f.percent, [[0.7199, '71 %'], [0.71, '71 %'], [0.29, '29 %'], [0.999999, '99 %'], [1, '100 %'], [0, '0 %'], [null, '–']])
  it('keeps the decimals asked for', () => expect(plain(f.percent(0.014749, 1))).toBe('1.4 %'))
  it('of loss in small parts', () => expect(plain(f.percent(0.00021, 2))).toBe('0.02 %'))
})
describe('availability: the string of the server', () => table(f.availability, [['99.8993', '99.8993 %'], ['100.0000', '100.0000 %'], [null, '–']]))
it('bounds say what is unknown', () => expect(plain(f.bounds('99.9112', '99.9704', 720))).toBe('between 99.9112 and 99.9704 %: 12 min 00 s unknown'))
describe('duration: two units', () => table(f.duration, [
  [25, '25 s'], [1488, '24 min 48 s'], [662, '11 min 02 s'], [8820, '2 h 27 min'], [36240, '10 h 04 min'], [298800, '3 d 11 h'], [784800, '9 d 02 h'], [59.99, '59 s'], [0, '0 s'], [-3, '0 s'], [null, '–'],
]))
describe('short duration', () => table(f.durationShort, [[1488, '24 min'], [42, '42 s'], [8820, '2 h 27 min'], [null, '–']]))
describe('budget: time, not percent', () => {
  table(f.budgetLeft, [[378, '6 min 18 s'], [-279, '4 min over'], [0, '0 s'], [null, '–']])
  it('one unit in tables', () => expect(f.budgetLeft(378, true)).toBe('6 min'))
})
describe('uncertainty', () => table(f.uncertainty, [[0.5, '±0.5 s'], [0.01, '±0.1 s'], [5, '±5 s'], [90, '±1 min 30 s'], [0, ''], [null, '']]))
describe('round trip', () => table(f.rtt, [[0.0041, '4.1 ms'], [0.00061, '0.61 ms'], [0.00004, '0.04 ms'], [0.000004, '0.004 ms'], [0.1284, '128 ms'], [1.236, '1.24 s'], [0, '0.00 ms'], [null, '–']]))
it('loss comes with its counts', () => {
  expect(f.lossCounts(1274, 86400)).toBe('1,274 of 86,400')
  expect(f.lossCounts(null, 10)).toBe('–')
})
it('plurals', () => {
  expect(f.plural(1, 'device')).toBe('1 device')
  expect(f.plural(681, 'device')).toBe('681 devices')
  expect(f.plural(2, 'delivery', 'deliveries')).toBe('2 deliveries')
})
