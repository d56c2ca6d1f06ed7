import { describe, expect, it } from 'vitest'
import { dense, manualSeed, type Sequential, sequential, type TrainingEvent } from '../../src/index.ts'

const x = Array.from({ length: 10 }, (_, i) => [i / 10])
const y = x.map(([value]) => [2 * value])
const options = { batchSize: 4, verbose: false } as const

function line(): Sequential {
  manualSeed(1)
  const model = sequential(dense({ units: 1, inputSize: 1 }))
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
  return model
}

const stepsOf = (model: Sequential): number => model.requireCompiled('test').optimizer().stepCount

describe('fitEvents', () => {
  it('gives what happens in order, and returns the history of fit', async () => {
    const stream = line().fitEvents(x, y, { ...options, epochs: 2 })
    const events: TrainingEvent[] = []
    let step = await stream.next()
    for (; step.done !== true; step = await stream.next()) events.push(step.value)
    const expected = await line().fit(x, y, { ...options, epochs: 2 })
    expect(step.value.history).toEqual(expected.history)
    expect(events[0]).toEqual({ kind: 'begin', epochs: 2, batches: 3, examples: 10 })
    expect(events.slice(1).map(event => (event.kind === 'batch' ? event.batch : event.kind))).toEqual([
      ...[0, 1, 2, 'epoch'],
      ...[0, 1, 2, 'epoch'],
    ])
    expect(events.at(-1)).toMatchObject({ epoch: 1, logs: { loss: expected.history.loss[1] } })
  })

  it('ends the training where the loop is left', async () => {
    const model = line()
    for await (const event of model.fitEvents(x, y, { ...options, epochs: 100_000 })) {
      if (event.kind === 'epoch') break
    }
    expect(stepsOf(model)).toBeGreaterThanOrEqual(3)
    expect(stepsOf(model)).toBeLessThan(100_000)
    await model.fit(x, y, options)
  })

  it('trains on batches, too', async () => {
    const kinds: string[] = []
    for await (const { kind } of line().fitEvents([{ x, y }], { verbose: false })) kinds.push(kind)
    expect(kinds).toEqual(['begin', 'batch', 'epoch'])
  })

  it('throws what fit throws, after the events before it', async () => {
    const kinds: string[] = []
    const run = async (): Promise<void> => {
      const values = [[1], [1], [1], [1], [Number.NaN], [1]]
      for await (const { kind } of line().fitEvents(values, values, { ...options, shuffle: false }))
        kinds.push(kind)
    }
    await expect(run()).rejects.toThrow(/got the loss NaN/)
    expect(kinds).toEqual(['begin', 'batch'])
  })

  it('ends with the reason of the signal', async () => {
    const ending = new AbortController()
    const reason = new Error('enough')
    const run = async (): Promise<void> => {
      for await (const event of line().fitEvents(x, y, {
        ...options,
        epochs: 100_000,
        signal: ending.signal,
      })) {
        if (event.kind === 'epoch') ending.abort(reason)
      }
    }
    await expect(run()).rejects.toBe(reason)
    const late = line().fitEvents(x, y, { ...options, signal: ending.signal })
    await expect(late.next()).rejects.toBe(reason)
  })
})
