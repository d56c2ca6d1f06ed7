import { describe, expect, it } from 'vitest'
import {
  type Options,
  type Problem,
  type Solution,
  type Wanted,
  gradients,
  guarded,
  problem,
  referenceDevice,
  results,
  solve,
  variants,
  wasmDevice,
} from './lstm-problem.ts'

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

describe.each(variants)('the WebAssembly LSTM (%s) agrees with the reference', variant => {
  const compare = (p: Problem, wanted?: Wanted) =>
    expectClose(solve(wasmDevice(variant), p, wanted), solve(referenceDevice(), p, wanted), 5e-6)

  describe.each([1, 3, 4, 5, 8, 16, 64, 100])('%i units', units => {
    it.each([1, 2, 3, 5, 6, 32])('batch %i', batch => {
      for (const time of [1, 2, 7]) {
        for (const inputSize of [1, 9, 64]) compare(problem(batch, time, inputSize, units))
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
    'with the hard sigmoid': { hardSigmoid: true },
    'gradient of nothing': { from: [] },
    'gradient of out': { from: ['dOut'] },
    'gradient of the last h': { from: ['dhLast'] },
    'gradient of the last c': { from: ['dcLast'] },
    'gradient of the last h, masked': { from: ['dhLast'], mask: 'pre' },
  }
  it.each(Object.keys(options))('%s', name => {
    for (const [batch, units] of [
      [1, 5],
      [2, 8],
      [7, 6],
      [70, 12],
    ]) {
      compare(problem(batch, 5, 10, units, options[name]))
      compare(problem(batch, 5, 10, units, options[name]), { inPlace: true })
    }
  })

  it('over more steps than are projected or summed at once', () => {
    for (const batch of [1, 3]) {
      for (const mask of [undefined, 'holes'] as const) compare(problem(batch, 300, 7, 9, { mask }))
    }
  })

  it.each(gradients)('with only %s wanted', name => {
    for (const batch of [1, 5]) compare(problem(batch, 4, 6, 7, { mask: 'holes' }), { gradients: [name] })
  })

  it('with no steps and with no rows', () => {
    for (const batch of [1, 4]) {
      compare(problem(batch, 0, 3, 5))
      compare(problem(batch, 0, 3, 5, { state: false }))
    }
    compare(problem(0, 3, 3, 5))
  })

  it('passes NaN on in the rows that have it, and only there', () => {
    const p = problem(3, 2, 4, 4)
    const x = p.x.map((value, i) => (i === 0 ? Number.NaN : value))
    const { hLast } = solve(wasmDevice(variant), { ...p, x })
    const { hLast: clean } = solve(wasmDevice(variant), p)
    expect(hLast.slice(0, 4)).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN])
    expect(hLast.slice(4)).toEqual(clean.slice(4))
  })

  it('keeps nothing but the last state in inference', () => {
    for (const batch of [1, 2, 6]) {
      const p = problem(batch, 5, 7, 6, { mask: 'holes' })
      const { heap, lstm } = wasmDevice(variant)
      const last = [guarded(heap, batch * 6), guarded(heap, batch * 6)]
      lstm.lstmForward({
        ...p,
        x: heap.put(p.x),
        kernel: heap.put(p.kernel),
        recurrentKernel: heap.put(p.recurrentKernel),
        bias: heap.put(p.bias ?? []),
        h0: heap.put(p.h0 ?? []),
        c0: heap.put(p.c0 ?? []),
        mask: heap.putInt(p.mask ?? []),
        out: 0,
        gates: 0,
        cells: 0,
        hLast: last[0].at,
        cLast: last[1].at,
      })
      const { hLast, cLast } = solve(wasmDevice(variant), p)
      expect(heap.get(last[0].at, batch * 6)).toEqual(hLast)
      expect(heap.get(last[1].at, batch * 6)).toEqual(cLast)
      for (const { check } of last) check()
    }
  })
})

describe('the reference LSTM has the gradient that finite differences say', () => {
  const inputs = {
    dx: 'x',
    dKernel: 'kernel',
    dRecurrentKernel: 'recurrentKernel',
    dBias: 'bias',
    dh0: 'h0',
    dc0: 'c0',
  }

  function expectGradients(p: Problem): void {
    const dot = (a: readonly number[], b: readonly number[] = []) =>
      b.reduce((sum, value, i) => sum + value * a[i], 0)
    const loss = (q: Problem): number => {
      const { out, hLast, cLast } = solve(referenceDevice(), q)
      return dot(out, p.dOut) + dot(hLast, p.dhLast) + dot(cLast, p.dcLast)
    }
    const solution = solve(referenceDevice(), p)
    for (const name of gradients) {
      const input = inputs[name] as keyof Problem
      const values = p[input] as readonly number[]
      for (const i of [0, values.length >> 1, values.length - 1]) {
        const moved = (by: number) => loss({ ...p, [input]: values.map((v, j) => (i === j ? v + by : v)) })
        const step = 1e-5
        expect(solution[name][i], `${name}[${i}]`).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 7)
      }
    }
  }

  const options: Record<string, Options> = {
    plain: {},
    reversed: { reverse: true },
    'with holes': { mask: 'holes' },
    'reversed with holes': { mask: 'holes', reverse: true },
    'with the hard sigmoid': { hardSigmoid: true },
  }
  it.each(Object.keys(options))('%s', name => expectGradients(problem(3, 4, 3, 2, options[name])))
})
