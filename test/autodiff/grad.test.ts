import { describe, expect, it } from 'vitest'
import {
  customGradient,
  grad,
  gradcheck,
  GradientError,
  onesLike,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  valueAndGrad,
  vjp,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { expectClose, leaf, normal } from '../setup/numbers.ts'

describe.each(devices)('functional gradients on %s', device => {
  useDevice(device)

  it('differentiates a function of one argument', () => {
    const slope = grad((x: Tensor) => x.pow(3).sum())
    expect(slope(tensor([2, -1])).toArray()).toEqual([12, 3])
  })

  it('gives one gradient per argument, zeros for one that is not used', () => {
    const x = normal([2, 3])
    const [dx, dy] = grad((a: Tensor, _: Tensor) => a.sum())(x, normal([4]))
    expect(dx.toArray()).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ])
    expect(dy.toArray()).toEqual([0, 0, 0, 0])
  })

  it('gives zeros where nothing depends on the arguments', () => {
    expect(grad(() => tensor(3))(tensor([1, 2])).toArray()).toEqual([0, 0])
  })

  it('writes nothing to grad, and differentiates leaves without touching them', () => {
    const w = leaf(tensor([3]))
    const { value, gradients } = valueAndGrad((x: Tensor) => x.square().sum())(w)
    expect(value.item()).toBe(9)
    expect(gradients[0].toArray()).toEqual([6])
    expect(w.grad).toBeNull()
  })

  it('leaves alone a graph outside that it only passes through', () => {
    const w = leaf(tensor([3]))
    const h = w.square()
    expect(grad((x: Tensor) => x.mul(h).sum())(tensor([2])).toArray()).toEqual([9])
    h.sum().backward()
    expect(w.grad?.toArray()).toEqual([6])
  })

  it('nests: the gradient of a gradient needs no option', () => {
    const f = (x: Tensor): Tensor => x.pow(4).sum()
    const second = grad((x: Tensor) => grad(f)(x).sum())
    const third = grad((x: Tensor) => second(x).sum())
    expectClose(second(tensor([2])), [48], 1e-5)
    expectClose(third(tensor([2])), [48], 1e-5)
  })

  it('refuses a function that does not return a single number', () => {
    expect(() => grad((x: Tensor) => x.mul(2))(tensor([1, 2]))).toThrow(ShapeError)
  })

  it('pulls back any cotangent, as often as wanted', () => {
    const x = normal([3])
    const { value, pullback } = vjp((a: Tensor) => a.exp(), x)
    const [ones] = pullback(onesLike(value))
    expectClose(ones, value)
    const [twice] = pullback(ones)
    expectClose(twice, value.square())
    expectClose(ones, value)
  })

  it('survives a gradient of vjp as the seed of another backward', () => {
    const [x, w] = [normal([3]), leaf(normal([3], 2))]
    const [seed] = vjp((a: Tensor) => a.mul(2), x).pullback(tensor([1, 2, 3]))
    w.mul(1).backward(seed)
    expect(seed.toArray()).toEqual([2, 4, 6])
    expect(w.grad?.toArray()).toEqual([2, 4, 6])
  })
})

describe.each(devices)('customGradient on %s', device => {
  useDevice(device)
  const cube = customGradient('cube', {
    forward: (x: Tensor) => x.mul(x).mul(x),
    gradient: (g, [x]) => [g.mul(x.square()).mul(3)],
  })

  it('uses the rule it is given', () => {
    const half = customGradient('half', { forward: (x: Tensor) => x.mul(2), gradient: g => [g.mul(0.5)] })
    expect(grad((x: Tensor) => half(x).sum())(tensor([1])).toArray()).toEqual([0.5])
  })

  it('can be differentiated twice', () => {
    expect(gradcheck(cube, [[4]], { order: 2 })).toBeLessThan(1e-6)
  })

  it('may hand its input through', () => {
    const straight = customGradient('straight', { forward: (x: Tensor) => x, gradient: g => [g.mul(7)] })
    const x = leaf(tensor([2]))
    straight(x).add(x).sum().backward()
    expect(x.grad?.toArray()).toEqual([8])
  })

  it('says what is wrong with a rule', () => {
    const few = customGradient('few', { forward: (a: Tensor, b: Tensor) => a.add(b), gradient: g => [g] })
    const wrong = customGradient('wrong', {
      forward: (x: Tensor) => x.sum(),
      gradient: g => [g],
    })
    const x = leaf(tensor([1, 2]))
    expect(() => few(x, x).sum().backward()).toThrow(ValueError)
    expect(() => few(x, x).sum().backward()).toThrow(/1 gradients for 2 inputs/)
    expect(() => wrong(x).backward()).toThrow(/returned \[\] for an input \[2\]/)
  })

  it('takes null for an input without a gradient', () => {
    const first = customGradient('first', {
      forward: (a: Tensor, b: Tensor) => a.mul(b),
      gradient: (g, [, b]) => [g.mul(b), null],
    })
    const [a, b] = [leaf(tensor([2])), leaf(tensor([3]))]
    first(a, b).sum().backward()
    expect(a.grad?.toArray()).toEqual([3])
    expect(b.grad).toBeNull()
  })
})

describe('gradcheck', () => {
  it('finds a gradient that is wrong in one element, and says which', () => {
    const wrong = customGradient('wrong', {
      forward: (x: Tensor) => x.square(),
      gradient: (g, [x]) => [
        g.mul(x).mul(
          tensor([
            [2, 2],
            [2, 2.001],
          ]),
        ),
      ],
    })
    expect(() => gradcheck(wrong, [[2, 2]])).toThrow(GradientError)
    expect(() => gradcheck(wrong, [[2, 2]])).toThrow(/input 0 \[2, 2\] at \[1, 1\]/)
  })

  it('finds a second gradient that is wrong where the first is right', () => {
    const cut = customGradient('cut', {
      forward: (x: Tensor) => x.pow(3),
      gradient: (g, [x]) => [g.mul(x.detach().square()).mul(3)],
    })
    expect(gradcheck(cut, [[3]])).toBeLessThan(1e-6)
    expect(() => gradcheck(cut, [[3]], { order: 2 })).toThrow(/wrong second gradient/)
  })

  it('finds a second gradient that forgets how it depends on the incoming one', () => {
    const cut = customGradient('cut', {
      forward: (x: Tensor) => x.mul(2),
      gradient: g => [g.detach().mul(2)],
    })
    expect(() => gradcheck(cut, [[3]], { order: 2 })).toThrow(GradientError)
  })

  it('takes a NaN for wrong', () => {
    expect(() => gradcheck(x => x.log(), [tensor([-1])])).toThrow(/NaN/)
  })

  it('checks functions of several tensors with several results, and leaves constants alone', () => {
    const index = tensor([1, 0, 1], { dtype: 'int32' })
    expect(gradcheck((a, i) => [a.gather(i), a.exp()], [[2, 3], index], { order: 2 })).toBeLessThan(1e-6)
  })

  it('runs in float32 with coarser differences', () => {
    const options = { device: 'reference', epsilon: 1e-2, tolerance: 1e-2 } as const
    expect(gradcheck(x => x.tanh(), [[5]], options)).toBeGreaterThan(1e-7)
  })
})
