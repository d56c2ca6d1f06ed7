import { expect } from 'vitest'
import { type DType, Generator, type Shape, type Tensor, tensor } from '../../src/index.ts'

/** Normally distributed numbers; the same ones for the same shape and seed. */
export const normal = (shape: Shape, seed = 1): Tensor =>
  tensor(new Generator(seed).normal(shape.reduce((a, b) => a * b, 1)), { shape })

/** Numbers between low and high. */
export const between = (low: number, high: number, shape: Shape, seed = 1): Tensor =>
  tensor(
    new Generator(seed).uniform(
      shape.reduce((a, b) => a * b, 1),
      low,
      high,
    ),
    { shape },
  )

/** Different numbers, no two closer than `gap`, in random order: without ties and away from 0. */
export function distinct(shape: Shape, seed = 1, gap = 0.25): Tensor {
  const size = shape.reduce((a, b) => a * b, 1)
  const order = new Generator(seed).permutation(size)
  return tensor(
    Float32Array.from(order, i => (i - size / 2 + 0.3) * gap),
    { shape },
  )
}

export const int = (data: Parameters<typeof tensor>[0]): Tensor => tensor(data, { dtype: 'int32' as DType })

/** A leaf with the same numbers. */
export const leaf = (x: Tensor): Tensor => tensor(x.data(), { shape: x.shape, requiresGrad: true })

/** Every number within `tolerance`, relative to the larger of 1 and the number wanted; NaN meets NaN, ∞ meets ∞. */
export function expectClose(got: Tensor, want: Tensor | ArrayLike<number>, tolerance = 2e-6): void {
  const wanted = 'dtype' in want ? want.values() : want
  const values = got.values()
  if ('dtype' in want) expect(got.shape).toEqual(want.shape)
  expect(values.length).toBe(wanted.length)
  for (let i = 0; i < wanted.length; i++) {
    const isSame = Object.is(values[i], wanted[i]) || values[i] === wanted[i]
    const error = Math.abs(values[i] - wanted[i]) / Math.max(1, Math.abs(wanted[i]))
    if (!isSame && !(error <= tolerance)) {
      expect.fail(`element ${i} of [${got.shape.join(', ')}] is ${values[i]}, wanted ${wanted[i]}`)
    }
  }
}
