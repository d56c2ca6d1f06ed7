import { beforeEach, describe, expect, it } from 'vitest'
import { NonFiniteError } from '../../src/errors.ts'
import {
  batchNormalization,
  dense,
  dropout,
  Generator,
  manualSeed,
  Module,
  Sequential,
  sequential,
  type Tensor,
  tensor,
} from '../../src/index.ts'

class Logarithm extends Module {
  forward(x: Tensor): Tensor {
    return x.log() // the line at fault
  }
}

class Root extends Module {
  forward(x: Tensor): Tensor {
    return x.square().sqrt()
  }
}

const x = new Generator(1).normal(24)
const data = { data: x, shape: [8, 3] }
const y = new Float32Array(8)

/** The error that a `fit` ends with. */
async function failure(model: ReturnType<typeof sequential>, options = {}, input = data): Promise<Error> {
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
  const run = model.fit(input, y, { verbose: false, epochs: 20, batchSize: 4, debug: 'nan', ...options })
  return run.then(
    () => new Error('it went well'),
    (error: Error) => error,
  )
}

describe("debug: 'nan'", () => {
  beforeEach(() => manualSeed(1))

  it('names the operation, the layers, the ranges, the line and a fix', async () => {
    const error = await failure(sequential(dense({ units: 2 }), new Logarithm(), dense({ units: 1 })))
    expect(error).toBeInstanceOf(NonFiniteError)
    expect(error.message).toMatch(
      /^in Sequential "sequential" → Logarithm "logarithm": log gave NaN at \[\d, \d\] of \[4, 2\]/,
    )
    expect(error.message).toMatch(/input 0 \[4, 2\] is in -?[\d.]+ … -?[\d.]+/)
    expect(error.message).toMatch(/nan-detective\.test\.ts:\d+/)
    expect(error.message).toMatch(/Hint: log of 0 or less: clip\(\) it/)
  })

  it('finds gradients that are not finite where the loss still is, before they reach the parameters', async () => {
    const model = sequential(
      dense({ units: 3, name: 'first' }),
      new Root(),
      dense({ units: 1, name: 'last' }),
    )
    const zeros = { data: new Float32Array(24), shape: [8, 3] }
    const error = await failure(model, {}, zeros)
    expect(error.message).toMatch(
      /in Sequential "sequential" → Root "root": backward of sqrt gave (NaN|Infinity)/,
    )
    for (const [, value] of model.stateDict()) expect(value.data().every(Number.isFinite)).toBe(true)
  })

  it('says when the NaN comes with the data or with the parameters', async () => {
    const bad = { data: x.slice(), shape: [8, 3] }
    bad.data[5] = Number.NaN
    const fromData = await failure(sequential(dense({ units: 1 })), { shuffle: false }, bad)
    expect(fromData.message).toMatch(/input 0 holds NaN at \[1, 2\] of \[4, 3\] already/)
    expect(fromData.message).toMatch(/look for it in the data/)

    const model = sequential(dense({ units: 1, inputSize: 3 }))
    model.loadStateDict(
      new Map([
        ['dense.kernel', tensor([[1], [Number.NaN], [1]])],
        ['dense.bias', tensor([0])],
      ]),
    )
    expect((await failure(model)).message).toMatch(/began a batch with NaN in "dense\.kernel" \(at 1 of 3\)/)
  })

  it('blames the data, not the moving statistics that they spoil, and leaves those as they were', async () => {
    const bad = { data: x.slice(), shape: [8, 3] }
    bad.data[5] = Number.NaN
    const built = new Sequential([batchNormalization(), dense({ units: 1 })], { inputShape: [3] })
    for (const model of [built, sequential(batchNormalization(), dense({ units: 1 }))]) {
      const { message } = await failure(model, { shuffle: false }, bad)
      expect(message).toMatch(/BatchNormalization "batch_normalization"/)
      expect(message).toMatch(/holds NaN at \[1, 2\] of \[4, 3\] already/)
    }
    for (const [, value] of built.stateDict()) expect(value.data().every(Number.isFinite)).toBe(true)
  })

  it('runs the step again with the same random numbers', async () => {
    const model = sequential(dropout({ rate: 0.5 }), new Logarithm(), dense({ units: 1 }))
    const positive = { data: x.map(value => Math.abs(value) + 1), shape: [8, 3] }
    // Only what was dropped is 0, and its logarithm −∞.
    const error = await failure(model, {}, positive)
    expect(error.message).toMatch(/log gave -Infinity at .*\n?.*is in 0 …/)
  })

  it('changes nothing in a run that goes well', async () => {
    const train = async (options: object) => {
      manualSeed(3)
      const model = sequential(
        dense({ units: 4, activation: 'tanh' }),
        dropout({ rate: 0.2 }),
        dense({ units: 1 }),
      )
      model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
      await model.fit(data, y, { epochs: 3, batchSize: 4, verbose: false, ...options })
      return [...model.stateDict().values()].map(value => value.data())
    }
    expect(await train({ debug: 'nan' })).toEqual(await train({}))
  })

  it('knows no other way to debug', async () => {
    const error = await failure(sequential(dense({ units: 1 })), { debug: 'inf' })
    expect(error.message).toMatch(/knows debug: 'nan', got inf/)
  })
})
