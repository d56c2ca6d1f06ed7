import type { NonFiniteError } from '../../errors.ts'
import type { FitEvent } from '../events.ts'
import type { FitRun } from '../run.ts'
import type { RunState } from '../run-state.ts'
import { unpackError } from './errors.ts'
import type { TrainingWorker } from './hook.ts'
import { bringsState } from './hooks.ts'
import { Inbox } from './inbox.ts'
import type { Ended, Question, Rates, ToWorker, WireEvent } from './messages.ts'
import { captureState, fingerprint, optimizerOf, ratesOf, restoreState } from './state.ts'
import { describeTask, packTask } from './task.ts'
import { buffersOf, fromWire, toWire } from './wire-tree.ts'

/**
 * Trains in a worker, and gives what happens there; between two events whoever iterates may change the model, the
 * optimizer's rates, and the generator, as in `fitStream`.
 *
 * @param start starts the library's own worker
 * @throws UnsupportedError that names the part that cannot travel; what training throws, with its class and fields;
 *   DeviceError when the worker does not start, or dies
 */
export async function* remoteStream(
  run: FitRun,
  state: RunState,
  start: () => Promise<TrainingWorker>,
): AsyncGenerator<FitEvent, void> {
  const described = describeTask(run)
  const { worker: own, signal } = run.options
  const worker = typeof own === 'function' ? own() : await start()
  const inbox = new Inbox(worker)
  const post = (message: ToWorker, transfer: ArrayBuffer[] = []): void =>
    worker.postMessage(message, transfer)
  const abort = (): void => post({ kind: 'abort' })
  let isTraining = false
  try {
    const { task, transfer } = await packTask(run, state, described)
    await inbox.open(signal)
    signal?.addEventListener('abort', abort)
    post({ kind: 'train', task }, transfer)
    isTraining = true
    for (;;) {
      const message = await inbox.next()
      if (message.kind === 'ended') {
        isTraining = false
        await end(run, state, message)
        return
      }
      if (message.kind === 'question') {
        const asked = await ask(run, state, message)
        yield asked.event
        const { answer, transfer } = asked.answer()
        post(answer, transfer)
        continue
      }
      const wasStopped = state.isStopped
      for (const event of message.events) {
        follow(state, event)
        yield eventOf(event)
      }
      if (state.isStopped && !wasStopped) post({ kind: 'stop' })
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    // Whoever iterates has had enough: the model gets the state in which the worker stops.
    if (isTraining) await leave(run, state, inbox, abort)
    worker.terminate()
  }
}

const eventOf = (event: WireEvent): FitEvent =>
  event.hook === 'onNonFiniteLoss' ? { ...event, error: unpackError(event.error) as NonFiniteError } : event

/** Notes how far the run has come, where the whole state does not say so. */
function follow(state: RunState, event: WireEvent): void {
  switch (event.hook) {
    case 'onEpochBegin':
      state.epoch = event.epoch
      state.batch = 0
      state.isInEpoch = true
      break
    case 'onBatchEnd':
      state.batch = event.batch + 1
      state.logs = event.logs
      if (event.isStep) state.step++
      break
    case 'onEpochEnd':
      state.logs = event.logs
      state.history.record(event.epoch, event.logs)
      state.isInEpoch = false
      state.epoch = event.epoch + 1
  }
}

/** Brings everything here to where the worker waits; the answer says what has been changed until it is asked for. */
async function ask(run: FitRun, state: RunState, { event, stepCount, state: sent }: Question) {
  const { model } = run
  const rates = (): Rates | null => {
    const optimizer = optimizerOf(model)
    return optimizer === null ? null : ratesOf(optimizer)
  }
  if (sent === null) follow(state, event)
  else await restoreState(run, state, fromWire(sent))
  if (stepCount !== null) optimizerOf(model)?.countSteps(stepCount)
  const before = fingerprint(model)
  const ratesBefore = JSON.stringify(rates())
  const answer = (): { answer: ToWorker; transfer: ArrayBuffer[] } => {
    const isChanged = bringsState(event) && fingerprint(model) !== before
    const changed = isChanged ? toWire(captureState(run, state)) : null
    const now = rates()
    return {
      answer: {
        kind: 'answer',
        stop: state.isStopped,
        rates: JSON.stringify(now) === ratesBefore ? null : now,
        state: changed,
      },
      transfer: buffersOf(changed),
    }
  }
  return { event: eventOf(event), answer }
}

async function end(run: FitRun, state: RunState, { outcome, state: last }: Ended): Promise<void> {
  const { isStopped } = state
  if (last !== null) await restoreState(run, state, fromWire(last))
  state.isStopped ||= isStopped
  if (outcome === 'aborted') run.options.signal?.throwIfAborted()
  else if (outcome !== 'done') throw unpackError(outcome)
}

async function leave(run: FitRun, state: RunState, inbox: Inbox, abort: () => void): Promise<void> {
  abort()
  try {
    for (;;) {
      const message = await inbox.next()
      if (message.kind !== 'ended') continue
      if (message.state !== null) await restoreState(run, state, fromWire(message.state))
      return
    }
  } catch {
    // The worker is dead: what ended the run says more than that.
  }
}
