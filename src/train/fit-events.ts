import type { ModelData } from '../data/rows.ts'
import type { Callback } from './callback.ts'
import { type FitOptions, fit } from './fit.ts'
import type { History, Logs } from './history.ts'
import type { Model, ModelResult } from './model.ts'
import type { BatchInput } from './source/batches.ts'

/** What happens in a training run: `begin`, then batches, and an `epoch` after the last batch of each. */
export type TrainingEvent =
  | {
      readonly kind: 'begin'
      readonly epochs: number
      /** Per epoch; null where only the end of the data tells. */
      readonly batches: number | null
      readonly examples: number | null
    }
  | {
      readonly kind: 'batch'
      readonly epoch: number
      readonly batch: number
      /** Figures of the epoch up to here. */
      readonly logs: Logs
    }
  | {
      readonly kind: 'epoch'
      readonly epoch: number
      /** What history records. */
      readonly logs: Logs
    }

/** Runs `fit` and yields its events; leaving the loop ends the run between batches. */
export async function* fitEvents(
  model: Model<ModelResult>,
  x: ModelData | BatchInput,
  y: ModelData | null,
  options: FitOptions,
): AsyncGenerator<TrainingEvent, History, undefined> {
  const { signal, callbacks = [] } = options
  signal?.throwIfAborted()
  const left = new AbortController()
  const forward = (): void => left.abort(signal?.reason)
  signal?.addEventListener('abort', forward)
  const events: TrainingEvent[] = []
  let result: { readonly history: History } | { readonly error: unknown } | null = null
  let wake = (): void => {}
  const watcher = watch(event => {
    events.push(event)
    wake()
  })
  const run = fit(model, x, y, { ...options, signal: left.signal, callbacks: [...callbacks, watcher] }).then(
    history => {
      result = { history }
      wake()
    },
    (error: unknown) => {
      result = { error }
      wake()
    },
  )
  const outcome = (): typeof result => result
  try {
    for (;;) {
      const event = events.shift()
      const ended = outcome()
      if (event !== undefined) yield event
      else if (ended === null) {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      } else if ('error' in ended) throw ended.error
      else return ended.history
    }
  } finally {
    signal?.removeEventListener('abort', forward)
    left.abort()
    await run
  }
}

function watch(push: (event: TrainingEvent) => void): Callback {
  let epoch = 0
  return {
    name: 'fitEvents',
    isObserver: true,
    onTrainBegin: ({ epochs, batches, examples, initialEpoch }) => {
      epoch = initialEpoch
      push({ kind: 'begin', epochs, batches, examples })
    },
    onEpochBegin: given => {
      epoch = given
    },
    onBatchEnd: (batch, logs) => push({ kind: 'batch', epoch, batch, logs }),
    onEpochEnd: (given, logs) => push({ kind: 'epoch', epoch: given, logs }),
  }
}
