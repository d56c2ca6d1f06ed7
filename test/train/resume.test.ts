import { describe, expect, it, vi } from 'vitest'
import { type Callback, Generator, memoryStore, ValueError } from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { rejection } from '../setup/errors.ts'
import { trained, TRAINING } from './checkpoint-runs.ts'

/** Stands for the process' death: nothing after it is run. */
class Killed extends Error {}

const killAfter = (batches: number): Callback => {
  let seen = 0
  return {
    name: 'killer',
    onBatchEnd: () => {
      seen++
      if (seen === batches) throw new Killed()
    },
  }
}

describe.each(devices)('a run that resumes on %s', device => {
  useDevice(device)

  it.each([
    ['a schedule', true],
    ['a rate that callbacks change', false],
  ])('equals one that was never ended, bit for bit, with %s', async (_, schedule) => {
    const expected = await trained(schedule, {})
    const random = new Generator(5)
    for (const everySteps of [1, 2, 5]) {
      const store = memoryStore()
      const checkpoint = { store, everySteps, keep: 2 }
      for (let kills = 0; kills < 3; kills++) {
        const after = 1 + random.below(12)
        await trained(schedule, { checkpoint, resume: true }, [], [killAfter(after)]).catch(error => {
          if (!(error instanceof Killed)) throw error
        })
      }
      const logs: string[] = []
      expect(await trained(schedule, { checkpoint, resume: true }, logs)).toEqual(expected)
      expect((await store.names()).length).toBe(2)
    }
  })
})

describe('a run that resumes', () => {
  it('has nothing more to do after its last epoch, and may be given more epochs', async () => {
    const checkpoint = { store: memoryStore() }
    const done = await trained(true, { checkpoint })
    expect(await trained(true, { checkpoint, resume: true })).toEqual(done)
    const longer = await trained(true, { checkpoint, resume: true, epochs: TRAINING.epochs + 2 })
    expect(longer).toEqual(await trained(true, { epochs: TRAINING.epochs + 2 }))
  })

  it('goes on after an abort from where it was, not from the last epoch', async () => {
    const expected = await trained(true, {})
    const checkpoint = { store: memoryStore(), everySteps: 100 }
    const abort = new AbortController()
    const stop: Callback = { onBatchEnd: batch => void (batch === 3 && abort.abort()) }
    const logs: string[] = []
    const aborted = trained(true, { checkpoint, signal: abort.signal }, logs, [stop])
    expect(await rejection(aborted)).toBe(abort.signal.reason)
    expect(logs.length).toBe(4)
    const begun: number[] = []
    const watch: Callback = {
      onTrainBegin: ({ initialEpoch, initialBatch }) => void begun.push(initialEpoch, initialBatch),
    }
    expect(await trained(true, { checkpoint, resume: true }, [], [watch])).toEqual(expected)
    expect(begun).toEqual([0, 4])
  })

  it('does not train on where a callback had stopped it', async () => {
    const checkpoint = { store: memoryStore() }
    const stop: Callback = { onEpochEnd: (epoch, _, control) => void (epoch === 1 && control.stop()) }
    const stopped = await trained(true, { checkpoint }, [], [stop])
    expect(stopped.history.loss.length).toBe(2)
    expect(await trained(true, { checkpoint, resume: true }, [], [stop])).toEqual(stopped)
  })

  it('passes a damaged checkpoint over, names it in a warning, and still equals the whole run', async () => {
    const expected = await trained(true, {})
    const store = memoryStore()
    await trained(true, { checkpoint: { store }, epochs: 3 })
    const [newest] = [...(await store.names())].sort().reverse()
    const bytes = await store.read(newest)
    bytes[bytes.length - 5] ^= 1
    await store.write(newest, bytes)
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    expect(await trained(true, { checkpoint: { store }, resume: true })).toEqual(expected)
    expect(warn.mock.calls.flat().join()).toContain(newest)
    expect(warn.mock.calls.flat().join()).toContain('CRC-32')
    warn.mockRestore()
    expect(await store.names()).not.toContain(newest)
  })

  it('refuses to begin anew when every checkpoint is damaged', async () => {
    const store = memoryStore()
    await trained(true, { checkpoint: { store }, epochs: 2 })
    for (const name of await store.names()) await store.write(name, new Uint8Array(10))
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const error = await rejection(trained(true, { checkpoint: { store }, resume: true }))
    warn.mockRestore()
    expect(String(error)).toMatch(/only damaged checkpoints.*-step-/s)
  })

  it.each([
    ['another optimizer', { schedule: false }, /adam|sgd/],
    ['another size of batches', { options: { batchSize: 16 } }, /had 8 as batchSize .* has 16 now/],
    ['another order', { options: { shuffle: false } }, /had true as shuffle/],
    ['other data', { options: { validationSplit: 0.5 } }, /had 48 as examples .* has 32/],
  ] as const)('names what differs with %s', async (_, change, message) => {
    const checkpoint = { store: memoryStore() }
    await trained(true, { checkpoint, epochs: 1 })
    const { schedule = true, options = {} } = change as { schedule?: boolean; options?: object }
    const error = await rejection(trained(schedule, { checkpoint, resume: true, ...options }))
    expect(error).toBeInstanceOf(ValueError)
    expect(String(error)).toMatch(message)
    expect(String(error)).toContain('-step-3-')
  })

  it('is asked for where checkpoints of an earlier run would be lost', async () => {
    const checkpoint = { store: memoryStore() }
    await trained(true, { checkpoint, epochs: 1 })
    const error = await rejection(trained(true, { checkpoint }))
    expect(String(error)).toMatch(/earlier run.*resume: true/s)
  })
})
