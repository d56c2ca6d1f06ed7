import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import {
  Adam,
  auc,
  binaryAccuracy,
  type ByteStore,
  type Callback,
  categoricalAccuracy,
  confusionMatrix,
  defaultGenerator,
  dense,
  dropout,
  f1Score,
  FormatError,
  Generator,
  loadCheckpoint,
  manualSeed,
  meanSquaredErrorMetric,
  memoryStore,
  type Metric,
  perplexity,
  precision,
  r2Score,
  recall,
  resolveMetric,
  restoreCheckpoint,
  rootMeanSquaredError,
  saveCheckpoint,
  sequential,
  serializeCheckpoint,
  type StateTree,
  tensor,
  topKAccuracy,
  ValueError,
} from '../../src/index.ts'
import { CheckpointKeeper } from '../../src/train/checkpoint/keeper.ts'
import { errorOf, rejection } from '../setup/errors.ts'
import { line, quiet, regression } from './problems.ts'

const folder = mkdtempSync(join(tmpdir(), 'checkpoints-'))
afterAll(() => rmSync(folder, { recursive: true }))

const stepsIn = async (store: ByteStore): Promise<number[]> =>
  (await store.names()).map(name => Number(/-step-(\d+)-/.exec(name)?.[1])).sort((a, b) => a - b)

describe('the checkpoints of a run', () => {
  const { x, y } = line(32)

  it('are written at the end of each epoch, and every so many steps; the newest are kept', async () => {
    const store = memoryStore()
    await regression().fit(x, y, quiet({ epochs: 3, batchSize: 8, checkpoint: { store, keep: 9 } }))
    expect(await stepsIn(store)).toEqual([4, 8, 12])
    const often = memoryStore()
    const checkpoint = { store: often, everySteps: 3, keep: 4 }
    await regression().fit(x, y, quiet({ epochs: 3, batchSize: 8, checkpoint }))
    expect(await stepsIn(often)).toEqual([8, 9, 12, 12])
  })

  it('count optimizer steps, not batches', async () => {
    const store = memoryStore()
    const checkpoint = { store, everySteps: 1, keep: 9 }
    await regression().fit(x, y, quiet({ batchSize: 8, accumulate: 3, checkpoint }))
    expect(await stepsIn(store)).toEqual([1, 2, 2])
  })

  it('of two runs that write at once spoil nothing, even without a lock', async () => {
    const store = memoryStore()
    const keepers = await Promise.all([
      CheckpointKeeper.open({ store, keep: 2 }),
      CheckpointKeeper.open({ store, keep: 2 }),
    ])
    await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        keepers[i % 2].save(i, { run: i % 2, payload: new Float64Array(50).fill(i) }),
      ),
    )
    const found = await keepers[0].newest()
    expect(found).not.toBe(null)
    for (const name of await store.names())
      expect(name).toMatch(/^checkpoint-\d{6}-step-\d+-[0-9a-f]{8}\.safetensors$/)
  })

  it('need a metric that tells its figures, only where they are written amid an epoch', async () => {
    const silent: Metric = { name: 'silent', update: () => {}, result: () => 0, reset: () => {} }
    const model = regression()
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: [silent] })
    const run = (everySteps?: number) =>
      model.fit(x, y, quiet({ checkpoint: { store: memoryStore(), everySteps } }))
    await run()
    expect(String(await rejection(run(1)))).toMatch(/the metric 'silent' has no stateDict/)
  })

  it('are none where a run ends before its first batch has built the model', async () => {
    const model = sequential(dense({ units: 1 }))
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    const store = memoryStore()
    const stop: Callback = { onEpochBegin: (_, control) => control.stop() }
    await model.fit(x, y, quiet({ checkpoint: { store }, callbacks: [stop] }))
    const abort = new AbortController()
    const late: Callback = {
      onEpochBegin: () => {
        abort.abort('enough')
        abort.signal.throwIfAborted()
      },
    }
    const aborted = model.fit(x, y, quiet({ checkpoint: { store }, callbacks: [late], signal: abort.signal }))
    expect(await rejection(aborted)).toBe('enough')
    expect(await store.names()).toEqual([])
  })

  it('release their place after a failure', async () => {
    let locks = 0
    const store: ByteStore = {
      ...memoryStore(),
      lock: async () => {
        locks++
        return async () => void locks--
      },
    }
    const fail = { name: 'fail', onEpochEnd: () => Promise.reject(new Error('no')) }
    await rejection(regression().fit(x, y, quiet({ checkpoint: { store }, callbacks: [fail] })))
    expect(locks).toBe(0)
  })

  it.each<[string, object, RegExp]>([
    ['neither place', { checkpoint: {} }, /needs dir or store, got neither/],
    ['both places', { checkpoint: { dir: 'a', store: memoryStore() } }, /got both/],
    ['a wrong number', { checkpoint: { dir: 'a', keep: 0 } }, /keep to be a whole number/],
    ['an unknown option', { checkpoint: { dir: 'a', every: 3 } }, /no option "every"/],
    ['nothing to resume from', { resume: true }, /cannot resume without checkpoints/],
  ])('refuse %s', async (_, options, message) => {
    const error = await rejection(regression().fit(x, y, quiet(options)))
    expect(error).toBeInstanceOf(ValueError)
    expect(String(error)).toMatch(message)
  })

  it('warn of callbacks that are not there any more', async () => {
    const checkpoint = { store: memoryStore() }
    const gone = { name: 'gone', stateDict: () => 1 }
    await regression().fit(x, y, quiet({ checkpoint, callbacks: [gone] }))
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    await regression().fit(x, y, quiet({ checkpoint, resume: true, epochs: 2 }))
    expect(warn.mock.calls.flat().join()).toMatch(/callbacks that are not there any more: gone/)
    warn.mockRestore()
  })
})

