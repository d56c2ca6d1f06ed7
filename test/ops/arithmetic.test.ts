import { describe, expect, it } from 'vitest'
import {
  add,
  clip,
  DTypeError,
  elu,
  isFinite as isFiniteOf,
  isNaN as isNaNOf,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  pow,
  selu,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  valueAndGrad,
  where,
  zeros,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { int, leaf, normal } from '../setup/numbers.ts'

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number

/** Broadcasting by the book: every index of the result, one by one. */
function broadcastSum(a: Tensor, b: Tensor, shape: readonly number[]): number[] {
  const at = (x: Tensor, index: readonly number[]): number => {
    let position = 0
    x.shape.forEach((size, i) => {
      const own = index[index.length - x.rank + i]
      position = position * size + (size === 1 ? 0 : own)
    })
    return x.data()[position]
  }
  const size = shape.reduce((p, q) => p * q, 1)
  return Array.from({ length: size }, (_, flat) => {
    const index: number[] = []
    for (let i = shape.length - 1, rest = flat; i >= 0; i--) {
      index.unshift(rest % shape[i])
      rest = Math.floor(rest / shape[i])
    }
    return Math.fround(at(a, index) + at(b, index))
  })
}

describe.each(devices)('arithmetic on %s', device => {
  useDevice(device)

  it.each([
    [[3], [2, 3], [2, 3]],
    [[2, 1], [3], [2, 3]],
    [[], [2, 2], [2, 2]],
    [
      [4, 1, 3],
      [5, 1],
      [4, 5, 3],
    ],
    [
      [2, 1, 4, 1],
      [3, 1, 5],
      [2, 3, 4, 5],
    ],
    [
      [2, 3, 1, 5],
      [1, 1, 4, 1],
      [2, 3, 4, 5],
    ],
    [
      [0, 3],
      [1, 3],
      [0, 3],
    ],
    [
      [2, 1],
      [1, 0],
      [2, 0],
    ],
    [[1, 1, 1], [1], [1, 1, 1]],
    [
      [3, 1, 2, 1, 5],
      [2, 1, 4, 1],
      [3, 2, 2, 4, 5],
    ],
  ])('broadcasts %j with %j', (left, right, shape) => {
    const [a, b] = [normal(left, 1), normal(right, 2)]
    expect(a.add(b).shape).toEqual(shape)
    expect([...a.add(b).data()]).toEqual(broadcastSum(a, b, shape))
    expect([...b.add(a).data()]).toEqual(broadcastSum(a, b, shape))
  })

  it('names both shapes when they do not broadcast', () => {
    expect(() => add(zeros([2, 3]), zeros([2, 4]))).toThrow(ShapeError)
    expect(() => add(zeros([2, 3]), zeros([2, 4]))).toThrow(/\[2, 3\] with \[2, 4\]: axis -1 has 3 ≠ 4/)
  })

  it('stays int32 between whole numbers, and wraps', () => {
    expect(int([3, -3]).add(2).dtype).toBe('int32')
    expect([
      ...int([7, -7])
        .mul(int([3, 2]))
        .ints(),
    ]).toEqual([21, -14])
    expect(
      int(2 ** 31 - 1)
        .add(1)
        .item(),
    ).toBe(-(2 ** 31))
    expect([
      ...int([7, -7, 7])
        .mod(int([3, 3, -3]))
        .ints(),
    ]).toEqual([1, 2, -2])
    expect([
      ...int([7, -7])
        .maximum(int([0, 0]))
        .ints(),
    ]).toEqual([7, 0])
  })

  it('becomes float32 where either operand is, and for any division', () => {
    expect(int([1]).add(0.5).toArray()).toEqual([1.5])
    expect(int([1]).add(tensor([0.5])).dtype).toBe('float32')
    expect(int([7]).div(2).toArray()).toEqual([3.5])
    expect(int([2]).add(2 ** 40).dtype).toBe('float32')
    expect(int([2]).pow(2).dtype).toBe('float32')
    expect(int([1]).exp().dtype).toBe('float32')
  })

  it('counts booleans as 0 and 1', () => {
    const flags = tensor([true, false])
    expect(flags.add(flags).toArray()).toEqual([2, 0])
    expect(flags.add(flags).dtype).toBe('int32')
    expect(flags.mul(0.5).toArray()).toEqual([0.5, 0])
  })

  it('follows IEEE 754 for special values', () => {
    const x = tensor([1, -1, 0, nan])
    expect([...x.div(0).data()]).toEqual([infinity, -infinity, nan, nan])
    expect([
      ...tensor([nan, 1, nan])
        .maximum(tensor([1, nan, nan]))
        .data(),
    ]).toEqual([nan, nan, nan])
    expect([
      ...tensor([nan, 1])
        .minimum(tensor([1, nan]))
        .data(),
    ]).toEqual([nan, nan])
    expect(Object.is(tensor([5]).mul(-0).item(), -0)).toBe(true)
    expect(Object.is(tensor([5]).mul(0).item(), 0)).toBe(true)
  })

  it('mod has the sign of the divisor', () => {
    expect([
      ...tensor([5, -5, 5, -5])
        .mod(tensor([3, 3, -3, -3]))
        .data(),
    ]).toEqual([2, 1, -1, -2])
  })

  it('pow has the values and gradients of C at the corners', () => {
    expect([...pow(tensor([0, 0, 2, -2]), tensor([0, 2, -1, 3])).data()]).toEqual([1, 0, 0.5, -8])
    const [a, b] = [leaf(tensor([0, 3, 0])), leaf(tensor([0, 0, 2]))]
    pow(a, b).sum().backward()
    expect(a.grad?.toArray()).toEqual([0, 0, 0])
    expect(b.grad?.data()[0]).toBe(0)
    expect(b.grad?.data()[1]).toBeCloseTo(Math.log(3))
    const c = leaf(tensor([0]))
    c.pow(0).sum().backward()
    expect(c.grad?.toArray()).toEqual([0])
  })

  it('shares the gradient at ties', () => {
    const [a, b] = [leaf(tensor([1, 2, 3])), leaf(tensor([1, 3, 2]))]
    a.maximum(b).sum().backward()
    expect(a.grad?.toArray()).toEqual([0.5, 0, 1])
    expect(b.grad?.toArray()).toEqual([0.5, 1, 0])
  })

  it('compares, with NaN equal to nothing', () => {
    const [a, b] = [tensor([1, 2, nan]), tensor([1, 1, nan])]
    expect(a.equal(b).toArray()).toEqual([true, false, false])
    expect(a.notEqual(b).toArray()).toEqual([false, true, true])
    expect(a.greaterEqual(b).toArray()).toEqual([true, true, false])
    expect(a.less(b).toArray()).toEqual([false, false, false])
    expect(
      int([1, 2])
        .greater(int([[0], [1]]))
        .toArray(),
    ).toEqual([
      [true, true],
      [false, true],
    ])
    expect(isNaNOf(a).toArray()).toEqual([false, false, true])
    expect(isFiniteOf(tensor([infinity, 1])).toArray()).toEqual([false, true])
  })

  it('combines truths, any number other than 0 being true', () => {
    const [a, b] = [tensor([0, 0, 2, -3]), tensor([false, true, false, true])]
    expect(logicalAnd(a, b).toArray()).toEqual([false, false, false, true])
    expect(logicalOr(a, b).toArray()).toEqual([false, true, true, true])
    expect(logicalXor(a, b).toArray()).toEqual([false, true, true, false])
    expect(logicalNot(a).toArray()).toEqual([true, true, false, false])
  })

  it('where chooses with broadcasting, in the type of the choices', () => {
    const condition = tensor([[true], [false]])
    expect(where(condition, tensor([1, 2]), 0).toArray()).toEqual([
      [1, 2],
      [0, 0],
    ])
    expect(where(condition, int([1, 2]), 0).dtype).toBe('int32')
    expect(where(tensor([nan, 0, 2]), 1, 0).toArray()).toEqual([1, 0, 1])
    const x = leaf(tensor([-1, 4]))
    where(x.greater(0), x.sqrt(), 0).sum().backward()
    expect(x.grad?.data()[1]).toBe(0.25)
    expect(() => where(condition, tensor([1, 2]), tensor([1, 2, 3]))).toThrow(ShapeError)
  })

  it('clip keeps NaN, passes the gradient at its bounds, and refuses min > max', () => {
    const x = leaf(tensor([-2, -1, 0, 1, 2]))
    clip(x, { min: -1, max: 1 }).sum().backward()
    expect(x.grad?.toArray()).toEqual([0, 1, 1, 1, 0])
    expect([...clip(tensor([nan, 5]), { max: 1 }).data()]).toEqual([nan, 1])
    expect(() => clip(x, { min: 1, max: -1 })).toThrow(ValueError)
  })

  it('refuses plain arrays by name', () => {
    const notATensor: unknown = [1, 2]
    expect(() => add(notATensor as Tensor, 1)).toThrow(DTypeError)
    expect(() => add(tensor([1]), notATensor as Tensor)).toThrow(/add takes tensors, got an array/)
  })

  it('the gradients of elu and selu keep their digits where they are small', () => {
    const gradientOf = (f: (x: Tensor) => Tensor): number =>
      valueAndGrad((x: Tensor) => f(x).sum())(tensor([-12])).gradients[0].item()
    const slope = Math.exp(-12)
    expect(Math.abs(gradientOf(x => elu(x, { alpha: 1.5 })) / slope / 1.5 - 1)).toBeLessThan(1e-6)
    expect(Math.abs(gradientOf(x => selu(x)) / slope / 1.7580993408473766 - 1)).toBeLessThan(1e-6)
  })

  it('steps have the gradient 0', () => {
    const x = leaf(tensor([-1.5, 0, 1.5]))
    x.floor().add(x.ceil()).add(x.sign()).add(x.round()).add(x.trunc()).sum().backward()
    expect(x.grad?.toArray()).toEqual([0, 0, 0])
  })

  it('casts towards zero, with saturation', () => {
    const x = tensor([1.9, -1.9, nan, 1e20, -1e20])
    expect([...x.cast('int32').ints()]).toEqual([1, -1, 0, 2 ** 31 - 1, -(2 ** 31)])
    expect(tensor([0, -0, nan, 0.1]).cast('bool').toArray()).toEqual([false, false, true, true])
    expect(int([5, 0]).cast('bool').cast('int32').toArray()).toEqual([1, 0])
    expect(int([5]).cast('bool').toString()).toContain('true')
  })
})
