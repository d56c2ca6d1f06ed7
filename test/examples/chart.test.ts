import { describe, expect, it } from 'vitest'
import { chart } from '../../examples/text-classifier/chart.ts'

const loss = { name: 'training', values: [0.8, 0.4, 0.2] }

describe('chart', () => {
  it('draws a falling line from its first to its last value, over numbered epochs', () => {
    expect(chart([loss], { width: 24, height: 4 })).toBe(
      [
        '0.800 ┤●●●',
        '0.600 ┤   ●●●',
        '0.400 ┤      ●●●●●●',
        '0.200 ┤            ●●●●●',
        '      └┬───────┬───────┬',
        '       1       2       3',
        '       ● training',
      ].join('\n'),
    )
  })

  it('gives a second series a mark of its own, and the first one the upper hand', () => {
    const text = chart([loss, { name: 'held out', values: [0.8, 0.8, 0.8] }], { width: 40 })
    expect(text).toContain('● training  ○ held out')
    expect(text.split('\n')[0]).toMatch(/^0\.80* ┤●+○+$/)
  })

  it('keeps a steep line connected', () => {
    const rows = chart([{ name: 'step', values: [0, 0, 1, 1] }], { width: 20, height: 6 }).split('\n')
    for (const row of rows.slice(0, 6)) expect(row).toContain('●')
  })

  it.each([20, 40, 76, 200])('fits into %i columns', width => {
    const values = Array.from({ length: 123 }, (_, i) => Math.exp(-i / 20))
    for (const line of chart([{ name: 'x', values }], { width }).split('\n'))
      expect(Array.from(line).length).toBeLessThanOrEqual(width)
  })

  it('numbers the last epoch, as long as there is room', () => {
    const values = Array.from({ length: 10 }, (_, i) => i)
    expect(
      chart([{ name: 'x', values }], { width: 40 })
        .split('\n')
        .at(-2),
    ).toMatch(/ 9 +10$/)
  })

  it('draws one epoch, a flat line, and nothing at all', () => {
    expect(chart([{ name: 'one', values: [0.5] }], { width: 30 })).toMatch(/● *\n|●\n/)
    expect(chart([{ name: 'flat', values: [2, 2] }], { width: 30 })).toContain('●●●●')
    expect(chart([{ name: 'none', values: [] }])).toBe('nothing to draw')
  })

  it('leaves out what is not finite', () => {
    const text = chart([{ name: 'x', values: [1, Number.NaN, Number.POSITIVE_INFINITY, 0] }], { width: 30 })
    expect(text).not.toMatch(/NaN|Infinity/)
    expect(text).toContain('●')
  })
})
