import { describe, expect, it } from 'vitest'
import {
  customGradient,
  DTypeError,
  enableGrad,
  grad,
  GradientError,
  noGrad,
  ones,
  type Tensor,
  tensor,
  valueAndGrad,
  vjp,
  zeros,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { leaf } from '../setup/numbers.ts'

describe.each(devices)('gradients within gradients on %s', device => {
  useDevice(device)
  const x = tensor([1, 2, 3])
  const cube = (y: Tensor): Tensor => y.pow(3)

  it('goes back through two gradients that share constants, one after the other', () => {
    const [a, b] = [leaf(x), leaf(tensor([4, 5, 6]))]
    const product = (p: Tensor, q: Tensor): Tensor => p.mul(q).sum()
    const [da, db] = valueAndGrad(product, { createGraph: true })(a, b).gradients
    da.sum().backward()
    db.sum().backward()
    expect(a.grad?.toArray()).toEqual([1, 1, 1])
    expect(b.grad?.toArray()).toEqual([1, 1, 1])
  })

  it('takes arguments as independent, also where one was computed from the other', () => {
    const inner: number[][] = []
    const outer = grad((a: Tensor) => {
      const partials = grad((p: Tensor, q: Tensor) => p.mul(q).sum())(a, a.mul(2))
      const same = grad((p: Tensor, q: Tensor) => p.mul(q).sum())(a, a)
      for (const partial of [...partials, ...same]) inner.push([...partial.data()])
      return partials[0].sum()
    })
    expect(outer(x).toArray()).toEqual([2, 2, 2])
    expect(inner).toEqual([
      [2, 4, 6],
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ])
  })

  it('differentiates a gradient by what its function only closes over', () => {
    const slope = (w: Tensor): Tensor => grad((a: Tensor) => a.square().mul(w).sum())(x).sum()
    expect(grad(slope)(tensor([1, 1, 1])).toArray()).toEqual([2, 4, 6])
    expect(grad((w: Tensor) => noGrad(() => slope(w)))(tensor([1, 1, 1])).toArray()).toEqual([0, 0, 0])
  })

  it('differentiates a pullback, by the point and by the cotangent', () => {
    const byPoint = grad((a: Tensor) =>
      vjp(cube, a)
        .pullback(ones([3]))[0]
        .sum(),
    )
    expect(byPoint(x).toArray()).toEqual([6, 12, 18])
    const push = vjp((u: Tensor) => vjp(cube, x).pullback(u)[0], zeros([3]))
    expect(push.pullback(ones([3]))[0].toArray()).toEqual([3, 12, 27])
  })

  it('allows grad inside the gradient of a custom function, at any order', () => {
    const cubed = customGradient('cubed', {
      forward: cube,
      gradient: (g, [y]) => [grad((z: Tensor) => cube(z).mul(g).sum())(y)],
    })
    const f = (a: Tensor): Tensor => cubed(a.mul(2)).sum()
    expect(grad(f)(x).toArray()).toEqual([24, 96, 216])
    expect(grad((a: Tensor) => grad(f)(a).sum())(x).toArray()).toEqual([48, 96, 144])
  })

  it('keeps its own gradients while a custom one runs backward over the same graph', () => {
    const run = (retainGraph: boolean): Tensor => {
      const a = leaf(x)
      const hidden = a.mul(2)
      const meddling = customGradient('meddling', {
        forward: (y: Tensor) => y.clone(),
        gradient: g => {
          enableGrad(() => hidden.sum()).backward(undefined, { retainGraph })
          return [g]
        },
      })
      meddling(hidden).sum().backward()
      return a
    }
    expect(run(true).grad?.toArray()).toEqual([4, 4, 4])
    expect(() => run(false)).toThrow(GradientError)
  })

  it('refuses gradients that are no float32 tensors', () => {
    const y = leaf(x).add(1)
    const integers = tensor([1, 1, 1], { dtype: 'int32' })
    expect(() => y.backward(integers)).toThrow(DTypeError)
    const misplaced = { retainGraph: true } as unknown as Tensor
    expect(() => y.sum().backward(misplaced)).toThrow('backward(undefined, {retainGraph: true})')
    const custom = (result: unknown): Tensor =>
      customGradient('odd', { forward: (a: Tensor) => a.clone(), gradient: () => [result as Tensor] })(
        leaf(x),
      )
    expect(() => custom(integers).sum().backward()).toThrow(DTypeError)
    expect(() => custom(undefined).sum().backward()).toThrow(DTypeError)
    const whole = customGradient('whole', { forward: (a: Tensor) => a.cast('int32'), gradient: g => [g] })
    expect(() => whole(y)).toThrow('forward of whole')
    expect(() => whole(3 as unknown as Tensor)).toThrow(DTypeError)
    const without = { forward: (a: Tensor) => a.clone(), gradient: () => undefined as unknown as Tensor[] }
    expect(() => customGradient('without', without)(y).sum().backward()).toThrow('no array')
    expect(() => grad(() => 3 as unknown as Tensor)(x)).toThrow(DTypeError)
    expect(() => grad((a: Tensor) => a.sum().cast('int32'))(x)).toThrow(DTypeError)
  })
})
