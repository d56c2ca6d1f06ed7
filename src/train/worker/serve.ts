import { setDevice, useDeterministic, usePlainKernels } from '../../engine/device.ts'
import { useGpu } from '../../engine/gpu/use-gpu.ts'
import { useThreads } from '../../engine/threads/use-threads.ts'
import { ValueError } from '../../errors.ts'
import type { Callback, TrainEnd } from '../callback.ts'
import { CallbackList } from '../callback-list.ts'
import { controlOf } from '../control.ts'
import { fitStream } from '../fit-stream.ts'
import type { FitRun } from '../run.ts'
import { RunState } from '../run-state.ts'
import { RowsSource } from '../source/rows-source.ts'
import { Turns } from '../turns.ts'
import { buildArchitecture, customLayers, layerClasses } from './architecture.ts'
import { packError } from './errors.ts'
import type { Ended, ToWorker, TrainingTask } from './messages.ts'
import { type Post, Relay } from './relay.ts'
import { runtime } from './runtime.ts'
import { readSettings } from './settings.ts'
import { captureState, restoreState } from './state.ts'
import { buffersOf, fromWire, toWire } from './wire-tree.ts'

type Parts = Readonly<Record<string, unknown>>

/** What this module needs of a worker's global scope, whose types are no part of the DOM's. */
interface WorkerScope {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void
  addEventListener(type: 'message', listener: (event: { readonly data: ToWorker }) => void): void
}

/**
 * The program of a training worker: the one that `fit({ worker: () => new Worker(…) })` starts calls it, with the parts
 * of your own that the model uses.
 *
 * @param parts layer classes, losses, metrics and optimizers by name, and `callbacks` to run in the worker
 * @example serveTraining({ Residual, focalLoss })
 */
export function serveTraining(parts: Parts = {}): void {
  void open(parts)
}

async function open(parts: Parts): Promise<void> {
  const port = runtime.isNode
    ? (await runtime.builtin<typeof import('node:worker_threads')>('node:worker_threads')).parentPort
    : null
  const scope = globalThis as typeof globalThis & WorkerScope
  const post: Post = (message, transfer = []) =>
    port === null ? scope.postMessage(message, transfer) : port.postMessage(message, transfer)
  const relay = new Relay(post)
  const receive = (message: ToWorker): void => {
    if (message.kind === 'train') void answer(message.task, parts, relay, post)
    else relay.receive(message)
  }
  if (port === null) scope.addEventListener('message', ({ data }) => receive(data))
  else port.on('message', receive)
  post({ kind: 'ready' })
}

/** Trains, and says at the end how it went. */
async function answer(task: TrainingTask, parts: Parts, relay: Relay, post: Post): Promise<void> {
  const state = new RunState()
  let run: FitRun | null = null
  let outcome: Ended['outcome'] = 'done'
  try {
    await prepareEngine(task)
    const exported = { ...parts, ...(await importModule(task.module)) }
    run = buildRun(task, exported)
    await restoreState(run, state, fromWire(task.state))
    await train(task, run, state, relay)
  } catch (error) {
    outcome = relay.signal.aborted ? 'aborted' : packError(error)
  }
  relay.flush()
  const last = run === null ? null : toWire(captureState(run, state))
  post({ kind: 'ended', outcome, state: last }, buffersOf(last))
}

async function prepareEngine({ engine }: TrainingTask): Promise<void> {
  if (engine.hasPlainKernels) usePlainKernels()
  if (engine.isDeterministic) useDeterministic()
  if (engine.threads > 1) await useThreads({ threads: engine.threads })
  if (engine.gpu !== null) await useGpu(engine.gpu)
  setDevice(engine.device)
}

const importModule = async (address: string | null): Promise<Parts> =>
  address === null ? {} : await import(/* @vite-ignore */ /* webpackIgnore: true */ address)

function buildRun(task: TrainingTask, exported: Parts): FitRun {
  const { architecture, settings, training, validation, weights, options } = task
  const classes = layerClasses(exported)
  for (const [path, className] of customLayers(architecture.config)) {
    if (classes.has(className)) continue
    throw new ValueError({
      operation: 'fit',
      problem: `finds no class ${className} in the worker for layer "${path}".`,
      hint: `its module exports ${Object.keys(exported).join(', ') || 'nothing'}.`,
      argument: 'workerModule',
    })
  }
  const model = buildArchitecture(architecture, task.state, classes)
  model.compile(readSettings(settings, exported))
  const { batchSize, shuffle } = options
  return {
    model,
    options,
    callbacks: (exported.callbacks ?? []) as readonly Callback[],
    training: new RowsSource(training, { batchSize, shuffle, weights }),
    validation:
      validation === null
        ? null
        : () => new RowsSource(validation, { batchSize, shuffle: false, weights: null }),
    rows: { training, validation, weights },
  }
}

async function train(task: TrainingTask, run: FitRun, state: RunState, relay: Relay): Promise<void> {
  const { model, options, training } = run
  const callbacks = new CallbackList(run.callbacks)
  const control = controlOf(model, state)
  const { batches, examples } = training
  const place = { initialEpoch: state.epoch, initialBatch: state.isInEpoch ? state.batch : 0 }
  let end: TrainEnd = { reason: 'completed', history: state.history }
  model.train()
  try {
    await callbacks.begin({ model, epochs: options.epochs, batches, examples, ...place }, control)
    for await (const event of fitStream(run, state, new Turns(relay.signal))) {
      await callbacks.handle(event, control)
      await relay.pass(event, task, run, state)
      if (relay.isStopped) control.stop()
    }
    if (state.isStopped) end = { ...end, reason: 'stopped' }
  } catch (error) {
    end = { ...end, reason: relay.signal.aborted ? 'aborted' : 'failed', error }
    throw error
  } finally {
    await callbacks.end(state.logs, end)
  }
}
