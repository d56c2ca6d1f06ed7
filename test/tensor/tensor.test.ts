import { describe, expect, it } from 'vitest'
import { arange, DTypeError, ShapeError, type Tensor, tensor, zeros } from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'

describe.each(devices)('reading a tensor on %s', device => {
  useDevice(device)

  it('gives stable copies that no write reaches', () => {
    const x = tensor([1, 2]).add(0)
    const copy = x.data()
    copy[0] = 9
    expect(x.data()).toEqual(Float32Array.of(1, 2))
    const leaf = tensor([1, 2], { requiresGrad: true })
    const before = leaf.data()
    leaf.assign(tensor([3, 4]))
    expect(before).toEqual(Float32Array.of(1, 2))
    expect(leaf.data()).toEqual(Float32Array.of(3, 4))
  })

  it('item wants one element', () => {
    expect(tensor([[5]]).item()).toBe(5)
    expect(tensor([true]).item()).toBe(1)
    expect(() => tensor([1, 2]).item()).toThrow(ShapeError)
    expect(() => zeros([0]).item()).toThrow(ShapeError)
  })

  it('ints wants whole numbers', () => {
    expect(tensor([1, 2], { dtype: 'int32' }).add(1).ints()).toEqual(Int32Array.of(2, 3))
    expect(() => tensor([1]).ints()).toThrow(DTypeError)
  })

  it('toArray nests as deep as the shape, booleans as booleans', () => {
    expect(tensor(2).greater(1).toArray()).toBe(true)
    expect(zeros([2, 0, 3]).toArray()).toEqual([[], []])
    expect(
      tensor([[1, 2]])
        .less(2)
        .toArray(),
    ).toEqual([[true, false]])
  })
})

describe('printing', () => {
  const printed = (x: Tensor): string => x.toString()

  it('aligns columns', () => {
    expect(
      printed(
        tensor([
          [1, -2.5],
          [100, 0.125],
        ]),
      ),
    ).toBe('Tensor float32 [2, 2]\n[[    1,  -2.5],\n [  100, 0.125]]')
  })

  it('shows scalars, booleans, whole numbers and special values', () => {
    expect(printed(tensor(3))).toBe('Tensor float32 [] 3')
    expect(printed(tensor([true, false]))).toBe('Tensor bool [2]\n[true, false]')
    expect(printed(tensor([1, 2], { dtype: 'int32' }))).toBe('Tensor int32 [2]\n[1, 2]')
    expect(printed(tensor([Number.NaN, Number.NEGATIVE_INFINITY, -0, 1e-7, 1.5e8]))).toBe(
      'Tensor float32 [5]\n[NaN, -Infinity, -0, 1.0000e-7, 150000000]',
    )
    expect(printed(zeros([0, 3]))).toBe('Tensor float32 [0, 3]\n[]')
  })

  it('separates matrices by an empty line', () => {
    expect(printed(zeros([2, 1, 1]))).toBe('Tensor float32 [2, 1, 1]\n[[[0]],\n\n [[0]]]')
  })

  it('shortens what is long, in every axis', () => {
    const text = printed(arange(100_000).reshape([10, 100, 100]))
    expect(text).toContain('…')
    expect(text.split('\n').length).toBeLessThan(70)
    expect(text).toContain('99999')
  })

  it('copes with many short axes', () => {
    expect(printed(zeros([6, 6, 6, 6, 6, 6, 6])).length).toBeGreaterThan(100_000)
  })

  it('is what console.log shows in Node', () => {
    const inspect = Symbol.for('nodejs.util.inspect.custom')
    expect(Reflect.get(tensor(1), inspect).call(tensor(1))).toBe('Tensor float32 [] 1')
  })
})
