import { inBlocks } from './blocks.ts'
import type { Updated } from './groups.ts'
import { checkHyperparameter } from './hyperparameters.ts'
import { Optimizer, type OptimizerOptions } from './optimizer.ts'
import type { Schedule } from './schedules/schedule.ts'
import type { Update } from './update.ts'

export interface AdagradOptions extends OptimizerOptions {
  /** Default 0.01, as in PyTorch; Keras has 0.001. */
  readonly learningRate?: number | Schedule
  /** The sum of squares starts here. Default 0, as in PyTorch; Keras has 0.1. */
  readonly initialAccumulator?: number
  /** ε, outside the root, as in PyTorch. Default 1e-10; Keras has 1e-7 inside the root. */
  readonly epsilon?: number
  /** The rate of the t-th update is divided by 1 + (t − 1)·decay. Default 0. */
  readonly decay?: number
  /** Add ε under the root, as TensorFlow does. Default false, as in PyTorch. */
  readonly epsilonInRoot?: boolean
  /** λ of the L2 penalty, added to the gradient. Default 0. */
  readonly weightDecay?: number
}

type AdagradSettings = Required<Omit<AdagradOptions, keyof OptimizerOptions>>

function settings(options: AdagradOptions): AdagradSettings {
  const { initialAccumulator = 0, epsilon = 1e-10, decay = 0, weightDecay = 0 } = options
  const { epsilonInRoot = false } = options
  checkHyperparameter('adagrad', 'initialAccumulator', initialAccumulator, { from: 0 })
  checkHyperparameter('adagrad', 'epsilon', epsilon, { above: 0 })
  checkHyperparameter('adagrad', 'decay', decay, { from: 0 })
  checkHyperparameter('adagrad', 'weightDecay', weightDecay, { from: 0 })
  return { initialAccumulator, epsilon, epsilonInRoot, decay, weightDecay }
}

const KNOWN = ['initialAccumulator', 'epsilon', 'epsilonInRoot', 'decay', 'weightDecay']

/**
 * Gradients divided by the root of the sum of all their squares (Duchi et al. 2011): rare features keep a high rate.
 *
 *   g ← g + λp
 *   v ← v + g²
 *   p ← p − lr/(1 + (t − 1)·decay) · g / (√v + ε)     (epsilonInRoot: √(v + ε))
 *
 * @throws ValueError for options out of range
 * @example const optimizer = new Adagrad(model.parameters(), { learningRate: 0.05 })
 */
export class Adagrad extends Optimizer<AdagradSettings, AdagradOptions> {
  readonly name = 'adagrad'

  constructor(parameters: Updated<AdagradOptions>, options: AdagradOptions = {}) {
    super({ name: 'adagrad', defaultRate: 0.01, settings, known: KNOWN }, parameters, options)
  }

  protected override slotNames(): readonly string[] {
    return ['v']
  }

  protected override update(update: Update<AdagradSettings>): void {
    const { engine, slots, settings } = update
    const { initialAccumulator, epsilon, epsilonInRoot, decay, weightDecay } = settings
    const rate = update.learningRate / (1 + (slots.steps - 1) * decay)
    const arrays = [
      update.parameterPointer(),
      update.gradientPointer(),
      update.slotPointer('v', initialAccumulator),
    ]
    inBlocks(engine, update.count, arrays, 2, (math, p, given, v, g, root) => {
      math.copy(g, given)
      if (weightDecay > 0) math.addScaled(g, p, weightDecay)
      math.square(root, g)
      math.addScaled(v, root, 1)
      math.scale(root, v, 1, epsilonInRoot ? epsilon : 0)
      math.root(root, root)
      if (!epsilonInRoot) math.scale(root, root, 1, epsilon)
      math.divide(g, g, root)
      math.addScaled(p, g, -rate)
    })
  }
}
