import { describe, expect, it } from 'vitest'
import {
  checkpoint,
  conv1d,
  dense,
  defaultGenerator,
  dropout,
  grad,
  gradcheck,
  GradientError,
  lstm,
  manualSeed,
  noGrad,
  ones,
  sequential,
  type Tensor,
  tensor,
} from '../../src/index.ts'
import { currentEngine } from '../../src/engine/device.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { errorOf } from '../setup/errors.ts'
import { leaf, normal } from '../setup/numbers.ts'

describe.each(devices)('checkpoint on %s', device => {
  useDevice(device)

  it('gives the same bits as without, dropout and parameters included', () => {
    manualSeed(1)
    const model = sequential(
      conv1d({ filters: 4, kernelSize: 2, activation: 'relu' }),
      dropout({ rate: 0.5 }),
      lstm({ units: 5 }),
      dropout({ rate: 0.3 }),
      dense({ units: 2 }),
    )
    model.build([6, 3])
    const x = leaf(normal([4, 6, 3]))
    const run = (forward: (a: Tensor) => Tensor): unknown => {
      manualSeed(2)
      model.train().zeroGrad()
      x.grad = null
      const y = forward(x)
      y.square().sum().backward()
      return [y, x.grad, ...model.parameters().map(p => p.grad)].map(t => t?.toArray())
    }
    const plain = run(a => model.forward(a))
    expect(run(a => checkpoint(b => model.forward(b), a))).toEqual(plain)
  })

  it('leaves the generator where one run leaves it, also after backward', () => {
    const layer = dropout({ rate: 0.5 })
    const x = leaf(normal([20]).reshape([1, 20]))
    manualSeed(3)
    layer.forward(x)
    const next = defaultGenerator().next()
    manualSeed(3)
    const y = checkpoint(a => layer.forward(a), x)
    expect(defaultGenerator().next()).toBe(next)
    const before = defaultGenerator().state()
    y.sum().backward()
    expect(defaultGenerator().state()).toEqual(before)
  })

  it('drops what the function saved', () => {
    const w = leaf(normal([64, 64]).mul(0.14))
    const block = (a: Tensor): Tensor => {
      let y = a
      for (let i = 0; i < 8; i++) y = y.matmul(w).tanh()
      return y
    }
    const engine = currentEngine()
    const bytesFor = (step: (a: Tensor) => Tensor): { held: number; gradient: Float32Array } => {
      w.grad = null
      const x = leaf(normal([256, 64]))
      const before = engine.memoryInfo().inUse
      let y = x
      for (let i = 0; i < 6; i++) y = step(y)
      const held = engine.memoryInfo().inUse - before
      y.square().sum().backward()
      return { held, gradient: (w.grad as Tensor | null)?.data() ?? new Float32Array(0) }
    }
    bytesFor(block)
    const plain = bytesFor(block)
    const saving = bytesFor(a => checkpoint(block, a))
    // 96 results of 64 kB each, or one per block.
    expect(plain.held).toBeGreaterThan(96 * 65536 * 0.95)
    expect(saving.held).toBeLessThan(plain.held / 8)
    // Contributions add up in another order.
    const largest = Math.max(...plain.gradient.map(Math.abs))
    expect(largest).toBeGreaterThan(1e-3)
    saving.gradient.forEach((value, i) => {
      expect(Math.abs(value - plain.gradient[i])).toBeLessThan(1e-5 * largest)
    })
    // Nothing of the dropped results is reachable either.
    const y = checkpoint(block, leaf(normal([256, 64])))
    expect(y.node?.inputs.map(input => input.shape)).toEqual([
      [256, 64],
      [64, 64],
    ])
  })

  it('passes gradients to tensors that the function met by itself', () => {
    const w = leaf(tensor([2, 3]))
    const scaled = w.mul(10)
    checkpoint(a => a.mul(scaled).mul(w), ones([2]))
      .sum()
      .backward()
    expect(w.grad?.toArray()).toEqual([40, 60])
  })
})

describe('checkpoint', () => {
  it('has the first and second gradients that differences give, nested too', () => {
    gradcheck(
      (x, w) => checkpoint(a => a.matmul(w).tanh(), x),
      [
        [2, 3],
        [3, 3],
      ],
      { order: 2 },
    )
    gradcheck(
      (x, w) => {
        const k = w.exp()
        return checkpoint(a => checkpoint(b => b.mul(k).sin(), a.matmul(w)).mul(a), x)
      },
      [
        [3, 3],
        [3, 3],
      ],
      { order: 2 },
    )
  })

  it('works within grad, and gives 0 for an argument that is not used', () => {
    const f = (a: Tensor, b: Tensor): Tensor => checkpoint((p, _q) => p.square(), a, b).sum()
    const [da, db] = grad(f)(tensor([3]), tensor([4]))
    expect([da.item(), db.item()]).toEqual([6, 0])
  })

  it('is only a call where no gradient is wanted', () => {
    const x = leaf(tensor([2]))
    expect(noGrad(() => checkpoint(a => a.square(), x)).requiresGrad).toBe(false)
    expect(checkpoint(a => a.square(), tensor([2])).requiresGrad).toBe(false)
  })

  it('may return its input', () => {
    const x = leaf(tensor([2]))
    checkpoint(a => a, x)
      .sum()
      .backward()
    expect(x.grad?.toArray()).toEqual([1])
    expect(x.node).toBeNull()
  })

  it('lets errors of the function through, and can be used again', () => {
    const x = leaf(ones([2, 3]))
    expect(errorOf(() => checkpoint(a => a.matmul(ones([5, 4])), x)).message).toContain('3 ≠ 5')
    checkpoint(a => a.square(), x)
      .sum()
      .backward()
    expect(x.grad?.data()).toEqual(new Float32Array(6).fill(2))
  })

  it('refuses a function that changes', () => {
    let calls = 0
    const x = leaf(ones([4]))
    const y = checkpoint(a => a.slice([[0, ++calls]]), x)
    const error = errorOf(() => y.sum().backward())
    expect(error).toBeInstanceOf(GradientError)
    expect(error.message).toContain('got [2], where it gave [1]')
  })

  it('refuses parameters that changed in between', () => {
    const w = leaf(tensor([2]))
    const y = checkpoint(a => a.mul(w), ones([1]))
    w.assign(tensor([3]))
    expect(errorOf(() => y.sum().backward()).message).toContain('changed in place')
  })

  it('spends its graph like any operation', () => {
    const y = checkpoint(a => a.square(), leaf(ones([1]))).sum()
    y.backward(undefined, { retainGraph: true })
    y.backward()
    expect(errorOf(() => y.backward())).toBeInstanceOf(GradientError)
  })
})
