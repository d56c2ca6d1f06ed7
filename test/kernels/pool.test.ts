import { describe, expect, it } from 'vitest'
import { type ConvProblem, convProblem } from './conv-problem.ts'
import { guarded, integers, type Library, onBoth, randoms, variants } from './twins.ts'

/** Max pooling of numbers: results and positions. */
function pool(library: Library, p: ConvProblem, x: readonly number[]): { y: number[]; positions: number[] } {
  const size = p.batch * p.outHeight * p.outWidth * p.channels
  const y = guarded(library, size)
  const positions = guarded(library, size, 'int')
  library.kernels.maxPool({ ...p, x: library.heap.put(x), y: y.out, positions: positions.out })
  return { y: y.read(), positions: positions.read() }
}

const sizeOfX = (p: ConvProblem): number => p.batch * p.height * p.width * p.channels

/** Problems whose windows all hold a pixel: with dilation one may fall between the padding's edges. */
const problems = Array.from({ length: 60 }, (_, i) => convProblem(i + 300)).filter(
  p => p.dilationHeight === 1 && p.dilationWidth === 1,
)

describe.each(variants)('max pooling (%s)', variant => {
  it('gives what the reference gives, positions too', () => {
    expect(problems.length).toBeGreaterThan(10)
    for (const p of problems) {
      const { got, want } = onBoth(variant, library => pool(library, p, randoms(sizeOfX(p))))
      expect([p, got]).toEqual([p, want])
    }
  })

  it('takes the first of equal numbers and the first NaN', () => {
    for (const p of problems) {
      const x = integers(sizeOfX(p), 0, 4).map(value => [1, 2, Number.NaN, Number.NEGATIVE_INFINITY][value])
      const { got, want } = onBoth(variant, library => pool(library, p, x))
      expect([p, got]).toEqual([p, want])
    }
  })

  it('adds gradients at their positions', () => {
    const { got, want } = onBoth(variant, library => {
      const { heap, kernels } = library
      const sum = guarded(library, 13)
      kernels.scatterPositions(sum.out, heap.put(randoms(50)), heap.putInt(integers(50, 0, 13)), 13, 50)
      return sum.read()
    })
    for (const [i, value] of got.entries()) expect(value).toBeCloseTo(want[i], 5)
  })
})
