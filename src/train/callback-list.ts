import type { StateReader } from '../io/state-reader.ts'
import type { StateTree } from '../io/state-tree.ts'
import type { Callback, FitControl, FitInfo, TrainEnd } from './callback.ts'
import type { FitEvent, TestEvent } from './events.ts'
import type { Logs } from './history.ts'

type Hook = Exclude<keyof Callback, 'name'>

/** Calls callbacks, in order; an error names its callback. */
export class CallbackList {
  /** Those whose `onTrainBegin` has run: they are told of the end. */
  private begun: readonly Callback[] = []
  private readonly byHook = new Map<Hook, readonly Callback[]>()

  constructor(private readonly callbacks: readonly Callback[]) {}

  private with(hook: Hook): readonly Callback[] {
    let found = this.byHook.get(hook)
    if (found === undefined) {
      found = this.callbacks.filter(callback => callback[hook] !== undefined)
      this.byHook.set(hook, found)
    }
    return found
  }

  private async call(hook: Hook, run: (callback: Callback) => void | Promise<void>): Promise<void> {
    for (const callback of this.with(hook)) await this.guarded(callback, run)
  }

  private async guarded(
    callback: Callback,
    run: (callback: Callback) => void | Promise<void>,
  ): Promise<void> {
    try {
      const pending = run(callback)
      if (pending !== undefined) await pending
    } catch (error) {
      const { name = String(this.callbacks.indexOf(callback) + 1) } = callback
      const label = callback.name === undefined ? name : `"${name}"`
      // Some messages are read-only (a DOMException's): such an error passes as it is.
      if (error instanceof Error) Reflect.set(error, 'message', `callback ${label}: ${error.message}`)
      throw error
    }
  }

  async begin(info: FitInfo, control: FitControl): Promise<void> {
    for (const callback of this.callbacks) {
      await this.guarded(callback, c => c.onTrainBegin?.(info, control))
      this.begun = [...this.begun, callback]
    }
  }

  /** Tells all of them of an event; awaits nothing where nobody listens. */
  handle(event: FitEvent | TestEvent, control: FitControl | null): Promise<void> | undefined {
    const { hook } = event
    if (this.with(hook).length === 0) return undefined
    return this.call(hook, callback => dispatch(callback, event, control))
  }

  /**
   * Tells of the end all that were told of the beginning, even if one of them fails.
   * @throws the first error, or an AggregateError of it and what ended the run
   */
  async end(logs: Logs, end: TrainEnd): Promise<void> {
    const errors: unknown[] = []
    for (const callback of this.begun) {
      try {
        await this.guarded(callback, c => c.onTrainEnd?.(logs, end))
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length === 0) return
    if (errors.length === 1 && end.error === undefined) throw errors[0]
    const all = end.error === undefined ? errors : [end.error, ...errors]
    throw new AggregateError(
      all,
      all.map(error => (error instanceof Error ? error.message : String(error))).join('\n'),
    )
  }

  /** The states of those that have one, by name and how often the name came before. */
  stateDict(): Map<string, StateTree> {
    const states = new Map<string, StateTree>()
    for (const [key, callback] of this.keyed()) {
      if (callback.stateDict !== undefined) states.set(key, callback.stateDict())
    }
    return states
  }

  /** @returns the names of the states that no callback takes */
  async loadStateDict(states: StateReader): Promise<readonly string[]> {
    const left = new Set(states.names)
    for (const [key, callback] of this.keyed()) {
      if (callback.loadStateDict === undefined || !left.delete(key)) continue
      await this.guarded(callback, c => c.loadStateDict?.(states.get(key)))
    }
    return [...left]
  }

  private keyed(): [string, Callback][] {
    const seen = new Map<string, number>()
    return this.callbacks.map(callback => {
      const { name = 'callback' } = callback
      const count = (seen.get(name) ?? 0) + 1
      seen.set(name, count)
      return [count === 1 ? name : `${name}-${count}`, callback]
    })
  }
}

function dispatch(
  callback: Callback,
  event: FitEvent | TestEvent,
  control: FitControl | null,
): void | Promise<void> {
  switch (event.hook) {
    case 'onTestBegin':
      return callback.onTestBegin?.()
    case 'onTestEnd':
      return callback.onTestEnd?.(event.logs)
    case 'onTestBatchBegin':
      return callback.onTestBatchBegin?.(event.batch)
    case 'onTestBatchEnd':
      return callback.onTestBatchEnd?.(event.batch, event.logs)
  }
  if (control === null) return undefined
  switch (event.hook) {
    case 'onEpochBegin':
      return callback.onEpochBegin?.(event.epoch, control)
    case 'onEpochEnd':
      return callback.onEpochEnd?.(event.epoch, event.logs, control)
    case 'onBatchBegin':
      return callback.onBatchBegin?.(event.batch, control)
    case 'onBatchEnd':
      return callback.onBatchEnd?.(event.batch, event.logs, control)
    case 'onNonFiniteLoss':
      return callback.onNonFiniteLoss?.(event.batch, event.error, control)
  }
}
