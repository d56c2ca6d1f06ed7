import { describe, expect, it, vi } from 'vitest'
import { Arena } from '../../src/engine/arena.ts'
import { currentEngine } from '../../src/engine/device.ts'
import {
  attentionWeights,
  DTypeError,
  noGrad,
  scaledDotProductAttention,
  ShapeError,
  type Tensor,
  tensor,
  valueAndGrad,
  withDevice,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { errorOf } from '../setup/errors.ts'
import { expectClose, leaf, normal } from '../setup/numbers.ts'

/** A word that no result is. */
const GUARD = 0x5aa5c33c

describe.each(devices)('scaledDotProductAttention on %s', device => {
  useDevice(device)

  it.each([false, true])('takes blocks of queries one after the other (causal: %s)', causal => {
    const [q, k, v, g] = [1, 2, 3, 4].map(seed => normal([1, 300, 8], seed))
    const mask = tensor(
      Int32Array.from({ length: 300 }, (_, i) => +(i % 7 > 0)),
      { shape: [300] },
    )
    const keep = mask.cast('bool')
    const loss = (q: Tensor, k: Tensor, v: Tensor): Tensor =>
      scaledDotProductAttention(q, k, v, { causal, mask: keep, heads: 2 }).mul(g).sum()
    const exact = withDevice('reference64', () => valueAndGrad(loss, { createGraph: true })(q, k, v))
    const { gradients } = valueAndGrad(loss)(q, k, v)
    gradients.forEach((gradient, i) => {
      expectClose(gradient, exact.gradients[i], 1e-5)
    })
  })

  it('computes the weights again where there are too many to keep', () => {
    const [q, k, v] = [1, 2, 3].map(seed => normal([33, 370, 2], seed))
    const some = (x: Tensor): Tensor => x.slice([[0, 1]])
    const loss = (q: Tensor, k: Tensor, v: Tensor): Tensor =>
      some(scaledDotProductAttention(q, k, v))
        .square()
        .sum()
    const many = valueAndGrad(loss)(q, k, v)
    const few = valueAndGrad(loss)(some(q), some(k), some(v))
    many.gradients.forEach((gradient, i) => {
      expectClose(some(gradient), few.gradients[i], 1e-6)
    })
  })

  it('gives zeros, and no gradient, to a query that may attend nowhere', () => {
    const [q, k, v] = [1, 2, 3].map(seed => normal([2, 2, 3], seed))
    const mask = tensor([
      [true, false],
      [false, false],
    ])
    for (const causal of [false, true]) {
      const { value, gradients } = valueAndGrad((q: Tensor, k: Tensor, v: Tensor) =>
        scaledDotProductAttention(q, k, v, { mask, causal }).sum(),
      )(q, k, v)
      expectClose(value, v.slice([null, [0, 1]]).sum(), 1e-6)
      for (const gradient of gradients.slice(0, 2)) expectClose(gradient, new Float32Array(12))
    }
  })

  it('lets the queries be the last places of a longer sequence', () => {
    const [q, k, v] = [1, 2, 3].map(seed => normal([1, 5, 4], seed))
    const whole = scaledDotProductAttention(q, k, v, { causal: true })
    const last = scaledDotProductAttention(q.slice([null, [3, 5]]), k, v, { causal: true })
    expectClose(last, whole.slice([null, [3, 5]]))
  })

  it('writes nothing behind the weights that it keeps', () => {
    const { memory } = currentEngine()
    const { arena } = memory
    const allocate = arena.allocate.bind(arena)
    const guards: number[] = []
    const spy = vi.spyOn(arena, 'allocate').mockImplementation(bytes => {
      const size = Arena.blockBytes(bytes)
      const pointer = allocate(size + 16)
      const guard = (pointer + size) >> 2
      memory.int.fill(GUARD, guard, guard + 4)
      guards.push(guard)
      return pointer
    })
    // The weights of a head begin where those of the one before end: at places that no vector begins at.
    const [q, k, v] = [1, 2, 3].map(seed => leaf(normal([1, 1, 3], seed)))
    scaledDotProductAttention(q, k, v, { heads: 3, scale: 2 }).sum().backward()
    spy.mockRestore()
    expect(guards.length).toBeGreaterThan(3)
    for (const guard of guards)
      expect([...memory.int.slice(guard, guard + 4)]).toEqual([GUARD, GUARD, GUARD, GUARD])
  })

  it('is the weights times the values', () => {
    const [q, k, v] = [1, 2, 3].map(seed => normal([2, 3, 4], seed))
    const options = { causal: true, heads: 2 } as const
    const weights = attentionWeights(q, k, options)
    expect(weights.shape).toEqual([2, 2, 3, 3])
    expectClose(weights.sum({ axis: -1 }), new Float32Array(12).fill(1))
    const values = v.reshape([2, 3, 2, 2]).permute([0, 2, 1, 3])
    const product = weights.matmul(values).permute([0, 2, 1, 3]).reshape([2, 3, 4])
    expectClose(
      noGrad(() => scaledDotProductAttention(q, k, v, options)),
      product,
    )
  })

  it('differentiates by a mask of numbers', () => {
    const [q, k, v] = [1, 2, 3].map(seed => normal([1, 2, 3], seed))
    const loss = (mask: Tensor): Tensor => scaledDotProductAttention(q, k, v, { mask }).square().sum()
    const { gradients } = valueAndGrad(loss)(normal([2, 2], 5))
    // Adding a number to all scores of a query changes nothing.
    expectClose(gradients[0].sum({ axis: 1 }), new Float32Array(2))
    expect(Math.abs(gradients[0].data()[0])).toBeGreaterThan(1e-3)
  })

  it('works without queries and without keys', () => {
    const none = scaledDotProductAttention(normal([2, 0, 3]), normal([2, 4, 3]), normal([2, 4, 3]))
    expect(none.shape).toEqual([2, 0, 3])
    const zeros = scaledDotProductAttention(normal([1, 2, 3]), normal([1, 0, 3]), normal([1, 0, 3]))
    expectClose(zeros, new Float32Array(6))
  })
})

describe('errors of scaledDotProductAttention', () => {
  const x = normal([2, 3, 4])
  it('names the shapes that do not fit', () => {
    const wrong = [
      [() => scaledDotProductAttention(x, normal([2, 3, 5]), x), /q and k of one size/],
      [() => scaledDotProductAttention(x, x, normal([2, 4, 4])), /as many keys as values/],
      [() => scaledDotProductAttention(x, normal([1, 3, 4]), x), /equal axes/],
      [() => scaledDotProductAttention(x, x, x, { heads: 3 }), /3 heads divide/],
      [() => scaledDotProductAttention(normal([4]), x, x), /time, size/],
      [() => scaledDotProductAttention(x, x, x, { mask: normal([2, 2]) }), /\[2, 2\]/],
    ] as const
    for (const [call, text] of wrong) {
      expect(errorOf(call)).toBeInstanceOf(ShapeError)
      expect(errorOf(call).message).toMatch(text)
    }
  })

  it('refuses a mask that is no tensor', () => {
    const mask = [[1]] as never
    expect(errorOf(() => scaledDotProductAttention(x, x, x, { mask }))).toBeInstanceOf(DTypeError)
  })
})
