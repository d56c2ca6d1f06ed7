import { inBlocks } from './blocks.ts'
import type { Updated } from './groups.ts'
import { checkHyperparameter } from './hyperparameters.ts'
import { Optimizer, type OptimizerOptions } from './optimizer.ts'
import type { Schedule } from './schedules/schedule.ts'
import type { Update } from './update.ts'

export interface AdadeltaOptions extends OptimizerOptions {
  /** Default 1, as in the paper and PyTorch; Keras has 0.001. */
  readonly learningRate?: number | Schedule
  /** ρ, decay of both means of squares. Default 0.9, as in PyTorch; Keras has 0.95. */
  readonly rho?: number
  /** ε, inside the roots. Default 1e-6, as in PyTorch; Keras has 1e-7. */
  readonly epsilon?: number
  /** λ of the L2 penalty, added to the gradient. Default 0. */
  readonly weightDecay?: number
}

type AdadeltaSettings = Required<Omit<AdadeltaOptions, keyof OptimizerOptions>>

function settings(options: AdadeltaOptions): AdadeltaSettings {
  const { rho = 0.9, epsilon = 1e-6, weightDecay = 0 } = options
  checkHyperparameter('adadelta', 'rho', rho, { from: 0, below: 1 })
  checkHyperparameter('adadelta', 'epsilon', epsilon, { above: 0 })
  checkHyperparameter('adadelta', 'weightDecay', weightDecay, { from: 0 })
  return { rho, epsilon, weightDecay }
}

const KNOWN = ['rho', 'epsilon', 'weightDecay']

/**
 * Steps as large as the steps before, relative to the gradients (Zeiler 2012).
 *
 *   g ← g + λp
 *   v ← ρv + (1 − ρ)g²
 *   d = g · √(s + ε) / √(v + ε)
 *   s ← ρs + (1 − ρ)d²
 *   p ← p − lr·d
 *
 * @throws ValueError for options out of range
 * @example const optimizer = new Adadelta(model.parameters(), { rho: 0.95 })
 */
export class Adadelta extends Optimizer<AdadeltaSettings, AdadeltaOptions> {
  readonly name = 'adadelta'

  constructor(parameters: Updated<AdadeltaOptions>, options: AdadeltaOptions = {}) {
    super({ name: 'adadelta', defaultRate: 1, settings, known: KNOWN }, parameters, options)
  }

  protected override slotNames(): readonly string[] {
    return ['v', 's']
  }

  protected override update(update: Update<AdadeltaSettings>): void {
    const { engine, settings, learningRate } = update
    const { rho, epsilon, weightDecay } = settings
    const arrays = [
      update.parameterPointer(),
      update.gradientPointer(),
      update.slotPointer('v'),
      update.slotPointer('s'),
    ]
    inBlocks(engine, update.count, arrays, 2, (math, p, given, v, s, d, spare) => {
      math.copy(d, given)
      if (weightDecay > 0) math.addScaled(d, p, weightDecay)
      math.square(spare, d)
      math.mix(v, rho, spare, 1 - rho)
      math.scale(spare, v, 1, epsilon)
      math.root(spare, spare)
      math.divide(d, d, spare)
      math.scale(spare, s, 1, epsilon)
      math.root(spare, spare)
      math.multiply(d, d, spare)
      math.square(spare, d)
      math.mix(s, rho, spare, 1 - rho)
      math.addScaled(p, d, -learningRate)
    })
  }
}
