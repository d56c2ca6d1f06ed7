import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { internalScope, userScope } from '../../src/autodiff/mode.ts'
import { currentEngine } from '../../src/engine/device.ts'
import type { Engine } from '../../src/engine/engine.ts'
import {
  customGradient,
  DeviceError,
  noGrad,
  randn,
  type Tensor,
  tensor,
  withDevice,
} from '../../src/index.ts'
import { lstm } from '../../src/ops/lstm.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { between, leaf, normal } from '../setup/numbers.ts'

const inUse = (): number => currentEngine().memoryInfo().inUse

describe.each(devices)('memory on %s', device => {
  useDevice(device)
  let engine: Engine
  let budget: number
  let mostUnowned: number
  beforeEach(() => {
    engine = currentEngine()
    budget = engine.budget
    mostUnowned = engine.mostUnowned
  })
  afterEach(() => {
    engine.budget = budget
    engine.mostUnowned = mostUnowned
  })

  /** A training step in plain tensors: two layers, a loss, gradients, an update in place. */
  function step(weights: readonly Tensor[], x: Tensor): number {
    const [w1, w2] = weights
    const loss = x.matmul(w1).tanh().matmul(w2).sigmoid().sub(0.5).square().mean()
    loss.backward()
    for (const w of weights) {
      const { grad } = w
      if (grad !== null) w.assign(w.detach().sub(grad))
      w.grad = null
    }
    return loss.item()
  }

  it('stays flat over two hundred training steps', () => {
    const weights = [leaf(normal([40, 30], 1)), leaf(normal([30, 1], 2))]
    const x = normal([64, 40], 3)
    engine.budget = 64 * 1024
    const first = step(weights, x)
    for (let i = 0; i < 20; i++) step(weights, x)
    const before = engine.memoryInfo()
    let loss = 0
    for (let i = 0; i < 200; i++) loss = step(weights, x)
    expect(loss).toBeLessThan(first / 2)
    const after = engine.memoryInfo()
    expect(after.highWater).toBe(before.highWater)
    expect(after.unownedBytes).toBeLessThan(128 * 1024)
  })

  it('is back at the old level after backward, but for leaves and their gradients', () => {
    const w = leaf(normal([30, 30]))
    w.exp()
    w.square().sum().backward()
    const before = inUse()
    for (let i = 0; i < 50; i++) w.matmul(w).relu().softmax().log().sum().backward()
    // A gradient that nobody read is added to in place.
    expect(inUse()).toBe(before)
  })

  it('frees what a fused layer saved, also when the graph was retained first', () => {
    const [x, kernel, recurrentKernel] = [
      leaf(normal([2, 5, 3])),
      leaf(normal([3, 16])),
      leaf(normal([4, 16])),
    ]
    const run = (): Tensor => internalScope(() => lstm({ x, kernel, recurrentKernel }).sequence.sum())
    run().backward()
    const before = inUse()
    run().backward()
    expect(inUse()).toBe(before)
    const loss = run()
    loss.backward(undefined, { retainGraph: true })
    loss.backward()
    expect(inUse()).toBe(before)
  })

  it('keeps forwards that are never followed by a backward within the budget', () => {
    const w = leaf(normal([100, 100]))
    engine.budget = 256 * 1024
    for (let i = 0; i < 300; i++) w.mul(2).tanh()
    expect(engine.memoryInfo().unownedBytes).toBeLessThan(256 * 1024 + 3 * 40_000)
  })

  it('keeps the number of small results that nobody reads within bounds', () => {
    const w = leaf(tensor([1]))
    engine.mostUnowned = 100
    const before = inUse()
    for (let i = 0; i < 1000; i++) w.mul(2)
    expect(inUse() - before).toBeLessThan(110 * 16)
  })

  it('leaks nothing when built-in code throws', () => {
    const w = leaf(normal([20, 20]))
    w.exp()
    const before = inUse()
    for (let i = 0; i < 20; i++) {
      const broken = (): Tensor =>
        internalScope(() => {
          const inner = internalScope(() => w.exp().tanh())
          return inner.matmul(normal([7, 7]))
        })
      expect(broken).toThrow('7')
    }
    // The constants of the failed products are cold: they were never used.
    expect(inUse()).toBe(before)
  })

  it('keeps the graph of what user code met, even if built-in code throws after it', () => {
    const w = leaf(normal([5]))
    let kept: Tensor | null = null
    const broken = (): Tensor =>
      internalScope(() => {
        const hidden = internalScope(() => w.exp().mul(3))
        userScope([hidden], () => {
          kept = hidden
        })
        throw new Error('after the callback')
      })
    expect(broken).toThrow('after the callback')
    const met = kept as Tensor | null
    met?.sum().backward()
    expect(w.grad?.data()).toEqual(w.detach().exp().mul(3).data())
  })

  it('frees at once what an internal scope without gradients leaves behind', () => {
    const x = normal([50, 50])
    x.exp()
    const before = inUse()
    const y = internalScope(() => x.exp().mul(2).tanh())
    expect(inUse() - before).toBe(10_240)
    expect(y.size).toBe(2500)
  })

  it('lets small results be born cold without gradients', () => {
    const x = normal([10])
    x.exp()
    const before = inUse()
    const results = noGrad(() => Array.from({ length: 50 }, (_, i) => x.mul(i)))
    expect(inUse() - before).toBeLessThan(50 * 48)
    expect(results.every(result => result.storage.engine === null)).toBe(true)
    expect(results[3].data()).toEqual(x.mul(3).data())
  })

  it('keeps values through eviction and the way back', () => {
    const x = normal([1000])
    const y = x.mul(2)
    const want = y.data()
    engine.budget = 0
    x.add(1)
    x.add(1)
    expect(y.storage.engine).toBeNull()
    expect(y.data()).toEqual(want)
    expect(y.sub(y).data()).toEqual(new Float32Array(1000))
    expect(y.data()).toEqual(want)
  })

  it('computes the same bits with next to no budget', () => {
    const compute = (): number[] => {
      const w = leaf(normal([8, 8], 5))
      const results: Tensor[] = []
      for (let i = 0; i < 30; i++) {
        const a = w.mul(i * 0.1).add(normal([8], i))
        const b = a.matmul(w, { transposeB: true }).softmax()
        results.push(b.max({ axis: 0 }).add(a.sum({ axis: 1 })))
        if (i % 10 === 9)
          results
            .reduce((p, q) => p.add(q))
            .sum()
            .backward(undefined, { retainGraph: true })
      }
      const kept = results.flatMap(result => [...result.data()])
      return [...kept, ...(w.grad?.data() ?? [])]
    }
    const want = compute()
    engine.budget = 0
    engine.mostUnowned = 0
    expect(compute()).toEqual(want)
  })

  it('moves values to another device and back', () => {
    const x = between(-1, 1, [64])
    const here = x.mul(3)
    const other = device === 'wasm' ? 'reference' : 'wasm'
    const there = withDevice(other, () => here.add(1))
    expect(there.data()).toEqual(here.add(1).data())
    expect(there.sub(here).data()).toEqual(withDevice(other, () => there.sub(here)).data())
    expect(here.data()).toEqual(x.mul(3).data())
  })

  it('moves a graph to another device for its backward', () => {
    const w = leaf(normal([6]))
    const loss = w.mul(w).sum()
    withDevice(device === 'wasm' ? 'reference' : 'wasm', () => loss.backward())
    expect(w.grad?.data()).toEqual(w.detach().mul(2).data())
  })

  it('keeps owned values hot, and gives their bytes back with disown', () => {
    engine.budget = 0
    const x = normal([100])
    engine.pointer(x.storage)
    engine.own(x.storage)
    const { ownedBytes } = engine.memoryInfo()
    const temporary = x.add(1)
    x.add(2)
    expect(temporary.storage.engine).toBeNull()
    expect(x.storage.engine).toBe(engine)
    engine.disown(x.storage)
    expect(engine.memoryInfo().ownedBytes).toBe(ownedBytes - 400)
    tensor([1]).add(1)
    tensor([1]).add(1)
    expect(x.storage.engine).toBeNull()
  })

  it('keeps an owned tensor owned on every device that it moves to', () => {
    const other = device === 'wasm' ? 'reference' : 'wasm'
    const x = normal([100])
    engine.pointer(x.storage)
    engine.own(x.storage)
    const here = engine.memoryInfo().ownedBytes
    withDevice(other, () => {
      const there = currentEngine().memoryInfo().ownedBytes
      x.add(1)
      expect(currentEngine().memoryInfo().ownedBytes).toBe(there + 400)
      engine.disown(x.storage)
      expect(currentEngine().memoryInfo().ownedBytes).toBe(there)
    })
    expect(engine.memoryInfo().ownedBytes).toBe(here - 400)
  })

  it('evicts parameters that were not used lately when they pass their budget', () => {
    const { ownedBudget } = engine
    const old = normal([4000])
    old.add(0)
    engine.own(old.storage)
    const want = old.data()
    const x = tensor([1])
    for (let i = 0; i < 2100; i++) noGrad(() => x.add(1))
    engine.ownedBudget = 0
    x.add(1)
    expect(old.storage.engine).toBeNull()
    expect(old.data()).toEqual(want)
    engine.ownedBudget = ownedBudget
    expect(old.sub(old).sum().item()).toBe(0)
    engine.disown(old.storage)
  })

  it('keeps a gradient that the user holds as it was, whatever steps follow', () => {
    const w = leaf(normal([3]))
    const kept: Tensor[] = []
    for (let i = 1; i <= 5; i++) {
      w.mul(i).sum().backward()
      if (w.grad !== null) kept.push(w.grad)
      if (i === 3) w.grad = null
    }
    expect(kept.map(gradient => gradient.data()[0])).toEqual([1, 3, 6, 4, 9])
  })

  it('keeps what a custom gradient was handed', () => {
    const kept: Tensor[] = []
    const double = customGradient('double', {
      forward: (x: Tensor) => x.mul(2),
      gradient: g => {
        kept.push(g)
        return [g]
      },
    })
    const w = leaf(normal([4]))
    const h = w.mul(1)
    h.mul(5).add(double(h).mul(3)).sum().backward()
    double(w).sum().backward()
    expect(kept.map(g => [...g.data()])).toEqual([
      [3, 3, 3, 3],
      [1, 1, 1, 1],
    ])
  })

  it('makes room when the memory is full, but not with what the running operation uses', () => {
    const [x, y] = [normal([20], 1).add(0), normal([20], 2)]
    const other = normal([20], 3).add(0)
    const want = withDevice('reference', () => x.add(y).data())
    x.add(0)
    const { arena } = engine.memory
    const allocate = arena.allocate.bind(arena)
    // The result finds room; then y, which is cold, does not.
    const full = vi.spyOn(arena, 'allocate').mockImplementationOnce(allocate).mockReturnValueOnce(0)
    const cold = tensor(y.data())
    const sum = x.add(cold)
    full.mockRestore()
    expect(other.storage.engine).toBeNull()
    expect(sum.data()).toEqual(want)
    expect(other.data()).toEqual(normal([20], 3).data())
  })

  it('makes room for the scratch of a kernel', () => {
    const idle = normal([20]).add(0)
    engine.beginOperation()
    const full = vi.spyOn(engine.memory.arena, 'allocate').mockReturnValueOnce(0)
    engine.memory.release(engine.memory.allocate(64))
    full.mockRestore()
    expect(idle.storage.engine).toBeNull()
  })

  it('says so when there is no room at all', () => {
    const full = vi.spyOn(engine.memory.arena, 'allocate').mockReturnValue(0)
    const x = tensor([1, 2])
    expect(() => x.add(1)).toThrow(DeviceError)
    full.mockRestore()
    expect(x.add(1).toArray()).toEqual([2, 3])
  })

  it('reads random tensors after thousands of operations', () => {
    engine.budget = 32 * 1024
    const x = randn([16])
    const want = x.data()
    for (let i = 0; i < 3000; i++) x.add(i)
    expect(x.data()).toEqual(want)
  })
})
