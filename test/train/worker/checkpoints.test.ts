import { describe, expect, it } from 'vitest'
import { type Callback, manualSeed, memoryStore } from '../../../src/index.ts'
import { x, y, net, bitsOf, quiet } from './runs.ts'

describe('checkpoints of a fit in a worker', () => {
  it('let it go on, here or there, to the bits of a run that never ended', async () => {
    const whole = net()
    await whole.fit(x, y, { epochs: 4, validationSplit: 0.2, ...quiet })
    const expected = bitsOf(whole)
    const store = memoryStore()
    const first = net()
    await first.fit(x, y, { epochs: 2, validationSplit: 0.2, ...quiet, checkpoint: { store }, worker: true })
    const resumed = net()
    manualSeed(99)
    await resumed.fit(x, y, {
      epochs: 4,
      validationSplit: 0.2,
      ...quiet,
      checkpoint: { store },
      resume: true,
      worker: true,
    })
    expect(bitsOf(resumed)).toEqual(expected)
  })

  it('are also written amid an epoch', async () => {
    const store = memoryStore()
    const stopped = net()
    const fail: Callback = {
      onBatchEnd: (batch, _, control) => {
        if (batch === 2 && control.optimizer.stepCount > 4) throw new Error('power cut')
      },
    }
    const options = { epochs: 3, batchSize: 15, ...quiet, worker: true } as const
    await expect(
      stopped.fit(x, y, { ...options, checkpoint: { store, everySteps: 1 }, callbacks: [fail] }),
    ).rejects.toThrow('power cut')
    const resumed = net()
    await resumed.fit(x, y, { ...options, checkpoint: { store, everySteps: 1 }, resume: true })
    const whole = net()
    await whole.fit(x, y, { ...options, worker: false })
    expect(bitsOf(resumed)).toEqual(bitsOf(whole))
  })
})
