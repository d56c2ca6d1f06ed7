import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { adam, type Callback, dense, manualSeed, type Sequential, sequential } from '../../../src/index.ts'
import { absoluteLoss, meanPrediction, Scale } from './parts.ts'
import { x, y, inBoth, partsModule, quiet } from './runs.ts'

describe('a module of the user’s own parts', () => {
  const make = (): Sequential => {
    manualSeed(6)
    const model = sequential(dense({ units: 4 }), new Scale(), dense({ units: 1 }))
    model.compile({ optimizer: adam(), loss: absoluteLoss, metrics: [meanPrediction] })
    return model
  }

  it('brings custom layers, losses, metrics and callbacks along', async () => {
    const halt: Callback = { onEpochEnd: (epoch, _, control) => (epoch === 1 ? control.stop() : undefined) }
    const [here, there] = await inBoth(
      make,
      (model, where) =>
        model.fit(x, y, { epochs: 5, ...quiet, ...where, callbacks: where.worker ? [] : [halt] }),
      { worker: true, workerModule: partsModule },
    )
    expect(there).toEqual(here)
  })

  it('can be part of a worker program of the user’s own', async () => {
    const program = JSON.stringify(new URL('./own-worker.ts', import.meta.url).href)
    const source = `import('tsx/esm/api').then(({ register }) => { register(); return import(${program}) })`
    const [here, there] = await inBoth(
      make,
      (model, where) => model.fit(x, y, { epochs: 2, ...quiet, ...where }),
      { worker: () => new Worker(source, { eval: true, execArgv: [] }) },
    )
    expect(there).toEqual(here)
  })
})
