import { describe, expect, it } from 'vitest'
import { variants } from './lstm-problem.ts'
import {
  type CellName,
  cells,
  gradients,
  type Options,
  type Problem,
  problem,
  referenceDevice,
  results,
  type Solution,
  solve,
  type Wanted,
  wasmDevice,
} from './recurrent-problem.ts'

const names = Object.keys(cells) as CellName[]

/** Float32 against float64: errors grow with the number of summands, so they are judged by the largest entry. */
function expectClose(actual: Solution, expected: Solution, tolerance: number): void {
  for (const name of [...results, ...gradients]) {
    expect(actual[name].length, name).toBe(expected[name].length)
    const scale = expected[name].reduce((most, value) => Math.max(most, Math.abs(value)), 1)
    let error = 0
    actual[name].forEach((value, i) => {
      const difference = Math.abs(value - expected[name][i])
      if (!(difference <= error)) error = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference
    })
    expect(error / scale, name).toBeLessThan(tolerance)
  }
}

describe.each(variants)('on WebAssembly (%s)', variant => {
  describe.each(names)('the %s agrees with the reference', cell => {
    /** One pair of devices per test: to make them takes longer than to use them. */
    const comparison = () => {
      const [wasm, reference] = [wasmDevice(variant), referenceDevice()]
      return (p: Problem, wanted?: Wanted) =>
        expectClose(solve(wasm, p, wanted), solve(reference, p, wanted), 5e-6)
    }

    describe.each([1, 3, 4, 5, 13, 64])('%i units', units => {
      it.each([1, 2, 3, 5, 6, 32])('batch %i', batch => {
        const compare = comparison()
        for (const time of [1, 2, 7]) {
          for (const inputSize of [1, 9, 40]) compare(problem(cell, [batch, time, inputSize, units]))
        }
      })
    })

    const options: Record<string, Options> = {
      'without bias': { bias: false },
      'without a first state': { state: false },
      'pre-padded': { mask: 'pre' },
      'post-padded': { mask: 'post' },
      'with holes': { mask: 'holes' },
      'with holes and without a first state': { mask: 'holes', state: false },
      reversed: { reverse: true },
      'reversed without a first state': { reverse: true, state: false },
      'reversed and pre-padded': { reverse: true, mask: 'pre' },
      'with the other activation': { unusual: true },
      'gradient of nothing': { from: [] },
      'gradient of out': { from: ['dOut'] },
      'gradient of the last h': { from: ['dhLast'] },
      'gradient of the last h, masked': { from: ['dhLast'], mask: 'pre' },
    }
    it.each(Object.keys(options))('%s', name => {
      const compare = comparison()
      for (const batch of [1, 3, 7, 61]) {
        for (const units of [6, 9, 16]) compare(problem(cell, [batch, 6, 5, units], options[name]))
      }
    })

    it('where only some gradients are asked for', () => {
      const compare = comparison()
      for (const batch of [2, 7]) {
        const p = problem(cell, [batch, 5, 6, 9])
        for (const name of gradients) compare(p, { gradients: [name] })
        compare(p, { gradients: [] })
      }
    })

    it('over more steps than a block of the parameter gradients holds', () => {
      const compare = comparison()
      compare(problem(cell, [5, 130, 3, 5], { mask: 'holes' }))
      compare(problem(cell, [1, 300, 3, 5]))
    })

    it('and gives the same bits when dGates takes the place of the gates', () => {
      if (!cells[cell].isGru) return
      for (const batch of [1, 6]) {
        const p = problem(cell, [batch, 9, 5, 11], { mask: 'holes' })
        expect(solve(wasmDevice(variant), p, { inPlace: true })).toEqual(solve(wasmDevice(variant), p))
      }
    })
  })
})

describe.each(names)('the %s of the reference', cell => {
  it('has the gradients that differences give', () => {
    const p = problem(cell, [2, 3, 2, 3], { mask: 'holes', reverse: true })
    const device = referenceDevice()
    const loss = (q: Problem): number => {
      const { out, hLast } = solve(device, q)
      const dot = (a: number[], b: readonly number[] = []) =>
        a.reduce((sum, v, i) => sum + v * (b[i] ?? 0), 0)
      return dot(out, p.dOut) + dot(hLast, p.dhLast)
    }
    const solution = solve(device, p)
    const inputs = {
      x: 'dx',
      kernel: 'dKernel',
      recurrentKernel: 'dRecurrentKernel',
      bias: 'dBias',
      h0: 'dh0',
    } as const
    for (const [input, gradient] of Object.entries(inputs)) {
      const values = p[input as keyof typeof inputs] ?? []
      values.forEach((value, i) => {
        const moved = (by: number) => loss({ ...p, [input]: values.with(i, value + by) })
        const slope = (moved(1e-5) - moved(-1e-5)) / 2e-5
        expect(solution[gradient][i], `${gradient}[${i}]`).toBeCloseTo(slope, 7)
      })
    }
  })
})
