import { describe, expect, it } from 'vitest'
import {
  conv1d,
  DTypeError,
  dense,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  lstm,
  type Module,
  multiHeadAttention,
  ones,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  vjp,
  withDevice,
} from '../../src/index.ts'
import { fromCold } from '../../src/tensor/tensor.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { errorOf } from '../setup/errors.ts'
import { expectClose, leaf, normal } from '../setup/numbers.ts'

const x = normal([3], 1)
const v = normal([3], 2)
/** x³ + x·Σx */
const cubic = (a: Tensor): Tensor => a.pow(3).add(a.mul(a.sum()))
/** Σ x³ · Σ sin x */
const mixed = (a: Tensor): Tensor => a.pow(3).sum().mul(a.sin().sum())

describe.each(devices)('derivatives on %s', device => {
  useDevice(device)

  it('are those of calculus', () => {
    const [a, b, c] = x.data()
    const sum = a + b + c
    expectClose(jacobian(cubic)(x), [
      ...[3 * a * a + sum + a, a, a],
      ...[b, 3 * b * b + sum + b, b],
      ...[c, c, 3 * c * c + sum + c],
    ])
    expect(hessian((y: Tensor) => y.pow(3).sum())(tensor([1, 2])).toArray()).toEqual([
      [6, 0],
      [0, 12],
    ])
  })

  it('agree with each other', () => {
    const { value, tangent } = jvp(cubic, x, v)
    expectClose(value, cubic(x))
    expectClose(tangent, jacobian(cubic)(x).matmul(v), 5e-6)
    expectClose(vjp(cubic, x).pullback(v)[0], v.matmul(jacobian(cubic)(x)), 5e-6)
    expectClose(hvp(mixed, x, v).product, hessian(mixed)(x).matmul(v), 1e-5)
    expectClose(hessian(mixed)(x), jacobian(grad(mixed))(x), 1e-5)
  })

  it('take several arguments', () => {
    const f = (a: Tensor, b: Tensor): Tensor => a.mul(b)
    const [da, db] = jacobian(f)(x, v)
    expectClose(jvp(f, [x, v], [v, x]).tangent, da.matmul(v).add(db.matmul(x)), 5e-6)
    const g = (a: Tensor, b: Tensor): Tensor => f(a, b).square().sum()
    const h = hessian(g)(x, v)
    const { product } = hvp(g, [x, v], [v, x])
    expectClose(product[0], h[0][0].matmul(v).add(h[0][1].matmul(x)), 1e-5)
    expectClose(product[1], h[1][0].matmul(v).add(h[1][1].matmul(x)), 1e-5)
  })

  it('have the shapes of outputs, then inputs', () => {
    const f = (a: Tensor): Tensor => a.matmul(ones([3, 4]))
    expect(jacobian(f)(normal([2, 3])).shape).toEqual([2, 4, 2, 3])
    expect(jacobian((a: Tensor) => a.sum())(normal([2, 3])).shape).toEqual([2, 3])
    expect(hessian((a: Tensor) => a.square().sum())(normal([2, 3])).shape).toEqual([2, 3, 2, 3])
    expect(jacobian((a: Tensor) => a.slice([[0, 0]]))(x).shape).toEqual([0, 3])
  })

  it('are 0 where nothing depends on the input', () => {
    expect(jvp(() => ones([2]), x, v).tangent.toArray()).toEqual([0, 0])
    expect(hvp((a: Tensor) => a.sum(), x, v).product.toArray()).toEqual([0, 0, 0])
    expect(jacobian(() => ones([2]))(x).toArray()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ])
    expect(jvp((a: Tensor) => a, x, v).tangent.toArray()).toEqual(v.toArray())
  })

  it('leave constants, unless they are inside another derivative or asked for a graph', () => {
    const { value, tangent } = jvp(cubic, leaf(x), v)
    expect([value.requiresGrad, tangent.requiresGrad, jacobian(cubic)(x).requiresGrad]).toEqual([
      false,
      false,
      false,
    ])
    expectClose(grad((a: Tensor) => jvp(mixed, a, v).tangent)(x), hvp(mixed, x, v).product, 1e-5)
    const third = grad((a: Tensor) => hvp((y: Tensor) => y.pow(3).sum(), a, v).product.sum())(x)
    expectClose(third, v.mul(6))
    const weight = leaf(tensor([2]))
    jvp((a: Tensor) => a.mul(weight).square(), x, v, { createGraph: true })
      .tangent.sum()
      .backward()
    expectClose(weight.grad as Tensor, [4 * x.mul(v).mul(2).sum().item()], 1e-5)
  })

  it.each<[string, () => Module, readonly number[]]>([
    ['Dense', () => dense({ units: 3, activation: 'gelu' }), [2, 4]],
    ['LSTM', () => lstm({ units: 3, returnSequences: true }), [2, 3, 2]],
    ['Conv1D', () => conv1d({ filters: 3, kernelSize: 2, activation: 'tanh' }), [2, 4, 2]],
    ['MultiHeadAttention', () => multiHeadAttention({ numHeads: 2, keyDim: 2 }), [2, 3, 4]],
  ])('hold for the layer %s', (_, make, shape) => {
    const layer = make()
    const [input, direction] = [normal(shape, 3), normal(shape, 4)]
    const forward = (a: Tensor): Tensor => layer.forward(a)
    forward(input)
    const { value, tangent } = jvp(forward, input, direction)
    const size = input.size
    const full = jacobian(forward)(input).reshape([value.size, size])
    expectClose(tangent.reshape([-1]), full.matmul(direction.reshape([size])), 2e-5)
    const loss = (a: Tensor): Tensor => forward(a).square().sum()
    const curvature = hessian(loss)(input).reshape([size, size])
    expectClose(curvature, curvature.transpose(), 5e-5)
    const { product } = hvp(loss, input, direction)
    expectClose(product.reshape([-1]), curvature.matmul(direction.reshape([size])), 1e-4)
  })
})

describe('a derivative in a direction', () => {
  it('is what differences give', () => {
    withDevice('reference64', () => {
      const step = 1e-5
      const moved = (sign: number): Float64Array => {
        const at = Float64Array.from(x.values(), (value, i) => value + sign * step * v.values()[i])
        return Float64Array.from(cubic(fromCold(at, [3], 'float32')).values())
      }
      const [up, down] = [moved(1), moved(-1)]
      const differences = up.map((value, i) => (value - down[i]) / (2 * step))
      expectClose(jvp(cubic, x, v).tangent, differences, 1e-9)
    })
  })

  it.each<[string, () => unknown, new (...facts: never[]) => Error, string]>([
    ['too few directions', () => jvp(cubic as never, [x, x], [v]), ValueError, 'got 1 for 2'],
    ['another shape', () => jvp(cubic, x, ones([2])), ShapeError, 'a direction [2] for an input [3]'],
    ['no tensor', () => hvp(mixed, x, 3 as never), DTypeError, 'got number for input 0'],
    ['no scalar', () => hvp(cubic, x, v), ShapeError, 'single number'],
    ['no scalar for a Hessian', () => hessian(cubic)(x), ShapeError, 'single number'],
  ])('refuses %s', (_, run, kind, text) => {
    const error = errorOf(run)
    expect(error).toBeInstanceOf(kind)
    expect(error.message).toContain(text)
  })
})
