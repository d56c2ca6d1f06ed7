import { describe, expect, it } from 'vitest'
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  type DeviceName,
  Generator,
  Lion,
  meanSquaredError,
  Muon,
  NAdam,
  type Optimizer,
  RMSprop,
  SGD,
  ShapeError,
  stepSchedule,
  type Tensor,
  tensor,
  ValueError,
  WeightAverage,
  zeros,
} from '../../src/index.ts'
import { engineOf } from '../../src/engine/device.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { expectClose, leaf, normal } from '../setup/numbers.ts'

const batches = Array.from({ length: 4 }, (_, seed) => ({ x: normal([8, 3], seed), y: normal([8, 2], seed) }))

/** One step on ‖x·w + b − y‖². */
function train([w, b]: readonly Tensor[], optimizer: Optimizer, i: number): number {
  const { x, y } = batches[i % batches.length]
  const loss = meanSquaredError(x.matmul(w).add(b), y)
  loss.backward()
  optimizer.step()
  optimizer.zeroGrad()
  return loss.item()
}

const parameters = (): Tensor[] => [leaf(normal([3, 2])), leaf(normal([2], 2))]

const kinds: readonly [string, (parameters: readonly Tensor[]) => Optimizer][] = [
  ['adamax', p => new Adamax(p, { weightDecay: 0.01 })],
  ['nadam', p => new NAdam(p, { weightDecay: 0.01 })],
  ['rmsprop', p => new RMSprop(p, { centered: true, momentum: 0.5, weightDecay: 0.01 })],
  ['adagrad', p => new Adagrad(p, { decay: 0.1, initialAccumulator: 0.1, weightDecay: 0.01 })],
  ['adadelta', p => new Adadelta(p, { weightDecay: 0.01 })],
  ['lion', p => new Lion(p, { weightDecay: 0.1, learningRate: 0.01 })],
  ['muon', p => new Muon(p, { learningRate: 0.02 })],
  ['adam with amsgrad', p => new Adam(p, { amsgrad: true, learningRate: 0.05 })],
  [
    'groups',
    ([w, b]) =>
      new SGD([
        { parameters: [w], momentum: 0.9 },
        { parameters: [b], learningRate: 0.1 },
      ]),
  ],
]

