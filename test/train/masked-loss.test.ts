import { describe, expect, it } from 'vitest'
import {
  dense,
  embedding,
  flatten,
  input,
  lstm,
  manualSeed,
  model as graph,
  type Model,
  type Sequential,
  sequential,
  sparseCategoricalCrossentropy,
  tensor,
  timeDistributed,
  withLossOptions,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { numbersOf, quiet } from './problems.ts'

/** Ids with padding behind, and a target per step. What stands at the padding must not matter. */
const ids = [[3, 1, 2, 0, 0], [2, 2, 0, 0, 0], [1, 2, 3, 1, 2]] // biome-ignore format: a table
const x = tensor(ids, { dtype: 'int32' })
const targets = (padding: number): number[][] => ids.map(row => row.map(id => (id === 0 ? padding : id % 2)))
const lengths = ids.map(row => row.filter(id => id !== 0).length)

type Output = 'sigmoid' | 'softmax' | 'linear'

function tagger(output: Output, maskZero = true): Sequential {
  manualSeed(5)
  return sequential(
    embedding({ inputDim: 4, outputDim: 3, maskZero }),
    lstm({ units: 4, returnSequences: true }),
    dense({ units: output === 'softmax' ? 2 : 1, activation: output }),
  )
}

const compiled = <M extends Sequential>(
  model: M,
  loss: Parameters<Model['compile']>[0]['loss'],
  metrics: ('accuracy' | 'meanAbsoluteError')[] = [],
): M => {
  model.compile({ optimizer: 'adam', loss, metrics })
  return model
}

describe.each(devices)('the loss of sequences on %s', device => {
  useDevice(device)

  it.each([
    ['binaryCrossentropy', 'sigmoid', 'accuracy'],
    ['sparseCategoricalCrossentropy', 'softmax', 'accuracy'],
    ['meanSquaredError', 'linear', 'meanAbsoluteError'],
  ] as const)('does not see what stands at padded steps, with %s', async (loss, output, metric) => {
    const train = async (padding: number) => {
      const model = compiled(tagger(output), loss, [metric])
      const y = targets(padding).map(row =>
        loss === 'sparseCategoricalCrossentropy' ? row : row.map(one => [one]),
      )
      const { history } = await model.fit(x, y, quiet({ epochs: 2, batchSize: 2 }))
      return [...numbersOf(model), history, await model.evaluate(x, y)]
    }
    expect(await train(0)).toEqual(await train(1))
  })

  it('is the mean over the steps that count', async () => {
    const model = compiled(tagger('sigmoid'), 'binaryCrossentropy', ['accuracy'])
    const { loss, accuracy } = await model.evaluate(
      x,
      targets(0).map(row => row.map(one => [one])),
    )
    const p = model.predict(x).data()
    let [sum, right] = [0, 0]
    lengths.forEach((length, row) => {
      for (let t = 0; t < length; t++) {
        const [chance, target] = [p[row * 5 + t], ids[row][t] % 2]
        sum -= Math.log(target === 1 ? chance : 1 - chance)
        if (chance > 0.5 === (target === 1)) right++
      }
    })
    const steps = lengths.reduce((total, length) => total + length, 0)
    expect(loss).toBeCloseTo(sum / steps, 5)
    expect(accuracy).toBeCloseTo(right / steps, 6)
  })

  it('takes sample weights, too', async () => {
    const y = targets(0).map(row => row.map(one => [one]))
    const lossOf = async (sampleWeight: number[]): Promise<number> => {
      const model = compiled(tagger('sigmoid'), 'binaryCrossentropy')
      return (await model.fit(x, y, quiet({ sampleWeight, shuffle: false }))).history.loss[0]
    }
    const first = await lossOf([1, 0, 0])
    const second = await lossOf([0, 1, 0])
    const third = await lossOf([0, 0, 1])
    expect(await lossOf([1, 2, 3])).toBeCloseTo(first + 2 * second + 3 * third, 5)
  })

  it('is the same in a graph of layers', async () => {
    const ofSteps = input({ shape: [5], dtype: 'int32', name: 'ids' })
    const made = compiled(tagger('sigmoid'), 'binaryCrossentropy')
    made.build([5])
    const [embedded, states, chances] = made.layers
    const functional = graph({
      inputs: [ofSteps],
      outputs: [chances.apply(states.apply(embedded.apply(ofSteps) as never) as never) as never],
    })
    functional.compile({ optimizer: 'adam', loss: 'binaryCrossentropy' })
    const y = targets(1).map(row => row.map(one => [one]))
    expect(await functional.evaluate(x, y)).toEqual(await made.evaluate(x, y))
  })
})

describe('a mask', () => {
  it('that reaches no output changes nothing', async () => {
    manualSeed(6)
    const flat = (maskZero: boolean): Sequential => {
      manualSeed(6)
      const layers = [
        embedding({ inputDim: 4, outputDim: 3, maskZero }),
        flatten(),
        dense({ units: 5 }),
      ] as const
      return compiled(sequential(...layers), 'meanSquaredError')
    }
    expect(await flat(true).evaluate(x, targets(1))).toEqual(await flat(false).evaluate(x, targets(1)))
  })

  it('is not for a loss that says itself what it ignores', async () => {
    const loss = withLossOptions(sparseCategoricalCrossentropy, { ignoreIndex: 7 })
    const masked = compiled(tagger('softmax'), loss)
    const y = targets(7)
    const { loss: value } = await masked.evaluate(x, y)
    const plain = compiled(tagger('softmax'), 'sparseCategoricalCrossentropy')
    expect(value).toBeCloseTo((await plain.evaluate(x, targets(0))).loss, 6)
  })

  it('leaves a batch of nothing but padding at 0', async () => {
    const model = compiled(tagger('sigmoid'), 'binaryCrossentropy')
    const { loss } = await model.evaluate(tensor([[0, 0]], { dtype: 'int32' }), [[[1], [1]]])
    expect(loss).toBe(0)
  })

  it('is not seen by a loss of the user’s own', async () => {
    const seen: (readonly number[])[] = []
    const model = compiled(tagger('linear'), (prediction, target) => {
      seen.push(prediction.shape)
      return prediction.sub(target).square().mean()
    })
    await model.evaluate(
      x,
      targets(0).map(row => row.map(one => [one])),
    )
    expect(seen).toEqual([[3, 5, 1]])
  })

  it('goes through TimeDistributed', async () => {
    const model = (): Sequential => {
      manualSeed(7)
      return compiled(
        sequential(
          embedding({ inputDim: 4, outputDim: 3, maskZero: true }),
          timeDistributed({ layer: dense({ units: 1 }) }),
        ),
        'meanSquaredError',
      )
    }
    const of = async (padding: number) =>
      (
        await model().evaluate(
          x,
          targets(padding).map(row => row.map(one => [one])),
        )
      ).loss
    expect(await of(0)).toBe(await of(100))
  })
})
