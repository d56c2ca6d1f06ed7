import type { NonFiniteError } from '../errors.ts'
import type { Logs } from './history.ts'

/** What happens in an evaluation, by the hook that is called for it. */
export type TestEvent =
  | { readonly hook: 'onTestBegin' }
  | { readonly hook: 'onTestBatchBegin'; readonly batch: number }
  | { readonly hook: 'onTestBatchEnd'; readonly batch: number; readonly logs: Logs }
  | { readonly hook: 'onTestEnd'; readonly logs: Logs }

/** What happens in training, by the hook that is called for it. */
export type FitEvent =
  | TestEvent
  | { readonly hook: 'onEpochBegin'; readonly epoch: number }
  | { readonly hook: 'onBatchBegin'; readonly batch: number }
  | {
      readonly hook: 'onBatchEnd'
      readonly batch: number
      readonly logs: Logs
      /** Whether the optimizer took a step. */
      readonly isStep: boolean
    }
  | { readonly hook: 'onEpochEnd'; readonly epoch: number; readonly logs: Logs }
  | { readonly hook: 'onNonFiniteLoss'; readonly batch: number; readonly error: NonFiniteError }
