import { describe, expect, it } from 'vitest'
import {
  Adam,
  AdamW,
  adam,
  type DeviceName,
  meanSquaredError,
  type Optimizer,
  type OptimizerLike,
  optimizerByName,
  resolveOptimizer,
  SGD,
  type SGDOptions,
  sgd,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '../../src/index.ts'
import { engineOf } from '../../src/engine/device.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { leaf, normal } from '../setup/numbers.ts'

const specs = Object.values(optimizerByName)
const withMomentum = (parameters: readonly Tensor[]): Optimizer => new SGD(parameters, { momentum: 0.9 })

const batches = Array.from({ length: 8 }, (_, seed) => ({ x: normal([8, 3], seed), y: normal([8, 2], seed) }))

/** One step on ‖x·w − y‖². */
function train(w: Tensor, optimizer: Optimizer, i: number): number {
  const { x, y } = batches[i % batches.length]
  const loss = meanSquaredError(x.matmul(w), y)
  loss.backward()
  optimizer.step()
  optimizer.zeroGrad()
  return loss.item()
}

describe.each(devices)('optimizers on %s', (device: DeviceName) => {
  useDevice(device)

  it('lets averages of gradients that stay 0 reach 0, where rounding would keep them subnormal', () => {
    const w = leaf(normal([3]))
    const optimizer = new Adam([w], {})
    w.sum().backward()
    for (let i = 0; i < 1024; i++) {
      optimizer.step()
      optimizer.zeroGrad()
      w.mul(0).sum().backward()
    }
    const [m] = [...optimizer.stateDict().tensors].filter(([name]) => name.endsWith('.m'))
    expect(m[1].toArray()).toEqual([0, 0, 0])
  })

  it.each(specs.map(spec => spec()))('$name leaves parameters without a gradient untouched', spec => {
    const [used, idle, frozen] = [leaf(normal([3])), leaf(normal([3], 2)), normal([3], 3)]
    const [before, still] = [idle.data(), frozen.data()]
    const optimizer = spec.create([used, idle, frozen])
    const start = used.data()
    used.square().sum().backward()
    optimizer.step()
    expect(used.data()).not.toEqual(start)
    expect(idle.data()).toEqual(before)
    expect(frozen.data()).toEqual(still)
    expect([...optimizer.stateDict().numbers.keys()]).toEqual(['learningRate', 'stepCount', '0.steps'])
  })

  it('count updates per parameter, so that a late one starts with its own bias correction', () => {
    const [early, late] = [leaf(tensor([1])), leaf(tensor([1]))]
    const optimizer = new Adam([early, late], { learningRate: 0.1 })
    for (let i = 0; i < 5; i++) {
      early.mul(3).sum().backward()
      optimizer.step()
      optimizer.zeroGrad()
    }
    late.mul(3).sum().backward()
    optimizer.step()
    expect(late.item()).toBeCloseTo(0.9, 5)
    expect(optimizer.stepCount).toBe(6)
  })

  it('put a new learning rate into effect at the next step', () => {
    const w = leaf(tensor([1]))
    const optimizer = new SGD([w], { learningRate: 0.5 })
    optimizer.learningRate = 0.25
    w.sum().backward()
    optimizer.step()
    expect(w.item()).toBe(0.75)
    expect(optimizer.learningRate).toBe(0.25)
  })

  it('clip before the step', () => {
    const gradient = (): Tensor => tensor([3, 4])
    const [byNorm, byValue] = [leaf(zeros([2])), leaf(zeros([2]))]
    byNorm.gradient = gradient()
    byValue.gradient = gradient()
    new SGD([byNorm], { learningRate: 1, globalClipNorm: 1 }).step()
    new SGD([byValue], { learningRate: 1, clipValue: 3.5 }).step()
    expect(byNorm.data()[0]).toBeCloseTo(-0.6, 5)
    expect(byNorm.data()[1]).toBeCloseTo(-0.8, 5)
    expect([...byValue.data()]).toEqual([-3, -3.5])
  })

  it('dampen the velocity from the second step on', () => {
    const w = leaf(zeros([1]))
    const optimizer = new SGD([w], { learningRate: 1, momentum: 0.5, dampening: 0.75 })
    const positions = [1, 2].map(() => {
      w.gradient = tensor([1])
      optimizer.step()
      return w.item()
    })
    expect(positions).toEqual([-1, -1.75])
  })

  it('update tied weights once', () => {
    const w = leaf(tensor([1]))
    const optimizer = new SGD([w, w], { learningRate: 0.5 })
    w.sum().backward()
    optimizer.step()
    expect(w.item()).toBe(0.5)
  })

  it('keep gradients valid that user code looked at, and free the others at once', () => {
    const w = leaf(normal([3, 2]))
    const optimizer = new SGD([w])
    w.square().sum().backward()
    const held = w.grad
    const numbers = held?.data()
    optimizer.zeroGrad()
    expect(w.grad).toBeNull()
    for (let i = 0; i < 20; i++) train(w, optimizer, i)
    expect(held?.data()).toEqual(numbers)
    w.square().sum().backward()
    const hidden = w.gradient
    optimizer.zeroGrad()
    expect(hidden?.storage.released).toBe(true)
  })

  it('leave memory flat over 300 steps', () => {
    const w = leaf(normal([3, 2]))
    const optimizers = [
      new Adam([w], { amsgrad: true }),
      withMomentum([w]),
      new AdamW([w], { globalClipNorm: 1 }),
    ]
    const step = (i: number): void => optimizers.forEach(optimizer => void train(w, optimizer, i))
    for (let i = 0; i < 8; i++) step(i)
    const before = engineOf(device).memoryInfo()
    for (let i = 0; i < 300; i++) step(i)
    const after = engineOf(device).memoryInfo()
    expect(after.ownedBytes).toBe(before.ownedBytes)
    expect(after.inUse).toBe(before.inUse)
  })

  it('refuse a backward through values that a step has changed', () => {
    const w = leaf(tensor([2]))
    const y = w.square().sum()
    w.gradient = tensor([1])
    new SGD([w]).step()
    expect(() => y.backward()).toThrow(/changed in place/)
  })

  it.each([
    ['adam', (p: readonly Tensor[]) => new Adam(p, { amsgrad: true, learningRate: 0.05 })],
    ['adamw', (p: readonly Tensor[]) => new AdamW(p)],
    ['sgd with momentum', withMomentum],
    ['sgd', (p: readonly Tensor[]) => new SGD(p)],
  ])('%s continues from its saved state bit for bit', (_, create) => {
    const w = leaf(normal([3, 2]))
    const optimizer = create([w])
    for (let i = 0; i < 5; i++) train(w, optimizer, i)
    optimizer.learningRate *= 0.5
    const state = optimizer.stateDict()
    const copy = leaf(w)
    const saved = [...state.tensors].map(([name, value]) => [name, value.data()])
    for (let i = 5; i < 10; i++) train(w, optimizer, i)
    const resumed = create([copy])
    resumed.loadStateDict(state)
    expect(resumed.stepCount).toBe(5)
    for (let i = 5; i < 10; i++) train(copy, resumed, i)
    expect(copy.data()).toEqual(w.data())
    expect(resumed.stateDict().numbers).toEqual(optimizer.stateDict().numbers)
    // Neither optimizer writes into the state.
    expect([...state.tensors].map(([name, value]) => [name, value.data()])).toEqual(saved)
    expect(state.numbers.get('stepCount')).toBe(5)
  })

  it('refuse a state that does not fit, and stay as they were', () => {
    const make = (): { w: Tensor; optimizer: Optimizer } => {
      const w = leaf(normal([3, 2]))
      return { w, optimizer: new Adam(new Map([['head.kernel', w]])) }
    }
    const { w, optimizer } = make()
    train(w, optimizer, 1)
    const good = optimizer.stateDict()
    const { w: other, optimizer: target } = make()
    train(other, target, 2)
    const before = target.stateDict()
    const numbers = (name: string, value: number) => new Map(good.numbers).set(name, value)
    const tensors = (name: string, value: Tensor) => new Map(good.tensors).set(name, value)
    const without = (name: string) => new Map([...good.tensors].filter(([key]) => key !== name))
    const wrong = [
      [{ ...good, optimizer: 'sgd' }, /state of 'sgd'/],
      [{ ...good, numbers: numbers('learningRate', Number.NaN) }, /finite learningRate/],
      [{ ...good, numbers: numbers('stepCount', -1) }, /whole number ≥ 0 as "stepCount"/],
      [{ ...good, numbers: numbers('head.kernel.steps', 1.5) }, /"head.kernel.steps", got 1.5/],
      [{ ...good, numbers: numbers('tail.steps', 1) }, /does not know "tail.steps"/],
      [{ ...good, tensors: without('head.kernel.v') }, /misses the tensor "head.kernel.v"/],
      [{ ...good, tensors: tensors('head.kernel.v', zeros([2, 3])) }, /\[2, 3\] as "head.kernel.v"/],
      [{ ...good, tensors: tensors('head.kernel.w', zeros([3, 2])) }, /does not know "head.kernel.w"/],
      [{ ...good, tensors: tensors('head.kernel.m', zeros([3, 2], { dtype: 'int32' })) }, /float32/],
    ] as const
    for (const [state, message] of wrong) expect(() => target.loadStateDict(state)).toThrow(message)
    const after = target.stateDict()
    expect(after.numbers).toEqual(before.numbers)
    for (const [name, value] of before.tensors) expect(after.tensors.get(name)?.data()).toEqual(value.data())
    target.loadStateDict(good)
    expect(target.stateDict().numbers).toEqual(good.numbers)
  })
})

describe('optimizer options', () => {
  const w = leaf(tensor([1]))

  it('are refused where they make no sense', () => {
    for (const learningRate of [Number.NaN, Number.POSITIVE_INFINITY, -0.1]) {
      for (const spec of specs) expect(() => spec({ learningRate }).create([w])).toThrow(/learningRate ≥ 0/)
      const optimizer = new SGD([w])
      expect(() => {
        optimizer.learningRate = learningRate
      }).toThrow(ValueError)
      expect(optimizer.learningRate).toBe(0.01)
    }
    expect(() => new Adam([w], { beta1: 1 })).toThrow(/beta1 ≥ 0 and < 1, got 1/)
    expect(() => new Adam([w], { epsilon: Number.NaN })).toThrow(/epsilon/)
    expect(() => new AdamW([w], { weightDecay: -1 })).toThrow(/weightDecay/)
    expect(() => new SGD([w], { nesterov: true })).toThrow(/momentum > 0/)
    expect(() => new SGD([w], { globalClipNorm: 0 })).toThrow(/globalClipNorm > 0/)
    expect(() => new SGD([w], { globalClipNorm: 1, clipValue: 1 })).toThrow(/got both/)
    expect(() => new SGD([w], { momentum: '0.9' } as never as SGDOptions)).toThrow(ValueError)
  })

  it('are refused with parameters that cannot be updated', () => {
    expect(() => new SGD([w.mul(2)])).toThrow(/"0" was computed by mul/)
    expect(() => new SGD([tensor([1], { dtype: 'int32' })])).toThrow(/float32 parameters, got int32/)
    expect(() => new SGD([['a', w] as const, ['a', leaf(w)] as const])).toThrow(/two parameters named "a"/)
    expect(() => new SGD([]).step()).toThrow(/no parameters/)
    const wrong = leaf(zeros([2]))
    wrong.gradient = zeros([1])
    expect(() => new SGD([wrong]).step()).toThrow(/gradient \[1\] for the parameter "0" \[2\]/)
  })
})

describe('resolveOptimizer', () => {
  const w = leaf(tensor([1]))

  it('takes names, factories and optimizers', () => {
    expect(resolveOptimizer('adam', [w])).toBeInstanceOf(Adam)
    expect(resolveOptimizer('adamw', [w])).toBeInstanceOf(AdamW)
    const chosen = resolveOptimizer(sgd({ learningRate: 0.2 }), [w])
    expect(chosen).toBeInstanceOf(SGD)
    expect(chosen.learningRate).toBe(0.2)
    expect(resolveOptimizer(chosen, [w])).toBe(chosen)
    expect(adam({ learningRate: 0.5 }).options.learningRate).toBe(0.5)
  })

  it('refuses what it does not know, and an optimizer of another model', () => {
    expect(() => resolveOptimizer('adm' as never, [w])).toThrow(/did you mean 'adam'/)
    expect(() => resolveOptimizer('constructor' as never, [w])).toThrow(ValueError)
    expect(() => resolveOptimizer(undefined as never as OptimizerLike, [w])).toThrow(/got undefined/)
    expect(() => resolveOptimizer(new Adam([leaf(w)]), [w])).toThrow(/none of the model's parameters/)
  })
})
