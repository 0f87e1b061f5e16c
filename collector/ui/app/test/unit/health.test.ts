import { describe, expect, it } from 'vitest'
import { inOrder, reading, sensors } from '../../src/ui/health'

describe('sensors', () => {
  it('are written with their unit', () => {
    expect(reading(21.5, 'celsius')).toBe('21.5 °C')
    expect(reading(12.0625, 'volt')).toBe('12.06 V')
    expect(reading(5400, 'rpm')).toBe('5400 rpm')
    expect(reading(3, '1')).toBe('3')
    expect(reading(-2.31, 'dBm')).toBe('-2.31 dBm')
  })
  it('join their value and their status, and states have a status alone', () => {
    const inlet = { sensor: 'Inlet', class: 'temperature' }
    const got = sensors([{ metric: { ...inlet, unit: 'celsius' }, value: 31 }], [{ metric: { ...inlet, unit: 'celsius' }, values: [30, 31] }], [
      { metric: inlet, value: 1 }, { metric: { sensor: 'PSU 1', class: 'state', part: 'power_supply' }, value: 2 }, { metric: { sensor: 'Door', class: 'state' }, value: 0 },
    ])
    expect(got.sensors.map((s) => [s.name, s.value, s.status, s.line])).toEqual([['Inlet', '31 °C', 1, [30, 31]], ['Door', '', 0, []]])
    expect(got.parts.map((s) => [s.name, s.value, s.status])).toEqual([['PSU 1', '', 2]])
  })
  it('begin with what is wrong', () => {
    const of = (name: string, status: number | null) => ({ key: name, name, klass: 'state', part: '', value: '', status, line: [] })
    expect(inOrder([of('Fan 10', 0), of('Fan 2', 0), of('Fan 3', 1), of('Fan 4', 2), of('Fan 1', null)]).map((s) => s.name)).toEqual(['Fan 4', 'Fan 3', 'Fan 1', 'Fan 2', 'Fan 10'])
  })
})
