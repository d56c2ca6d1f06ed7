import { describe, expect, it } from 'vitest'
import {
  add,
  DTypeError,
  enableGrad,
  GradientError,
  noGrad,
  roll,
  ShapeError,
  type Tensor,
  tensor,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { expectClose, int, leaf, normal } from '../setup/numbers.ts'

const scalarLeaf = (value: number): Tensor => tensor(value, { requiresGrad: true })
/** The gradient of a leaf, which must have one. */
function gradient(leaf: Tensor): Tensor {
  if (leaf.grad === null) throw new Error('there is no gradient')
  return leaf.grad
}
const gradOf = (x: Tensor): number[] => [...gradient(x).data()]

describe.each(devices)('backward on %s', device => {
  useDevice(device)

  it('fills the gradients of leaves only', () => {
    const x = leaf(normal([3]))
    const constant = normal([3], 2)
    const y = x.mul(constant)
    y.sum().backward()
    expect(gradOf(x)).toEqual([...constant.data()])
    expect(constant.grad).toBeNull()
    expect(y.grad).toBeNull()
  })

  it('adds up over calls, whether or not the gradient was read in between', () => {
    const x = leaf(tensor([1, 2]))
    x.mul(3).sum().backward()
    x.mul(4).sum().backward()
    expect(gradOf(x)).toEqual([7, 7])
    x.mul(5).sum().backward()
    expect(gradOf(x)).toEqual([12, 12])
    x.grad = null
    expect(x.grad).toBeNull()
    x.mul(6).sum().backward()
    expect(gradOf(x)).toEqual([6, 6])
  })

  it('gives two leaves that received one gradient buffers of their own', () => {
    const [a, b] = [scalarLeaf(1), scalarLeaf(2)]
    a.add(b).backward()
    a.add(b).backward()
    a.mul(10).backward()
    expect([gradOf(a), gradOf(b)]).toEqual([[12], [2]])
  })

  it('keeps the gradients of two leaves apart after createGraph', () => {
    const [a, b] = [scalarLeaf(1), scalarLeaf(2)]
    a.add(b).backward(undefined, { createGraph: true })
    a.mul(10).backward()
    expect([gradOf(a), gradOf(b)]).toEqual([[11], [1]])
  })

  it('leaves the seed alone', () => {
    const x = leaf(tensor([1, 2]))
    const seed = tensor([10, 20])
    x.reshape([2]).backward(seed)
    x.mul(1).backward(seed)
    expect([...seed.data()]).toEqual([10, 20])
    expect(gradOf(x)).toEqual([20, 40])
  })

  it('sums over every way from a leaf to the root', () => {
    const x = scalarLeaf(3)
    const square = x.mul(x)
    square.add(square.mul(x)).add(x).add(x).backward()
    // x² + x³ + 2x: 2x + 3x² + 2
    expect(gradOf(x)).toEqual([35])
  })

  it('adds an operand to itself', () => {
    const x = leaf(tensor([1, 2]))
    x.add(x).mul(x.sub(x).add(1)).sum().backward()
    expect(gradOf(x)).toEqual([2, 2])
  })

  it('sums a gradient over broadcast axes', () => {
    const [row, column, scalar] = [leaf(normal([4])), leaf(normal([3, 1], 2)), scalarLeaf(2)]
    row.add(column).mul(scalar).sum().backward()
    expect(gradOf(row)).toEqual([6, 6, 6, 6])
    expect(gradOf(column)).toEqual([8, 8, 8])
    expect(scalar.grad?.shape).toEqual([])
  })

  it('goes through ten thousand operations in a row without overflowing the stack', () => {
    const x = scalarLeaf(1)
    let y: Tensor = x
    for (let i = 0; i < 10_000; i++) y = i % 2 === 0 ? y.add(1) : y.sub(1)
    y.backward()
    expect(gradOf(x)).toEqual([1])
  })

  it('goes through every other diamond of a long chain once', () => {
    const x = scalarLeaf(1)
    let y: Tensor = x
    for (let i = 0; i < 60; i++) y = y.mul(0.5).add(y.mul(0.5))
    y.backward()
    expect(gradOf(x)).toEqual([1])
  })

  it('stops at detach, and at what was computed without recording', () => {
    const x = scalarLeaf(3)
    const frozen = noGrad(() => x.square())
    expect(frozen.requiresGrad).toBe(false)
    x.detach().mul(x).add(frozen).backward()
    expect(gradOf(x)).toEqual([3])
  })

  it('records again with enableGrad inside noGrad, and restores the mode after an exception', () => {
    const x = scalarLeaf(3)
    const inner = noGrad(() => enableGrad(() => x.mul(2)))
    expect(inner.requiresGrad).toBe(true)
    expect(() =>
      noGrad(() => {
        throw new Error('inside')
      }),
    ).toThrow('inside')
    expect(x.mul(2).requiresGrad).toBe(true)
  })

  it('refuses a second run over a used graph, and any graph that contains a part of it', () => {
    const x = scalarLeaf(2)
    const y = x.square()
    const z = y.mul(3)
    y.mul(2).backward()
    expect(() => y.mul(2).backward()).toThrow(GradientError)
    expect(() => z.backward()).toThrow(/retainGraph/)
    expect(gradOf(x)).toEqual([8])
  })

  it('runs again over a retained graph', () => {
    const x = leaf(normal([3, 3]))
    const y = x.matmul(x).softmax().log().sum()
    y.backward(undefined, { retainGraph: true })
    const once = gradOf(x)
    y.backward()
    expect(gradOf(x)).toEqual(once.map(v => v * 2))
  })

  it('refuses values that were changed in place after the forward pass', () => {
    const x = leaf(tensor([1, 2]))
    const y = x.square().sum()
    x.assign(tensor([5, 6]))
    expect(() => y.backward()).toThrow(GradientError)
    expect(() => y.backward()).toThrow(/retainGraph/)
    x.square().sum().backward()
    expect(gradOf(x)).toEqual([10, 12])
  })

  it('does not mind a change of values that no gradient reads', () => {
    const x = leaf(tensor([1, 2]))
    const y = x.add(1).sum()
    x.assign(tensor([5, 6]))
    y.backward()
    expect(gradOf(x)).toEqual([1, 1])
  })

  it('refuses to assign to a computed tensor, and other shapes', () => {
    const x = leaf(tensor([1, 2]))
    expect(() => x.mul(2).assign(tensor([1, 2]))).toThrow(/computed by mul/)
    expect(() => x.assign(tensor([1]))).toThrow(ShapeError)
  })

  it('names what is wrong with a root', () => {
    const x = leaf(tensor([1, 2]))
    expect(() => x.mul(2).backward()).toThrow(/single number, got the shape \[2\]/)
    expect(() => tensor(1).backward()).toThrow(/depends on nothing with requiresGrad/)
    expect(() => int(1).backward()).toThrow(DTypeError)
    expect(() => x.mul(2).backward(tensor([1]))).toThrow(/gradient \[1\] for a tensor \[2\]/)
    expect(() => x.greater(1).backward()).toThrow(/greater has no gradient: .*step/)
  })

  it('differentiates gradients with createGraph', () => {
    const x = scalarLeaf(2)
    x.pow(3).backward(undefined, { createGraph: true })
    const { grad } = x
    x.grad = null
    grad?.backward()
    expect(gradOf(x)).toEqual([12])
  })

  it('differentiates a penalty on the gradient, and frees the graph afterwards', () => {
    const [w, x] = [leaf(normal([4, 3])), normal([5, 4], 2)]
    const loss = x.matmul(w).tanh().sum()
    loss.backward(undefined, { createGraph: true })
    const { grad } = w
    w.grad = null
    grad?.square().sum().backward()
    // Σ_ij (Σ_n x_ni·(1 − t_nj²))² by w: 2·Σ_n x_ni · (−2·t·(1 − t²)) ⊙ (x·grad)
    const t = x.matmul(w.detach()).tanh()
    const slope = t.square().neg().add(1)
    const first = x.matmul(slope, { transposeA: true })
    const want = x.matmul(t.mul(-4).mul(slope).mul(x.matmul(first)), { transposeA: true })
    expectClose(gradient(w), want, 1e-5)
  })

  it('leaves a usable state behind an exception in the middle', () => {
    const x = leaf(normal([3]))
    const seed = normal([3], 2)
    const broken = add(x.mul(2), x.greater(0).cast('float32'))
    const saved = x.square()
    const y = saved.add(broken)
    x.assign(normal([3], 5))
    expect(() => y.backward(seed)).toThrow(GradientError)
    expect(x.grad).toBeNull()
    expect(seed.storage.holds).toBe(0)
    x.mul(2).backward(seed)
    expectClose(gradient(x), seed.mul(2))
    expect(x.mul(2).requiresGrad).toBe(true)
  })

  it('gives a tensor with several uses in layers of one graph one gradient', () => {
    const h = leaf(normal([2, 4]))
    const parts = [h.slice([null, [0, 2]]), h.slice([null, [2, 4]])]
    parts[0].mul(parts[1]).sum().backward()
    const want = roll(h.detach(), 2, { axis: 1 })
    expectClose(gradient(h), want)
  })
})
