import { ValueError } from '../errors.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Updated } from './groups.ts'
import { checkHyperparameter } from './hyperparameters.ts'
import { Optimizer, type OptimizerOptions } from './optimizer.ts'
import type { Schedule } from './schedules/schedule.ts'
import type { Update } from './update.ts'

export interface SGDOptions extends OptimizerOptions {
  /** Default 0.01. */
  readonly learningRate?: number | Schedule
  /** μ, default 0. */
  readonly momentum?: number
  /** d, default 0. */
  readonly dampening?: number
  /** Look ahead along the velocity (Sutskever et al. 2013). Default false. */
  readonly nesterov?: boolean
  /** λ of the L2 penalty, added to the gradient. Default 0. */
  readonly weightDecay?: number
}

const KNOWN = ['momentum', 'dampening', 'nesterov', 'weightDecay']

/**
 * Gradient descent, with momentum if wanted.
 *
 *   g ← g + λp
 *   v ← μv + (1 − d)g        (v = g in the first step)
 *   p ← p − lr·v             (Nesterov: lr·(g + μv))
 *
 * Keras keeps v ← μv − lr·g, p ← p + v: the same for a constant rate.
 *
 * @throws ValueError for options out of range
 * @example
 * const optimizer = new SGD(model.parameters(), {learningRate: 0.1, momentum: 0.9})
 * loss.backward()
 * optimizer.step()
 * optimizer.zeroGrad()
 */
export class SGD extends Optimizer<SGDSettings, SGDOptions> {
  readonly name = 'sgd'

  constructor(parameters: Updated<SGDOptions>, options: SGDOptions = {}) {
    super({ name: 'sgd', defaultRate: 0.01, settings, known: KNOWN }, parameters, options)
  }

  protected override slotNames(_: Tensor, { momentum }: SGDSettings): readonly string[] {
    return momentum === 0 ? [] : ['velocity']
  }

  protected override update(update: Update<SGDSettings>): void {
    const { engine, slots, learningRate } = update
    const { momentum, dampening, weightDecay, nesterov } = update.settings
    engine.kernels.sgd(
      update.parameterPointer(),
      update.gradientPointer(),
      momentum === 0 ? 0 : update.slotPointer('velocity'),
      update.count,
      learningRate,
      momentum,
      dampening,
      weightDecay,
      nesterov,
      slots.steps === 1,
    )
  }
}

type SGDSettings = Required<Omit<SGDOptions, keyof OptimizerOptions>>

function settings(options: SGDOptions): SGDSettings {
  const { momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options
  checkHyperparameter('sgd', 'momentum', momentum, { from: 0 })
  checkHyperparameter('sgd', 'dampening', dampening, {})
  checkHyperparameter('sgd', 'weightDecay', weightDecay, { from: 0 })
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    throw new ValueError({
      operation: 'sgd',
      problem: `with nesterov needs momentum > 0 and dampening 0, got ${momentum} and ${dampening}.`,
      argument: 'nesterov',
      received: nesterov,
    })
  }
  return { momentum, dampening, nesterov, weightDecay }
}
