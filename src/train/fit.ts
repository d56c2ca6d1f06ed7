import type { ModelData } from '../data/rows.ts'
import { ValueError } from '../errors.ts'
import type { TrainEnd } from './callback.ts'
import { CallbackList } from './callback-list.ts'
import { controlOf } from './control.ts'
import type { FitOptions } from './fit-options.ts'
import { fitStream } from './fit-stream.ts'
import type { History } from './history.ts'
import type { Model, ModelResult } from './model.ts'
import { checkpoints as checkpointsPart } from './parts.ts'
import { type FitRun, readRun } from './run.ts'
import { RunState } from './run-state.ts'
import type { BatchInput } from './source/batches.ts'
import { Turns } from './turns.ts'
import { workerFit } from './worker/hook.ts'

export type { FitOptions }

/** Models that a `fit` is training now: a second one would change mode and parameters under the first. */
const running = new WeakSet<Model<ModelResult>>()

/** @param y targets; null where `x` gives batches of both */
export async function fit(
  model: Model<ModelResult>,
  x: ModelData | BatchInput,
  y: ModelData | null,
  options: FitOptions,
): Promise<History> {
  model.requireCompiled('fit')
  const run = readRun(model, x, y, options)
  const turns = new Turns(options.signal)
  if (running.has(model)) {
    throw new ValueError({
      operation: 'fit',
      problem: `was called while model "${model.name}" is still being trained.`,
      hint: 'await the first fit before the second.',
    })
  }
  running.add(model)
  model.zeroGrad()
  model.train()
  try {
    return await train(run, turns)
  } finally {
    // A frozen parameter's gradient is nobody's business after this.
    model.zeroGrad()
    running.delete(model)
    model.eval()
  }
}

/** Trains, with callbacks and checkpoints. */
async function train(run: FitRun, turns: Turns): Promise<History> {
  const { model, options, training } = run
  const state = new RunState()
  const callbacks = new CallbackList(run.callbacks)
  const control = controlOf(model, state)
  const checkpoints =
    options.checkpoint === undefined ? null : await checkpointsPart.required.open(run, state, callbacks)
  let end: TrainEnd = { reason: 'completed', history: state.history }
  try {
    await checkpoints?.resume()
    const { epochs } = options
    const { batches, examples } = training
    const place = { initialEpoch: state.epoch, initialBatch: state.isInEpoch ? state.batch : 0 }
    await callbacks.begin({ model, epochs, batches, examples, ...place }, control)
    await checkpoints?.resumeCallbacks()
    const isRemote = options.worker !== undefined && options.worker !== false
    const events = isRemote ? workerFit.required(run, state) : fitStream(run, state, turns)
    for await (const event of events) {
      const pending = callbacks.handle(event, control)
      if (pending !== undefined) await pending
      if (checkpoints !== null) await checkpoints.after(event)
    }
    if (state.isStopped) end = { ...end, reason: 'stopped' }
  } catch (error) {
    const isAborted = options.signal?.aborted === true && error === options.signal.reason
    end = { ...end, reason: isAborted ? 'aborted' : 'failed', error }
    if (isAborted) await checkpoints?.afterAbort()
    throw error
  } finally {
    try {
      await training.close()
      await callbacks.end(state.logs, end)
    } finally {
      await checkpoints?.close()
    }
  }
  return state.history
}
