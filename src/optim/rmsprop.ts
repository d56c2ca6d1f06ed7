import type { Tensor } from '../tensor/tensor.ts'
import { inBlocks } from './blocks.ts'
import type { Updated } from './groups.ts'
import { checkHyperparameter } from './hyperparameters.ts'
import { Optimizer, type OptimizerOptions } from './optimizer.ts'
import type { Schedule } from './schedules/schedule.ts'
import type { Update } from './update.ts'

export interface RMSpropOptions extends OptimizerOptions {
  /** Default 0.001, as in Keras; PyTorch has 0.01. */
  readonly learningRate?: number | Schedule
  /** ρ, decay of the mean of squared gradients. Default 0.9, as in Keras; PyTorch's `alpha` is 0.99. */
  readonly rho?: number
  /** μ, default 0. */
  readonly momentum?: number
  /** ε, outside the root, as in PyTorch. Default 1e-7. */
  readonly epsilon?: number
  /** Divide by the estimated standard deviation instead of the root mean square. Default false. */
  readonly centered?: boolean
  /** Add ε under the root, as TensorFlow does. Default false, as in PyTorch. */
  readonly epsilonInRoot?: boolean
  /** λ of the L2 penalty, added to the gradient. Default 0. */
  readonly weightDecay?: number
}

type RMSpropSettings = Required<Omit<RMSpropOptions, keyof OptimizerOptions>>

function settings(options: RMSpropOptions): RMSpropSettings {
  const { rho = 0.9, momentum = 0, epsilon = 1e-7, centered = false, weightDecay = 0 } = options
  const { epsilonInRoot = false } = options
  checkHyperparameter('rmsprop', 'rho', rho, { from: 0, below: 1 })
  checkHyperparameter('rmsprop', 'momentum', momentum, { from: 0 })
  checkHyperparameter('rmsprop', 'epsilon', epsilon, { from: 0 })
  checkHyperparameter('rmsprop', 'weightDecay', weightDecay, { from: 0 })
  return { rho, momentum, epsilon, centered, epsilonInRoot, weightDecay }
}

const KNOWN = ['rho', 'momentum', 'epsilon', 'centered', 'epsilonInRoot', 'weightDecay']

/**
 * Gradients divided by their recent root mean square (Tieleman & Hinton 2012).
 *
 *   g ← g + λp
 *   v ← ρv + (1 − ρ)g²
 *   d = g / (√v + ε)             (centered: √(v − m²), m ← ρm + (1 − ρ)g; epsilonInRoot: √(v + ε))
 *   u ← μu + d                   (u = d without momentum)
 *   p ← p − lr·u
 *
 * @throws ValueError for options out of range
 * @example const optimizer = new RMSprop(model.parameters(), { learningRate: 0.001, momentum: 0.9 })
 */
export class RMSprop extends Optimizer<RMSpropSettings, RMSpropOptions> {
  readonly name = 'rmsprop'

  constructor(parameters: Updated<RMSpropOptions>, options: RMSpropOptions = {}) {
    super({ name: 'rmsprop', defaultRate: 0.001, settings, known: KNOWN }, parameters, options)
  }

  protected override slotNames(_: Tensor, { momentum, centered }: RMSpropSettings): readonly string[] {
    return ['v', ...(centered ? ['m'] : []), ...(momentum > 0 ? ['velocity'] : [])]
  }

  protected override update(update: Update<RMSpropSettings>): void {
    const { engine, settings, learningRate } = update
    const { rho, momentum, epsilon, centered, epsilonInRoot, weightDecay } = settings
    const arrays = [
      update.parameterPointer(),
      update.gradientPointer(),
      update.slotPointer('v'),
      centered ? update.slotPointer('m') : 0,
      momentum > 0 ? update.slotPointer('velocity') : 0,
    ]
    inBlocks(engine, update.count, arrays, 2, (math, p, given, v, m, velocity, g, root) => {
      math.copy(g, given)
      if (weightDecay > 0) math.addScaled(g, p, weightDecay)
      math.square(root, g)
      math.mix(v, rho, root, 1 - rho)
      math.copy(root, v)
      if (centered) {
        math.mix(m, rho, g, 1 - rho)
        math.square(root, m)
        math.scale(root, root, -1)
        math.addScaled(root, v, 1)
      }
      if (epsilonInRoot) math.scale(root, root, 1, epsilon)
      math.root(root, root)
      if (!epsilonInRoot) math.scale(root, root, 1, epsilon)
      math.divide(g, g, root)
      if (momentum === 0) math.addScaled(p, g, -learningRate)
      else {
        math.mix(velocity, momentum, g, 1)
        math.addScaled(p, velocity, -learningRate)
      }
    })
  }
}
