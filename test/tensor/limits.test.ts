import { describe, expect, it } from 'vitest'
import * as tl from '../../src/index.ts'
import { errorOf } from '../setup/errors.ts'

const { tensor, zeros } = tl

describe('sizes and types that cannot be', () => {
  const nested: unknown[] = []
  nested.push(nested)
  const cases: Record<string, () => unknown> = {
    'more elements than memory holds': () => zeros([1e11]),
    'a shape whose product is too large': () => zeros([2 ** 20, 2 ** 20]),
    'a long range': () => tl.arange(1e12),
    'many points': () => tl.linspace(0, 1, 1e12),
    'a huge identity': () => tl.eye(1e6),
    'many random numbers': () => tl.rand([1e11]),
    'a permutation of a negative number': () => tl.randperm(-1),
    'a permutation of a fraction': () => tl.randperm(2.5),
    'a negative number of classes': () => tl.oneHot(zeros([0]), -1),
    'half a class': () => tl.oneHot(tensor([0, 1]), 2.5),
    'broadcasting to a negative size': () => tl.broadcastTo(zeros([1]), [-3]),
    'broadcasting to NaN': () => tl.broadcastTo(zeros([1]), [Number.NaN]),
    'repeating too often': () => tl.tile(zeros([1]), [1e11]),
    'padding too much': () => tl.pad(zeros([1]), [[1e11, 0]]),
    'a broadcast sum that is too large': () => zeros([1e5, 1]).add(zeros([1, 1e5])),
    'rolling by a fraction': () => tl.roll(tensor([1, 2]), 0.5),
    'a number below nothing': () => new tl.Generator(1).below(0),
    'a number below more than 2³²': () => new tl.Generator(1).below(2 ** 33),
    'an array that contains itself': () => tensor(nested as number[]),
    'an unknown element type': () => zeros([2], { dtype: 'float64' as tl.DType }),
    'casting to an unknown element type': () => tl.cast(tensor([1]), 'float64' as tl.DType),
    'an outer product of numbers': () => tl.outer(1 as unknown as tl.Tensor, zeros([2])),
  }

  it.each(Object.entries(cases))('says what is wrong with %s', (_, body) => {
    expect(errorOf(body)).toBeInstanceOf(tl.TensorloomError)
    expect(tensor([1, 2]).add(1).toArray()).toEqual([2, 3])
  })
})

it('multiplies by a kernel of whole numbers', () => {
  const kernel = tensor([[1], [2]], { dtype: 'int32' })
  expect(tl.linear(tensor([[3, 4]]), kernel, tensor([1], { dtype: 'int32' })).toArray()).toEqual([[12]])
})
