import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { currentEngine } from '../../src/engine/device.ts'
import type { Engine } from '../../src/engine/engine.ts'
import {
  Adam,
  binaryCrossentropy,
  dense,
  dropout,
  embedding,
  Generator,
  lstm,
  manualSeed,
  type Sequential,
  sequential,
  type Tensor,
  tensor,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { quiet, sentences } from './problems.ts'

const [BATCH, TIME, VOCABULARY] = [8, 12, 50]

const classifier = (): Sequential =>
  sequential(
    embedding({ inputDim: VOCABULARY, outputDim: 16, maskZero: true, paddingIndex: 0 }),
    lstm({ units: 16, returnSequences: true }),
    dropout({ rate: 0.1 }),
    lstm({ units: 16 }),
    dense({ units: 1, activation: 'sigmoid' }),
  )

const next = (random: Generator): { x: Tensor; y: Tensor } => ({
  x: tensor(
    Int32Array.from({ length: BATCH * TIME }, (_, i) =>
      i % TIME > 8 ? 0 : 1 + random.below(VOCABULARY - 1),
    ),
    { shape: [BATCH, TIME], dtype: 'int32' },
  ),
  y: tensor(
    Float32Array.from({ length: BATCH }, () => random.below(2)),
    { shape: [BATCH, 1] },
  ),
})

describe.each(devices)('memory of training on %s', device => {
  useDevice(device)
  let engine: Engine
  let budget: number
  beforeEach(() => {
    engine = currentEngine()
    budget = engine.budget
  })
  afterEach(() => {
    engine.budget = budget
  })
  const info = (): ReturnType<Engine['memoryInfo']> => engine.memoryInfo()

  /** Less is no surprise: models of earlier tests give their memory back when the event loop has a turn. */
  function expectNoMore(before: ReturnType<Engine['memoryInfo']>): void {
    const after = info()
    expect(after.inUse).toBeLessThanOrEqual(before.inUse)
    expect(after.unownedBytes).toBeLessThanOrEqual(before.unownedBytes)
    expect(after.ownedBytes).toBeLessThanOrEqual(before.ownedBytes)
    expect(after.highWater).toBeLessThanOrEqual(before.highWater)
  }

  /** Runs `step` until everything has its place, then a hundred times more: nothing may be added. */
  function staysFlat(step: () => void, slack = 0): void {
    for (let i = 0; i < 20; i++) step()
    const before = info()
    for (let i = 0; i < 100; i++) step()
    const after = info()
    expect(after.inUse).toBeLessThanOrEqual(before.inUse + slack)
    expect(after.highWater).toBeLessThanOrEqual(before.highWater + slack)
  }

  it('is flat in a naive loop: new batches, metrics after backward, all losses kept', () => {
    manualSeed(1)
    const model = classifier()
    const random = new Generator(2)
    const losses: Tensor[] = []
    let optimizer: Adam | null = null
    // The numbers that metrics end in stay in the engine until they are many: 16 bytes each.
    staysFlat(
      () => {
        const { x, y } = next(random)
        const p = model.forward(x)
        optimizer ??= new Adam(model.parameters())
        const loss = binaryCrossentropy(p, y)
        loss.backward()
        optimizer.step()
        optimizer.zeroGrad()
        losses.push(loss)
        expect(p.greater(0.5).equal(y.greater(0.5)).cast('float32').mean().item()).toBeGreaterThanOrEqual(0)
      },
      100 * 16 * 2,
    )
    expect(losses.every(loss => Number.isFinite(loss.item()))).toBe(true)
  })

  it('is flat when gradients are forgotten by the model instead of the optimizer', () => {
    const model = classifier()
    const random = new Generator(2)
    staysFlat(() => {
      const { x, y } = next(random)
      binaryCrossentropy(model.forward(x), y).backward()
      model.zeroGrad()
    })
  })

  it('is flat, to the byte, over fit, evaluate and predict', async () => {
    manualSeed(1)
    const model = classifier()
    model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy', 'binaryAccuracy'] })
    const { x, y } = sentences(40)
    const round = async (): Promise<void> => {
      await model.fit(x, y, quiet({ batchSize: 16, validationSplit: 0.2 }))
      await model.evaluate(x, y, { batchSize: 7 })
      model.predict(x, { batchSize: 9 })
    }
    await round()
    const before = info()
    for (let i = 0; i < 10; i++) await round()
    expectNoMore(before)
  })

  it('is flat, to the byte, over steps that fail', async () => {
    const model = classifier()
    model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] })
    const { x, y } = sentences(8)
    await model.fit(x, y, quiet())
    const fail = async (labels: number[] | number[][], ids = x): Promise<void> => {
      await expect(model.fit(ids, labels, quiet())).rejects.toThrow()
      await expect(model.evaluate(ids, labels)).rejects.toThrow()
    }
    const round = async (): Promise<void> => {
      await fail(y.map(() => Number.NaN))
      await fail(y.map(() => 2))
      await fail(y.map(label => [label, label]))
      await fail(
        y,
        x.map(row => row.map(() => VOCABULARY)),
      )
    }
    await round()
    const before = info()
    for (let i = 0; i < 5; i++) await round()
    expectNoMore(before)
  })

  it('is bounded by the budget for forwards with gradients on and no backward', () => {
    const model = classifier()
    const random = new Generator(2)
    engine.budget = info().unownedBytes + 512 * 1024
    staysFlat(() => {
      model.forward(next(random).x)
    }, 128 * 1024)
  })

  it('is bounded by the budget for losses that throw after the forward', () => {
    const model = classifier()
    const random = new Generator(2)
    engine.budget = info().unownedBytes + 512 * 1024
    staysFlat(() => {
      expect(() => binaryCrossentropy(model.forward(next(random).x), tensor([1, 0]))).toThrow('[2]')
    }, 128 * 1024)
  })

  it('leaves nothing unowned behind when models are made, trained a step and dropped', async () => {
    const { x, y } = sentences(8)
    const train = async (): Promise<void> => {
      const model = classifier()
      model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy' })
      await model.fit(x, y, quiet())
    }
    await train()
    const { unownedBytes } = info()
    for (let i = 0; i < 10; i++) await train()
    expect(info().unownedBytes).toBe(unownedBytes)
  })
})
