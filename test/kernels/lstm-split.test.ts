import { describe, expect, it } from 'vitest'
import type { Pointer } from '../../kernels/kernels.ts'
import { type TestHeap, wasmHeap } from './harness.ts'
import {
  type Problem,
  gradients,
  guarded,
  problem,
  results,
  sizes,
  solve,
  wasmDevice,
} from './lstm-problem.ts'

/** The number that kernels/wasm/recurrent-parameters.ts gives the kind. */
const LSTM = 0

describe('any split of the work gives the same bits', () => {
  const blockOf = (heap: TestHeap, words: readonly (number | boolean)[]): Pointer =>
    heap.putInt([...words.map(Number), 0])

  /** The raw kernels, with rows and panels cut at the given places, each range with dirty scratch of its own. */
  function split(p: Problem, rowCuts: readonly number[], panelCuts: readonly number[]): number[] {
    const { heap, exports } = wasmHeap('muladd')
    const put = (values: readonly number[] | undefined) => (values === undefined ? 0 : heap.put(values))
    const size = sizes(p)
    const checks: (() => void)[] = []
    const room = (bytes: number): Pointer => {
      const { at, check } = guarded(heap, bytes >> 2)
      checks.push(check)
      return at
    }
    const names = [...results, ...gradients]
    const at = Object.fromEntries(names.map(name => [name, heap.space(size[name])]))
    const gates = heap.space(size.gates)
    const shape = [LSTM, p.hardSigmoid, p.batch, p.time, p.inputSize, p.units]
    const kernels = [heap.put(p.x), heap.put(p.kernel), heap.put(p.recurrentKernel)]
    const state = [put(p.h0), put(p.c0)]
    const way = [p.mask === undefined ? 0 : heap.putInt(p.mask), p.reverse]
    const saved = [at.out, gates, at.cells]
    const ranges = (cuts: readonly number[]) => cuts.slice(1).map((end, i) => [cuts[i], end] as const)

    const forward = blockOf(heap, [
      ...shape,
      ...kernels,
      put(p.bias),
      ...state,
      ...way,
      ...saved,
      at.hLast,
      at.cLast,
      0,
    ])
    heap.int[(forward >>> 2) + 20] = room(exports.recurrent_forward_packed_bytes(forward))
    exports.recurrent_forward_pack(forward)
    for (const [from, to] of ranges(rowCuts)) {
      exports.recurrent_forward_rows(
        forward,
        room(exports.recurrent_forward_scratch_bytes(forward)),
        from,
        to,
      )
    }

    const incoming = [put(p.dOut), put(p.dhLast), put(p.dcLast)]
    const asked = gradients.map(name => at[name])
    const backward = blockOf(heap, [
      ...shape,
      ...kernels,
      ...state,
      ...way,
      ...saved,
      ...incoming,
      gates,
      ...asked,
    ])
    heap.int[(backward >>> 2) + 26] = room(exports.recurrent_backward_packed_bytes(backward))
    const scratch = () => room(exports.recurrent_backward_scratch_bytes(backward))
    exports.recurrent_backward_pack(backward, scratch())
    for (const [from, to] of ranges(rowCuts)) exports.recurrent_backward_rows(backward, scratch(), from, to)
    for (const [from, to] of ranges(panelCuts)) {
      const own = room(exports.recurrent_kernels_scratch_bytes(backward))
      exports.recurrent_backward_kernels(backward, own, from, to)
    }
    for (const check of checks) check()
    return names.flatMap(name => heap.get(at[name], size[name]))
  }

  it.each([
    { batch: 32, units: 20, rows: [0, 17, 18, 32], panels: [0, 3, 10] },
    { batch: 3, units: 7, rows: [0, 1, 3], panels: [0, 1, 2, 4] },
    { batch: 2, units: 9, rows: [0, 1, 2], panels: [0, 5] },
    { batch: 70, units: 4, rows: [0, 63, 70], panels: [0, 1, 2] },
    { batch: 5, units: 1, rows: [0, 4, 5], panels: [0, 1] },
    { batch: 130, units: 3, rows: [0, 1, 130], panels: [0, 1, 2] },
    { batch: 1, units: 37, rows: [0, 1], panels: [0, 4, 19] },
  ])('batch $batch, $units units', ({ batch, units, rows, panels }) => {
    for (const mask of [undefined, 'post'] as const) {
      const p = problem(batch, 65, 11, units, { mask })
      const whole = split(p, [0, batch], [0, Math.ceil(units / 2)])
      expect(whole.every(Number.isFinite)).toBe(true)
      expect(split(p, rows, panels)).toEqual(whole)
    }
  })

  it('and so does a row in a batch of any size', () => {
    const p = problem(6, 5, 7, 10)
    const first = { ...p, batch: 1, x: p.x.slice(0, 35), h0: p.h0?.slice(0, 10), c0: p.c0?.slice(0, 10) }
    expect(
      solve(wasmDevice(), { ...first, dOut: undefined, dhLast: undefined, dcLast: undefined }).out,
    ).toEqual(solve(wasmDevice(), p).out.slice(0, 50))
  })
})
