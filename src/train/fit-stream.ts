import { NonFiniteError } from '../errors.ts'
import { evaluateSource, freshMetrics } from './evaluate.ts'
import type { FitEvent } from './events.ts'
import type { Logs } from './history.ts'
import { onDevice } from './on-device.ts'
import { nanDetective } from './parts.ts'
import type { FitRun } from './run.ts'
import type { RunState } from './run-state.ts'
import type { SourceBatch } from './source/source.ts'
import { type Accumulation, trainStep } from './step.ts'
import type { Turns } from './turns.ts'

/** `accuracy` becomes `valAccuracy`. */
const validationName = (name: string): string => `val${name[0].toUpperCase()}${name.slice(1)}`

/**
 * Trains, and gives what happens, as it happens: whoever iterates calls the callbacks, and may save checkpoints between
 * two events, and at last closes `run.training`. The state says how far the run has come, and a restored one where it
 * goes on.
 */
export async function* fitStream(run: FitRun, state: RunState, turns: Turns): AsyncGenerator<FitEvent, void> {
  const { model, options, training } = run
  while (state.epoch < options.epochs && !(state.isStopped && !state.isInEpoch)) {
    if (!state.isInEpoch) {
      state.isInEpoch = true
      state.batch = 0
      state.loss.reset()
      yield { hook: 'onEpochBegin', epoch: state.epoch }
      await training.begin()
      state.measures = freshMetrics(model, 'fit')
    }
    let isEnd = false
    while (!state.isStopped && !isEnd) {
      const group = await readGroup(run)
      isEnd = group.length < options.accumulate
      const examples = group.reduce((sum, { count }) => sum + count, 0)
      for (let i = 0; i < group.length && !state.isStopped; i++) {
        const place = { share: group[i].count / examples, isLast: i === group.length - 1 }
        yield { hook: 'onBatchBegin', batch: state.batch }
        const event = trainBatch(run, state, group[i], place)
        yield event
        if (event.hook === 'onNonFiniteLoss' && !state.isStopped) throw event.error
        await turns.pause()
      }
    }
    if (run.validation !== null) yield* validate(run, state, turns)
    const { epoch, logs } = state
    state.history.record(epoch, logs)
    state.isInEpoch = false
    state.epoch++
    yield { hook: 'onEpochEnd', epoch, logs }
  }
}

/** The batches of one optimizer step. */
async function readGroup({ training, options }: FitRun): Promise<SourceBatch[]> {
  const group: SourceBatch[] = []
  while (group.length < options.accumulate) {
    const next = training.next()
    const batch = next instanceof Promise ? await next : next
    if (batch === null) return group
    group.push(batch)
  }
  return group
}

/** Trains on a batch; what came of it is an event. */
function trainBatch(
  { model, options }: FitRun,
  state: RunState,
  batch: SourceBatch,
  place: Accumulation,
): FitEvent {
  const index = state.batch
  const { optimizer } = model.requireCompiled('fit')
  try {
    const step = options.debug === 'nan' ? nanDetective.required : trainStep
    const loss = onDevice(options, () => step(model, optimizer, state.measures, place, batch.make))
    state.loss.add(loss, batch.count)
  } catch (error) {
    if (!(error instanceof NonFiniteError)) throw error
    return { hook: 'onNonFiniteLoss', batch: index, error }
  }
  state.batch++
  if (place.isLast) state.step++
  state.logs = figuresOf(state)
  return { hook: 'onBatchEnd', batch: index, logs: state.logs, isStep: place.isLast }
}

const figuresOf = ({ loss, measures }: RunState): Logs => ({
  loss: loss.result(),
  ...Object.fromEntries(measures.map(measure => [measure.name, measure.result()])),
})

async function* validate(run: FitRun, state: RunState, turns: Turns): AsyncGenerator<FitEvent, void> {
  const source = run.validation?.()
  if (source === undefined) return
  const results = yield* evaluateSource(run.model, 'fit', source, turns, run.options)
  const named = Object.entries(results).map(([name, value]) => [validationName(name), value] as const)
  state.logs = { ...state.logs, ...Object.fromEntries(named) }
}