describe.each(devices)('more optimizers on %s', (device: DeviceName) => {
  useDevice(device)

  it.each(kinds)('%s continues from its saved state bit for bit', (_, create) => {
    const own = parameters()
    const optimizer = create(own)
    for (let i = 0; i < 5; i++) train(own, optimizer, i)
    const state = optimizer.stateDict()
    const copies = own.map(leaf)
    for (let i = 5; i < 10; i++) train(own, optimizer, i)
    const resumed = create(copies)
    resumed.loadStateDict(state)
    for (let i = 5; i < 10; i++) train(copies, resumed, i)
    expect(copies.map(p => p.data())).toEqual(own.map(p => p.data()))
    expect(resumed.stateDict().numbers).toEqual(optimizer.stateDict().numbers)
    const names = [...state.tensors.keys()]
    expect([...resumed.stateDict().tensors.keys()]).toEqual(names)
    for (const name of names) {
      const tensors = new Map([...state.tensors].filter(([key]) => key !== name))
      expect(() => create(copies).loadStateDict({ ...state, tensors })).toThrow(/misses the tensor/)
    }
  })

  it.each(kinds)('%s leaves memory flat', (_, create) => {
    const own = parameters()
    const optimizer = create(own)
    for (let i = 0; i < 4; i++) train(own, optimizer, i)
    const before = engineOf(device).memoryInfo()
    for (let i = 0; i < 40; i++) train(own, optimizer, i)
    const after = engineOf(device).memoryInfo()
    expect([after.ownedBytes, after.inUse]).toEqual([before.ownedBytes, before.inUse])
  })

  it.each(kinds)('%s gets nearer to the target', (_, create) => {
    const own = parameters()
    const { x } = batches[0]
    const y = x.matmul(normal([3, 2], 9))
    const optimizer = create(own)
    const step = (): number => {
      const loss = meanSquaredError(x.matmul(own[0]).add(own[1]), y)
      loss.backward()
      optimizer.step()
      optimizer.zeroGrad()
      return loss.item()
    }
    const first = step()
    for (let i = 0; i < 60; i++) step()
    expect(step()).toBeLessThan(0.99 * first)
  })

  it('give the same in arrays longer than a block as in short ones', () => {
    const size = 5003
    const [start, gradient] = [normal([size], 1), normal([size], 2)]
    for (const create of [
      (p: readonly Tensor[]) => new RMSprop(p, { momentum: 0.5, centered: true }),
      (p: readonly Tensor[]) => new NAdam(p),
      (p: readonly Tensor[]) => new Lion(p),
    ]) {
      const whole = leaf(start)
      const parts = [leaf(start.slice([[0, 3000]])), leaf(start.slice([[3000, size]]))]
      const optimizer = create([whole, ...parts])
      for (let i = 0; i < 2; i++) {
        whole.gradient = gradient.mul(1)
        parts[0].gradient = gradient.slice([[0, 3000]])
        parts[1].gradient = gradient.slice([[3000, size]])
        optimizer.step()
      }
      expect([...parts[0].data(), ...parts[1].data()]).toEqual([...whole.data()])
    }
  })

  it('amsgrad divides by the largest v so far', () => {
    const [w, plain] = [leaf(tensor([0])), leaf(tensor([0]))]
    const options = { learningRate: 1, beta1: 0, beta2: 0.5, epsilon: 0 } as const
    const [ams, adam] = [new Adam([w], { ...options, amsgrad: true }), new Adam([plain], options)]
    for (const g of [4, 1, 1]) {
      w.gradient = tensor([g])
      plain.gradient = tensor([g])
      ams.step()
      adam.step()
    }
    // v = 8, 4.5, 2.75; corrected by 1/2, 3/4, 7/8.
    const steps = (values: readonly number[]): number =>
      [4, 1, 1].reduce((sum, g, t) => sum + g / Math.sqrt(values[t] / (1 - 0.5 ** (t + 1))), 0)
    expect(w.item()).toBeCloseTo(-steps([8, 8, 8]), 5)
    expect(plain.item()).toBeCloseTo(-steps([8, 4.5, 2.75]), 5)
  })

  it('NAdam multiplies each momentum once, unless it is to repeat what PyTorch did before 2.0', () => {
    const mu = (t: number): number => 0.9 * (1 - 0.5 * 0.96 ** (t * 0.004))
    const [right, legacy] = [true, false].map(isRight => {
      const product = mu(1) * mu(2) * (isRight ? 1 : mu(1))
      return -0.01 * (1 + (mu(2) * 0.1) / (1 - product))
    })
    const first = (legacyProduct: boolean): number => {
      const w = leaf(tensor([0]))
      w.gradient = tensor([3])
      new NAdam([w], { learningRate: 0.01, legacyProduct }).step()
      return w.item()
    }
    expect(first(false)).toBeCloseTo(right, 8)
    expect(first(true)).toBeCloseTo(legacy, 8)
    expect(right - legacy).toBeLessThan(-5e-5)
  })

  it('RMSprop stays finite where rounding takes the centred square below zero', () => {
    const w = leaf(tensor([0]))
    const optimizer = new RMSprop([w], { centered: true, rho: 0.5, epsilon: 1e-3 })
    for (let i = 0; i < 60; i++) {
      w.gradient = tensor([1.1])
      optimizer.step()
    }
    expect(w.item()).toBeLessThan(0)
    expect(Number.isFinite(w.item())).toBe(true)
  })

  it('Lion steps by the sign of the momentum mixed with the gradient', () => {
    const w = leaf(tensor([1, 1, 1]))
    const optimizer = new Lion([w], { learningRate: 0.1, weightDecay: 0.5 })
    w.gradient = tensor([2, -3, 0])
    optimizer.step()
    expectClose(w, [0.95 - 0.1, 0.95 + 0.1, 0.95])
    // The momentum, 0.01·g, is weighed against the new gradient: 0.9·0.02 < 0.1·1, 0.9·0.03 > 0.1·0.1.
    w.gradient = tensor([-1, 0.1, 1])
    const before = w.data()
    optimizer.step()
    expectClose(w, [before[0] * 0.95 + 0.1, before[1] * 0.95 + 0.1, before[2] * 0.95 - 0.1])
    expect(() => new Lion([w], { beta2: 1 })).toThrow(/beta2/)
  })
})

