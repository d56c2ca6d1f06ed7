import { describe, expect, it } from 'vitest'
import {
  binaryCrossentropy,
  type Callback,
  dense,
  type FitOptions,
  type LossLike,
  meanSquaredError,
  reduceLrOnPlateau,
  type Sequential,
  sequential,
  sgd,
  ShapeError,
  sparseCategoricalCrossentropy,
  stepSchedule,
  type Tensor,
  tensor,
  ValueError,
  WeightAverage,
  withLossOptions,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { expectClose, int, leaf, normal } from '../setup/numbers.ts'

const x = normal([10, 3], 1)
const kernel = normal([3, 2], 2)
const numbers = normal([10, 2], 3)
const classes = int([0, 1, 1, 0, 1, 0, 0, 1, 1, 1])
const weights = [1, 0, 2, 0.5, 1, 3, 1, 0, 1, 0.25]

/** Logits of two classes from given weights, trained by plain gradient descent. */
function makeModel(loss: LossLike): Sequential {
  const model = sequential(dense({ units: 2, inputSize: 3 }))
  model.loadStateDict(new Map([...model.stateDict()].map(([n, v]) => [n, v.rank === 2 ? kernel : v])))
  model.compile({ optimizer: sgd({ learningRate: 0.5 }), loss })
  return model
}

const crossEntropy = withLossOptions(sparseCategoricalCrossentropy, { fromLogits: true })

async function trained(
  loss: LossLike,
  y: Tensor,
  options: FitOptions,
): Promise<{ state: Tensor[]; loss: number }> {
  const model = makeModel(loss)
  const { history } = await model.fit(x, y, { batchSize: 10, shuffle: false, verbose: false, ...options })
  return { state: [...model.stateDict().values()], loss: history.loss[history.loss.length - 1] }
}

function expectSame(a: readonly Tensor[], b: readonly Tensor[], tolerance = 1e-6): void {
  a.forEach((value, i) => {
    expectClose(value, b[i], tolerance)
  })
}

describe.each(devices)('weights of examples on %s', device => {
  useDevice(device)

  it('make the loss Σ w·l / n', async () => {
    const { loss, state } = await trained(crossEntropy, classes, { sampleWeight: weights })
    const w = leaf(kernel)
    const losses = sparseCategoricalCrossentropy(x.matmul(w), classes, {
      fromLogits: true,
      reduction: 'none',
    })
    const want = losses.mul(tensor(weights)).sum().div(10)
    expect(loss).toBeCloseTo(want.item(), 6)
    want.backward()
    expectClose(state.find(value => value.rank === 2) ?? x, kernel.sub((w.grad ?? x).mul(0.5)), 1e-6)
  })

  it('spread over the outputs of an example, and are not divided out of a sum', async () => {
    const mean = await trained(meanSquaredError, numbers, { sampleWeight: tensor(weights) })
    const want = x
      .matmul(kernel)
      .sub(numbers)
      .square()
      .mul(tensor(weights).reshape([10, 1]))
    expect(mean.loss).toBeCloseTo(want.sum().item() / 20, 5)
    const sum = withLossOptions(meanSquaredError, { reduction: 'sum' })
    expect((await trained(sum, numbers, { sampleWeight: weights })).loss).toBeCloseTo(want.sum().item(), 4)
  })

  it('of classes are given by number', async () => {
    const classWeight = JSON.parse('{"spam": 3}')
    await expect(trained(crossEntropy, classes, { classWeight })).rejects.toThrow(/classWeight, got "spam"/)
  })

  it('of classes are those of their examples, for labels and for one-hot rows', async () => {
    const classWeight = { 1: 3 }
    const sampleWeight = [...classes.data()].map(label => (label === 1 ? 3 : 1))
    const want = await trained(crossEntropy, classes, { sampleWeight })
    const got = await trained(crossEntropy, classes, { classWeight })
    expect(got.loss).toBe(want.loss)
    expectSame(got.state, want.state, 0)
    const oneHot = tensor([...classes.data()].map(label => [1 - label, label]))
    const binary = withLossOptions(binaryCrossentropy, { fromLogits: true })
    const rows = await trained(binary, oneHot, { classWeight })
    expect(rows.loss).toBe((await trained(binary, oneHot, { sampleWeight })).loss)
    const both = await trained(crossEntropy, classes, { classWeight, sampleWeight: weights })
    const product = weights.map((weight, i) => weight * sampleWeight[i])
    expect(both.loss).toBe((await trained(crossEntropy, classes, { sampleWeight: product })).loss)
  })

  it('of 0 leave examples out; those of the training part go with its examples', async () => {
    const half = weights.map((_, i) => (i < 5 ? 2 : 0))
    const some = await trained(crossEntropy, classes, { sampleWeight: half })
    const alone = makeModel(crossEntropy)
    await alone.fit(x.slice([[0, 5]]), classes.slice([[0, 5]]), {
      batchSize: 5,
      shuffle: false,
      verbose: false,
    })
    expectSame(some.state, [...alone.stateDict().values()])
    const split = await trained(crossEntropy, classes, { sampleWeight: weights, validationSplit: 0.5 })
    const first = makeModel(crossEntropy)
    await first.fit(x.slice([[0, 5]]), classes.slice([[0, 5]]), {
      batchSize: 5,
      shuffle: false,
      verbose: false,
      sampleWeight: weights.slice(0, 5),
    })
    expectSame(split.state, [...first.stateDict().values()], 0)
  })

  it('are refused where they do not fit', async () => {
    const run = (options: FitOptions, loss: LossLike = crossEntropy, y = classes): Promise<unknown> =>
      trained(loss, y, options)
    await expect(run({ sampleWeight: [1, 2] })).rejects.toThrow(ShapeError)
    await expect(run({ sampleWeight: weights.map(w => -w) })).rejects.toThrow(
      /weights ≥ 0, got -1 for example 0/,
    )
    await expect(run({ classWeight: { 0: Number.NaN } })).rejects.toThrow(/classWeight|finite weights/)
    const own = (p: Tensor, y: Tensor): Tensor => p.sub(y).square().mean()
    await expect(run({ sampleWeight: weights }, own, numbers)).rejects.toThrow(
      /one loss per example[\s\S]*own/,
    )
    const cube = normal([10, 2, 2], 1)
    const loss = withLossOptions(meanSquaredError, {})
    await expect(run({ classWeight: { 0: 1 } }, loss, cube)).rejects.toThrow(ValueError)
  })
})

describe.each(devices)('accumulated gradients on %s', device => {
  useDevice(device)

  it.each([
    [2, 5],
    [3, 2],
    [4, 3],
  ])('batches of %i, %i at a time, train like large batches', async (batchSize, accumulate) => {
    for (const sampleWeight of [undefined, weights]) {
      const common = { epochs: 2, sampleWeight }
      const small = await trained(crossEntropy, classes, { ...common, batchSize, accumulate })
      const large = await trained(crossEntropy, classes, { ...common, batchSize: batchSize * accumulate })
      expectSame(small.state, large.state)
      expect(small.loss).toBeGreaterThan(0)
    }
  })

  it('survive a look at them between the batches', async () => {
    const model = makeModel(crossEntropy)
    const seen: (Tensor | null)[] = []
    const look: Callback = { onBatchEnd: () => void seen.push(model.parameters()[0].grad) }
    await model.fit(x, classes, {
      batchSize: 2,
      accumulate: 5,
      shuffle: false,
      verbose: false,
      callbacks: [look],
    })
    const large = await trained(crossEntropy, classes, {})
    expectSame([...model.stateDict().values()], large.state)
    expect(seen.map(grad => grad === null)).toEqual([false, false, false, false, true])
    expect(seen[0]?.data().every(Number.isFinite)).toBe(true)
  })

  it('of a step that was not completed are forgotten', async () => {
    const model = makeModel(crossEntropy)
    const stop: Callback = { onBatchEnd: (_batch, _logs, control) => control.stop() }
    const options = { batchSize: 2, accumulate: 3, shuffle: false, verbose: false }
    const before = model.stateDict()
    await model.fit(x, classes, { ...options, callbacks: [stop] })
    expectSame([...model.stateDict().values()], [...before.values()], 0)
    expect(model.parameters().every(({ grad }) => grad === null)).toBe(true)
    await expect(model.fit(x, classes, { accumulate: 0 })).rejects.toThrow(
      /accumulate to be a whole number ≥ 1/,
    )
  })

  it('make one step for the average of weights', async () => {
    const model = makeModel(crossEntropy)
    const before = model.parameters()[0].data()
    const average = new WeightAverage(model.parameters(), { decay: 0.5 })
    const options = { batchSize: 2, accumulate: 5, shuffle: false, verbose: false }
    await model.fit(x, classes, { ...options, callbacks: [average] })
    const after = model.parameters()[0].data()
    const want = before.map((value, i) => (value + after[i]) / 2)
    expectClose(average.stateDict().get('0') ?? x, want, 1e-6)
  })
})

describe('reduceLrOnPlateau', () => {
  const rateAfter = async (
    options: Parameters<typeof reduceLrOnPlateau>[0],
    learningRate: Parameters<typeof sgd>[0] = { learningRate: 0 },
  ): Promise<number | undefined> => {
    const model = makeModel(crossEntropy)
    model.compile({ optimizer: sgd(learningRate), loss: crossEntropy })
    const callback = reduceLrOnPlateau({ monitor: 'loss', ...options })
    let last: number | undefined
    const rate: Callback = {
      onEpochEnd: (_epoch, _logs, { optimizer }) => {
        last = optimizer.learningRate
      },
    }
    await model.fit(x, classes, { epochs: 5, verbose: false, callbacks: [callback, rate] })
    return last
  }

  it('multiplies the rate after so many epochs without improvement', async () => {
    // So small a rate changes no loss: every epoch but the first is a bad one.
    const small = { learningRate: 2 ** -30 }
    expect(await rateAfter({ factor: 0.5, patience: 3 }, small)).toBe(2 ** -31)
    expect(await rateAfter({ factor: 0.5, patience: 4 }, small)).toBe(2 ** -30)
    expect(await rateAfter({ factor: 0.5, patience: 0 }, small)).toBe(2 ** -34)
    expect(await rateAfter({ factor: 0.5, patience: 0, cooldown: 1 }, small)).toBe(2 ** -32)
    expect(await rateAfter({ factor: 0.5, patience: 0, minimum: 2 ** -32 }, small)).toBe(2 ** -32)
  })

  it('keeps the rate while the figure improves', async () => {
    expect(await rateAfter({ patience: 0, threshold: 0 }, { learningRate: 0.125 })).toBe(0.125)
    expect(await rateAfter({ patience: 3, mode: 'max' }, { learningRate: 0.125 })).toBeCloseTo(0.0125, 12)
  })

  it('is refused without its figure, beside a schedule, and with options out of range', async () => {
    await expect(rateAfter({ monitor: 'valLoss' })).rejects.toThrow(
      /no 'valLoss' among loss[\s\S]*validationSplit/,
    )
    const schedule = { learningRate: stepSchedule({ learningRate: 0.1, steps: 3 }) }
    await expect(rateAfter({}, schedule)).rejects.toThrow(/follows a schedule/)
    expect(() => reduceLrOnPlateau({ factor: 1 })).toThrow(/factor/)
    expect(() => reduceLrOnPlateau({ mode: 'best' as 'min' })).toThrow(/'min' and 'max'/)
    expect(() => reduceLrOnPlateau({ patience: -1 })).toThrow(ValueError)
  })
})
