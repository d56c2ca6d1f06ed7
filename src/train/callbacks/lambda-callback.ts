import { refuseUnknown } from '../../nn/options.ts'
import { ValueError } from '../../errors.ts'
import type { Callback } from '../callback.ts'

const HOOKS: readonly (keyof Callback)[] = [
  'onTrainBegin',
  'onTrainEnd',
  'onEpochBegin',
  'onEpochEnd',
  'onBatchBegin',
  'onBatchEnd',
  'onTestBegin',
  'onTestEnd',
  'onTestBatchBegin',
  'onTestBatchEnd',
  'onNonFiniteLoss',
  'stateDict',
  'loadStateDict',
]

/**
 * A callback of a few functions. An object literal does as well; this one finds hooks that are misspelt.
 *
 * @throws ValueError for a hook that does not exist, or is no function
 * @example lambdaCallback({ name: 'report', onEpochEnd: (epoch, { loss }) => console.log(epoch, loss) })
 */
export function lambdaCallback(hooks: Callback): Callback {
  refuseUnknown('lambdaCallback', hooks, ['name', ...HOOKS])
  const { name = 'lambdaCallback' } = hooks
  const wrong = HOOKS.find(hook => hooks[hook] !== undefined && typeof hooks[hook] !== 'function')
  if (wrong === undefined) return { ...hooks, name }
  throw new ValueError({
    operation: 'lambdaCallback',
    problem: `needs ${wrong} to be a function, got ${typeof hooks[wrong]}.`,
    argument: wrong,
    received: hooks[wrong],
  })
}