/** Singular values of a [rows, cols] matrix, by Jacobi's rotations of its columns, in rising order. */
function singularValues(values: ArrayLike<number>, rows: number, cols: number): number[] {
  const a = Array.from({ length: cols }, (_, c) =>
    Array.from({ length: rows }, (_, r) => values[r * cols + c]),
  )
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, v, i) => sum + v * y[i], 0)
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let i = 0; i < cols; i++) {
      for (let j = i + 1; j < cols; j++) {
        const mixed = dot(a[i], a[j])
        if (Math.abs(mixed) < 1e-15) continue
        const zeta = (dot(a[j], a[j]) - dot(a[i], a[i])) / (2 * mixed)
        const t = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta))
        const cos = 1 / Math.sqrt(1 + t * t)
        const [x, y] = [a[i], a[j]]
        a[i] = x.map((v, k) => cos * (v - t * y[k]))
        a[j] = y.map((v, k) => cos * (t * x[k] + v))
      }
    }
  }
  return a.map(column => Math.sqrt(dot(column, column))).sort((x, y) => x - y)
}

describe.each(devices)('Muon on %s', device => {
  useDevice(device)

  it.each([
    [12, 5],
    [5, 12],
    [6, 6],
  ])('makes the singular values of a [%i, %i] step about equal', (rows, cols) => {
    const w = leaf(zeros([rows, cols]))
    w.gradient = tensor(new Generator(rows).normal(rows * cols), { shape: [rows, cols] })
    new Muon([w], { learningRate: 1 / (0.2 * Math.sqrt(Math.max(rows, cols))) }).step()
    const side = Math.min(rows, cols)
    const step = rows >= cols ? w : w.transpose()
    const values = singularValues(step.data(), Math.max(rows, cols), side)
    expect(values[0]).toBeGreaterThan(0.5)
    expect(values[side - 1]).toBeLessThan(1.25)
  })

  it('goes down the gradient, decays the weights, and looks ahead', () => {
    const gradient = normal([4, 3], 5)
    const stepOf = (options: ConstructorParameters<typeof Muon>[1], from: Tensor): Tensor => {
      const w = leaf(from)
      w.gradient = gradient.mul(1)
      new Muon([w], { learningRate: 0.1, ...options }).step()
      return w.sub(from)
    }
    expect(
      stepOf({}, zeros([4, 3]))
        .mul(gradient)
        .sum()
        .item(),
    ).toBeLessThan(0)
    // In the first step momentum and look-ahead have one direction.
    expectClose(stepOf({ nesterov: false }, zeros([4, 3])), stepOf({}, zeros([4, 3])), 1e-5)
    const start = normal([4, 3], 6)
    const moved = stepOf({ weightDecay: 0.5 }, start).sub(stepOf({ weightDecay: 0 }, start))
    expectClose(moved, start.mul(-0.05), 1e-6)
    const still = leaf(zeros([2, 2]))
    still.gradient = zeros([2, 2])
    new Muon([still]).step()
    expect([...still.data()]).toEqual([0, 0, 0, 0])
  })

  it('leaves vectors, and groups that are not to be orthogonal, to AdamW', () => {
    const [b, head] = [leaf(normal([3], 1)), leaf(normal([3, 2], 2))]
    const [sameB, sameHead] = [leaf(b), leaf(head)]
    const muon = new Muon([{ parameters: [b] }, { parameters: [head], orthogonal: false }], {
      weightDecay: 0.1,
    })
    const adamw = new AdamW([sameB, sameHead], { weightDecay: 0.1 })
    for (let i = 0; i < 3; i++) {
      for (const [p, shape] of [
        [b, [3]],
        [sameB, [3]],
        [head, [3, 2]],
        [sameHead, [3, 2]],
      ] as const) {
        p.gradient = normal([...shape], 10 + i)
      }
      muon.step()
      adamw.step()
    }
    expect(b.data()).toEqual(sameB.data())
    expect(head.data()).toEqual(sameHead.data())
    expect(() => new Muon([b], { iterations: 0 })).toThrow(/iterations/)
  })
})

