import type { FitEvent } from '../events.ts'
import type { FitRun } from '../run.ts'
import type { RunState } from '../run-state.ts'
import { isBuilt } from './architecture.ts'
import { packError } from './errors.ts'
import { bringsState } from './hooks.ts'
import type { Answer, FromWorker, ToWorker, TrainingTask, WireEvent } from './messages.ts'
import { captureState, optimizerOf, restoreState, setRates } from './state.ts'
import { buffersOf, fromWire, toWire } from './wire-tree.ts'

const TELL_EVERY_MS = 30

/** Sends a message to the thread that started this one. */
export type Post = (message: FromWorker, transfer?: ArrayBuffer[]) => void

/** The worker's side of the conversation: it tells the main thread what happens, and waits for its answers. */
export class Relay {
  private readonly ending = new AbortController()
  private readonly told: WireEvent[] = []
  private lastTold = 0
  private waiting: { resolve(answer: Answer): void; reject(reason: unknown): void } | null = null
  /** Whether the main thread's model has parameters. */
  private isKnown: boolean | null = null
  /** Whether the main thread wants the run to end after this batch or epoch. */
  isStopped = false

  constructor(private readonly post: Post) {}

  get signal(): AbortSignal {
    return this.ending.signal
  }

  receive(message: Exclude<ToWorker, { readonly kind: 'train' }>): void {
    if (message.kind === 'stop') {
      this.isStopped = true
      return
    }
    const { waiting } = this
    this.waiting = null
    if (message.kind === 'answer') waiting?.resolve(message)
    else {
      this.ending.abort()
      waiting?.reject(this.signal.reason)
    }
  }

  /** Passes an event on to those in the main thread who listen. */
  async pass(event: FitEvent, task: TrainingTask, run: FitRun, state: RunState): Promise<void> {
    const mode = task.hooks.get(event.hook)
    if (mode === undefined) return
    const wired = wiredEvent(event)
    if (mode === 'ask') await this.ask(wired, task, run, state)
    else this.tell(wired)
  }

  /** Many small messages would keep the other thread busy: they go in groups. */
  private tell(event: WireEvent): void {
    this.told.push(event)
    if (performance.now() - this.lastTold >= TELL_EVERY_MS) this.flush()
  }

  /** Sends what has not been told yet. */
  flush(): void {
    if (this.told.length > 0) this.post({ kind: 'events', events: this.told.splice(0) })
    this.lastTold = performance.now()
  }

  private async ask(event: WireEvent, task: TrainingTask, run: FitRun, state: RunState): Promise<void> {
    this.flush()
    this.signal.throwIfAborted()
    const built = isBuilt(run.model)
    // A model that got its parameters here must be known there, before a callback looks at it.
    this.isKnown ??= task.architecture.kind === 'built'
    const isNews = built && !this.isKnown
    this.isKnown ||= built
    const isDue = isNews || bringsState(event) || isCheckpoint(event, task, state)
    const sent = isDue ? toWire(captureState(run, state)) : null
    const optimizer = optimizerOf(run.model)
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.waiting = { resolve, reject }
      const stepCount = optimizer?.stepCount ?? null
      this.post({ kind: 'question', event, stepCount, state: sent }, buffersOf(sent))
    })
    if (answer.state !== null) await restoreState(run, state, fromWire(answer.state))
    if (answer.rates !== null && optimizer !== null) setRates(optimizer, answer.rates)
    if (answer.stop) state.isStopped = true
  }
}

const isCheckpoint = (event: WireEvent, { stateEverySteps }: TrainingTask, { step }: RunState): boolean =>
  event.hook === 'onBatchEnd' && event.isStep && stateEverySteps !== null && step % stateEverySteps === 0

function wiredEvent(event: FitEvent): WireEvent {
  if (event.hook === 'onNonFiniteLoss') return { ...event, error: packError(event.error) }
  // The figures of a test's batch are computed when they are read, and so would not be cloned.
  return event.hook === 'onTestBatchEnd' ? { ...event, logs: event.logs } : event
}
