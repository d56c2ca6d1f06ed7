import type { FitRun } from '../run.ts'
import type { EventHook, WireEvent } from './messages.ts'

const HOOKS: readonly EventHook[] = [
  'onEpochBegin',
  'onBatchBegin',
  'onBatchEnd',
  'onTestBegin',
  'onTestBatchBegin',
  'onTestBatchEnd',
  'onTestEnd',
  'onEpochEnd',
  'onNonFiniteLoss',
]

/** The hooks that somebody in this thread listens to, and whether the worker waits for them. */
export function hooksOf({ callbacks, options }: FitRun): ReadonlyMap<EventHook, 'ask' | 'tell'> {
  const hooks = new Map<EventHook, 'ask' | 'tell'>()
  for (const hook of HOOKS) {
    const listeners = callbacks.filter(callback => callback[hook] !== undefined)
    if (listeners.length === 0) continue
    hooks.set(hook, listeners.every(({ isObserver }) => isObserver === true) ? 'tell' : 'ask')
  }
  const { checkpoint } = options
  if (checkpoint !== undefined) hooks.set('onEpochEnd', 'ask')
  if (checkpoint?.everySteps !== undefined) hooks.set('onBatchEnd', 'ask')
  return hooks
}

/** Whether callbacks find the model as it is then: not between batches, where that would cost more than the step. */
export const bringsState = ({ hook }: WireEvent): boolean =>
  hook === 'onEpochBegin' || hook === 'onEpochEnd' || hook === 'onTestBegin' || hook === 'onNonFiniteLoss'