describe('parameter groups', () => {
  const pair = (): [Tensor, Tensor] => [leaf(tensor([1])), leaf(tensor([1]))]
  const push = (optimizer: Optimizer): void => {
    for (const p of optimizer.parameters.values()) p.gradient = tensor([1])
    optimizer.step()
  }

  it('have options of their own, and the optimizer’s for the rest', () => {
    const [a, b] = pair()
    const optimizer = new SGD(
      [
        { parameters: [['a', a] as const] },
        { parameters: [['b', b] as const], learningRate: 0.25, weightDecay: 1 },
      ],
      { learningRate: 0.5 },
    )
    expect([...optimizer.parameters.keys()]).toEqual(['a', 'b'])
    push(optimizer)
    expect([a.item(), b.item()]).toEqual([0.5, 0.5])
    expect(optimizer.groups.map(group => group.learningRate)).toEqual([0.5, 0.25])
    optimizer.learningRate = 0.125
    expect(optimizer.groups.map(group => group.learningRate)).toEqual([0.125, 0.25])
    optimizer.groups[0].learningRate = 1
    expect([optimizer.learningRate, optimizer.groups[0].learningRate]).toEqual([0.125, 1])
    expect(() => {
      optimizer.groups[1].learningRate = -1
    }).toThrow(ValueError)
  })

  it('follow schedules of their own, and save their rates', () => {
    const create = ([a, b]: readonly Tensor[]): SGD =>
      new SGD([
        { parameters: [a], learningRate: stepSchedule({ learningRate: 1, steps: 2, factor: 0.5 }) },
        { parameters: [b], learningRate: 0.25 },
      ])
    const optimizer = create(pair())
    for (let i = 0; i < 3; i++) push(optimizer)
    optimizer.groups[1].learningRate = 0.125
    const state = optimizer.stateDict()
    expect(state.numbers.get('groups[0].learningRate')).toBe(0.5)
    const resumed = create(pair())
    resumed.loadStateDict(state)
    expect(resumed.groups.map(group => group.learningRate)).toEqual([0.5, 0.125])
    push(resumed)
    expect(resumed.groups[0].learningRate).toBe(0.25)
  })

  it('are refused when they overlap, or stand beside bare parameters', () => {
    const [a, b] = pair()
    expect(() => new SGD([{ parameters: [a] }, { parameters: [b, a] }])).toThrow(
      /same parameter in the groups 0 and 1/,
    )
    expect(() => new SGD([{ parameters: [a] }, b] as never)).toThrow(/item 1 is no group/)
    expect(() => new SGD([{ parameters: [a], momentum: -1 }])).toThrow(/momentum ≥ 0/)
    const named = (p: Tensor) => ({ parameters: [['w', p] as const] })
    expect(() => new SGD([named(a), named(b)])).toThrow(/two parameters named "w"/)
  })
})

describe.each(devices)('WeightAverage on %s', device => {
  useDevice(device)

  it('moves towards the weights, and changes places with them', () => {
    const w = leaf(tensor([0]))
    const average = new WeightAverage([w], { decay: 0.75 })
    const optimizer = new SGD([w], { learningRate: 1 })
    for (let i = 0; i < 2; i++) {
      w.gradient = tensor([-4])
      optimizer.step()
      average.update()
    }
    average.swap()
    // 0.75·1 + 0.25·8
    expect(w.item()).toBe(2.75)
    expect(() => average.update()).toThrow(/swap\(\) once more/)
    expect(() => average.stateDict()).toThrow(ValueError)
    average.swap()
    expect(w.item()).toBe(8)
  })

  it('as a callback follows the steps, not the batches', () => {
    const w = leaf(tensor([0]))
    const average = new WeightAverage([w], { decay: 0.5 })
    w.gradient = tensor([-8])
    new SGD([w], { learningRate: 1 }).step()
    for (let i = 0; i < 3; i++) average.onBatchEnd()
    expect(average.stateDict().get('0')?.item()).toBe(4)
  })

  it('comes back from its state, which it does not share', () => {
    const w = leaf(tensor([1, 2]))
    const average = new WeightAverage(new Map([['w', w]]), { decay: 0.5 })
    const state = average.stateDict()
    const other = new WeightAverage(new Map([['w', leaf(zeros([2]))]]), { decay: 0.5 })
    other.loadStateDict(state)
    other.update()
    expect([...(other.stateDict().get('w')?.data() ?? [])]).toEqual([0.5, 1])
    expect([...(state.get('w')?.data() ?? [])]).toEqual([1, 2])
    expect(() => other.loadStateDict(new Map())).toThrow(/misses "w"/)
    expect(() => other.loadStateDict(new Map([...state, ['v', w]]))).toThrow(/does not know "v"/)
    expect(() => other.loadStateDict(new Map([['w', zeros([3])]]))).toThrow(ShapeError)
    expect(() => new WeightAverage([w], { decay: 1 })).toThrow(/decay/)
  })
})