describe('a checkpoint of a loop of one’s own', () => {
  const make = () => {
    manualSeed(8)
    const layers = [
      dense({ units: 4, inputSize: 2 }),
      dropout({ rate: 0.5 }),
      dense({ units: 1, inputSize: 4 }),
    ] as const
    const optimizer = new Adam([...layers[0].parameters(), ...layers[2].parameters()], { learningRate: 0.05 })
    return { optimizer, layers }
  }

  it('goes on bit for bit, with a state of its own', async () => {
    const { x, y } = line(8)
    const model = regression()
    const optimizer = model.requireCompiled('test').optimizer()
    const train = (): number => {
      const noise = tensor(Array.from(defaultGenerator().normal(8)))
      const loss = model.forward(tensor(x)).squeeze({ axis: 1 }).add(noise).sub(tensor(y)).square().mean()
      loss.backward()
      optimizer.step()
      optimizer.zeroGrad()
      return loss.item()
    }
    train()
    const file = join(folder, 'loop.safetensors')
    const state = { epoch: 3, best: Number.NaN, losses: [1, 2] }
    await saveCheckpoint(file, { model, state })
    const expected = [train(), train()]
    expect(await loadCheckpoint(file, { model })).toEqual(state)
    expect([train(), train()]).toEqual(expected)
    const bytes = serializeCheckpoint({ model, optimizer, state: null })
    const next = train()
    expect(restoreCheckpoint(bytes, { model, optimizer })).toBe(null)
    expect(train()).toBe(next)
  })

  it('may be one that fit wrote', async () => {
    const { x, y } = line(8)
    const store = memoryStore()
    const model = regression()
    await model.fit(x, y, quiet({ checkpoint: { store } }))
    const weights = model.stateDict()
    const other = regression(5)
    restoreCheckpoint(await store.read((await store.names())[0]), { model: other })
    expect([...other.stateDict()].map(([, value]) => value.toArray())).toEqual(
      [...weights].map(([, value]) => value.toArray()),
    )
  })

  it('changes nothing where it does not fit', () => {
    const model = regression()
    const bytes = serializeCheckpoint({ model })
    const { layers, optimizer } = make()
    const before = optimizer.stateDict()
    const error = errorOf(() => restoreCheckpoint(bytes, { model: layers[0], optimizer }))
    expect(error).toBeInstanceOf(ValueError)
    expect(String(error)).toMatch(/does not fit: adam.*state of 'sgd'/s)
    expect(optimizer.stateDict()).toEqual(before)
  })

  it('is refused where it is missing or damaged', async () => {
    const model = regression()
    expect(await rejection(loadCheckpoint(join(folder, 'none'), { model }))).toBeInstanceOf(FormatError)
    const bytes = serializeCheckpoint({ model })
    bytes[bytes.length - 1] ^= 1
    expect(errorOf(() => restoreCheckpoint(bytes, { model }))).toBeInstanceOf(FormatError)
  })
})

describe('the figures of a metric', () => {
  const random = new Generator(3)
  const rows = (count: number, width: number): number[][] =>
    Array.from({ length: count }, () => {
      const raw = [...random.uniform(width, 0.1, 1)]
      const sum = raw.reduce((total, value) => total + value, 0)
      return raw.map(value => value / sum)
    })
  const labels = (count: number, width: number): number[] =>
    Array.from({ length: count }, () => random.below(width))
  const binary = (): [number[][], number[][]] => [
    rows(6, 2).map(([p]) => [p]),
    labels(6, 2).map(label => [label]),
  ]
  const classes = (): [number[][], number[]] => [rows(6, 3), labels(6, 3)]

  it.each<[string, () => Metric, () => [number[][], number[] | number[][]]]>([
    ['binaryAccuracy', () => binaryAccuracy(), binary],
    ['accuracy by name', () => resolveMetric('accuracy'), classes],
    ['a function', () => resolveMetric((p, t) => p.sum().sub(t.sum())), binary],
    ['auc', () => auc(), binary],
    ['precision', () => precision(), binary],
    ['recall', () => recall(), binary],
    ['f1Score', () => f1Score({ average: 'macro' }), classes],
    ['confusionMatrix', () => confusionMatrix({ classes: 3 }), classes],
    ['topKAccuracy', () => topKAccuracy({ k: 2 }), classes],
    ['perplexity', () => perplexity(), classes],
    ['r2Score', () => r2Score(), binary],
    ['meanSquaredError', () => meanSquaredErrorMetric(), binary],
    ['rootMeanSquaredError', () => rootMeanSquaredError(), binary],
    ['categoricalAccuracy', () => categoricalAccuracy(), () => [rows(6, 3), rows(6, 3)]],
  ])('%s go on from a checkpoint', (_, make, batch) => {
    const [whole, first, second] = [make(), make(), make()]
    const batches = [batch(), batch(), batch()].map(([p, t]) => [tensor(p), tensor(t)] as const)
    for (const [p, t] of batches) whole.update(p, t)
    for (const [p, t] of batches.slice(0, 2)) first.update(p, t)
    const state: StateTree = first.stateDict?.() ?? null
    expect(state).not.toBe(null)
    first.update(...batches[0])
    second.loadStateDict?.(state)
    second.update(...batches[2])
    expect(second.result()).toBe(whole.result())
  })
})
