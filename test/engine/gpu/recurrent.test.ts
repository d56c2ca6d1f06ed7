import { describe, expect, it } from 'vitest'
import type { ProductOp } from '../../../kernels/gpu/program.ts'
import { offloadedRecurrences, type ProductPolicy } from '../../../src/engine/gpu/recurrent.ts'
import { createWasmGemm } from '../../../src/engine/wasm-gemm.ts'
import { createWasmRecurrent } from '../../../src/engine/wasm-recurrent.ts'
import { wasmHeap } from '../../kernels/harness.ts'
import * as lstm from '../../kernels/lstm-problem.ts'
import * as others from '../../kernels/recurrent-problem.ts'

/** Kernels whose products go where `wanted` says; the "GPU" is our own matrix product. */
function offloaded(wanted: (op: ProductOp) => boolean) {
  const { heap, exports } = wasmHeap('muladd')
  const policy: ProductPolicy = { wants: wanted, stays: () => {} }
  const below = createWasmRecurrent(exports, heap)
  let products = 0
  const gemm = createWasmGemm(exports, heap)
  const kernels = offloadedRecurrences(
    below,
    (...call) => {
      products++
      gemm(...call)
    },
    heap,
    policy,
  )
  return { heap, kernels, lstm: kernels, products: () => products }
}

function expectClose(
  actual: Readonly<Record<string, readonly number[]>>,
  expected: Readonly<Record<string, readonly number[]>>,
): void {
  for (const [name, values] of Object.entries(expected)) {
    expect(actual[name].length, name).toBe(values.length)
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
    const error = values.reduce((most, value, i) => Math.max(most, Math.abs(actual[name][i] - value)), 0)
    expect(error / scale, name).toBeLessThan(5e-6)
  }
}

const choices: Record<string, (op: ProductOp) => boolean> = {
  'all products': () => true,
  'only x·W': op => op === 'nn',
  'only dX': op => op === 'nt',
  'only dW and dU': op => op === 'tn',
}
const situations = {
  plain: {},
  'without a first state': { state: false },
  'with holes': { mask: 'holes' },
  'reversed and pre-padded': { reverse: true, mask: 'pre' },
  'reversed without a first state': { reverse: true, state: false },
} as const

describe.each(Object.entries(choices))('with %s outside the sweep', (_, wanted) => {
  describe.each(Object.entries(situations))('%s', (_, options) => {
    it('an LSTM gives the results and gradients of the reference', () => {
      for (const [batch, time, inputSize, units] of [
        [1, 5, 4, 3],
        [7, 4, 9, 13],
        [61, 3, 5, 16],
      ]) {
        const p = lstm.problem(batch, time, inputSize, units, options)
        for (const inPlace of [false, true])
          expectClose(lstm.solve(offloaded(wanted), p, { inPlace }), lstm.solve(lstm.referenceDevice(), p))
      }
    })

    it.each(Object.keys(others.cells) as others.CellName[])('a %s does so, too', cell => {
      for (const sizes of [
        [1, 5, 4, 3],
        [7, 4, 9, 13],
        [61, 3, 5, 16],
      ] as const) {
        const p = others.problem(cell, sizes, options)
        expectClose(others.solve(offloaded(wanted), p), others.solve(others.referenceDevice(), p))
      }
    })
  })
})

it('hands over one product forward and three backward for an LSTM', () => {
  const device = offloaded(() => true)
  lstm.solve(device, lstm.problem(4, 5, 6, 7))
  expect(device.products()).toBe(4)
})

it('asks for no product whose result nobody wants', () => {
  const device = offloaded(() => true)
  lstm.solve(device, lstm.problem(4, 5, 6, 7), { gradients: ['dBias'] })
  expect(device.products()).toBe(1)
})

describe('the reference', () => {
  it('takes a projection in the place of x', () => {
    const { heap, lstm: kernels } = lstm.referenceDevice()
    const p = lstm.problem(2, 3, 4, 5)
    const expected = lstm.solve(lstm.referenceDevice(), p)
    const projected = heap.put(
      Array.from({ length: 2 * 3 * 20 }, (_, i) => {
        const [row, column] = [Math.floor(i / 20), i % 20]
        return [0, 1, 2, 3].reduce((sum, j) => sum + p.x[row * 4 + j] * p.kernel[j * 20 + column], 0)
      }),
    )
    const [out, hLast, cLast] = [heap.space(30), heap.space(10), heap.space(10)]
    kernels.lstmForward({
      ...{ batch: 2, time: 3, inputSize: 0, units: 5, x: 0, kernel: 0, mask: 0 },
      ...{ reverse: false, hardSigmoid: false, gates: 0, cells: 0, out, hLast, cLast, projected },
      recurrentKernel: heap.put(p.recurrentKernel),
      bias: heap.put(p.bias ?? []),
      h0: heap.put(p.h0 ?? []),
      c0: heap.put(p.c0 ?? []),
    })
    expectClose({ out: heap.get(out, 30) }, { out: expected.out })
  })
})
