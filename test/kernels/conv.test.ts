import { describe, expect, it } from 'vitest'
import type { Pointer } from '../../kernels/kernels.ts'
import { createWasmConv, type WindowSharing } from '../../src/engine/wasm-conv.ts'
import { type ConvProblem, convProblem, largeProblems, sizesOf } from './conv-problem.ts'
import { wasmHeap } from './harness.ts'
import { firstDifference, generator, guarded, type Library, onBoth, randoms, variants } from './twins.ts'

const problems = [...Array.from({ length: 60 }, (_, i) => convProblem(i + 1)), ...largeProblems]

/** What each kernel computes. */
const targets = { convForward: 'y', convInput: 'x', convKernel: 'kernel' } as const
type ConvKernel = keyof typeof targets

/** Runs one of the kernels on random numbers. */
function run(library: Library, name: ConvKernel, problem: ConvProblem, withBias: boolean): number[] {
  const { heap, kernels } = library
  const sizes = sizesOf(problem)
  const target = targets[name]
  const { out, read } = guarded(library, sizes[target])
  const place = (array: keyof typeof sizes): Pointer =>
    array === target ? out : heap.put(randoms(sizes[array]))
  const bias = withBias && name === 'convForward' ? heap.put(randoms(problem.filters, 1, 99)) : 0
  kernels[name]({ ...problem, x: place('x'), kernel: place('kernel'), y: place('y'), bias })
  return read()
}

describe.each(variants)('convolution (%s)', variant => {
  it.each(Object.keys(targets) as ConvKernel[])('%s gives what the reference gives', name => {
    for (const [i, problem] of problems.entries()) {
      const { got, want } = onBoth(variant, library => run(library, name, problem, i % 2 === 0))
      expect([problem, firstDifference(got, want, 2e-6, 2e-5)]).toEqual([problem, undefined])
    }
  })

  it('gives the same bits for any split of the ranges', () => {
    const draw = generator(3)
    for (const problem of problems.slice(45)) {
      const { heap, exports } = wasmHeap(variant)
      /** Runs a range kernel in random parts, the last one first. */
      const inParts: WindowSharing = {
        threads: 1,
        run: (kernel, block, scratch, _, count) => {
          for (let end = count; end > 0; ) {
            const from = Math.max(0, end - 1 - Math.floor(draw() * count))
            exports[kernel](block, scratch, from, end)
            end = from
          }
        },
      }
      const libraries = [createWasmConv(exports, heap), createWasmConv(exports, heap, inParts)]
      const sizes = sizesOf(problem)
      const given = {
        x: heap.put(randoms(sizes.x)),
        kernel: heap.put(randoms(sizes.kernel)),
        y: heap.put(randoms(sizes.y)),
      }
      for (const name of Object.keys(targets) as ConvKernel[]) {
        const target = targets[name]
        const [whole, parts] = libraries.map(library => {
          const out = heap.space(sizes[target])
          library[name]({ ...problem, ...given, [target]: out, bias: 0 })
          return heap.get(out, sizes[target])
        })
        expect([problem, name, parts]).toEqual([problem, name, whole])
      }
    }
  })

  it('gives zeros or the bias where there is nothing to sum', () => {
    const empty = { ...convProblem(5), batch: 0 }
    const kernel = onBoth(variant, library => run(library, 'convKernel', empty, false))
    expect(kernel.got).toEqual(kernel.want)
    expect(kernel.got.every(value => value === 0)).toBe(true)
    expect(onBoth(variant, library => run(library, 'convForward', empty, true)).got).toEqual([])
  })
})
