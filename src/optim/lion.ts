import { inBlocks } from './blocks.ts'
import type { Updated } from './groups.ts'
import { checkHyperparameter } from './hyperparameters.ts'
import { Optimizer, type OptimizerOptions } from './optimizer.ts'
import type { Schedule } from './schedules/schedule.ts'
import type { Update } from './update.ts'

export interface LionOptions extends OptimizerOptions {
  /** Default 0.0001: a third to a tenth of AdamW's suits. */
  readonly learningRate?: number | Schedule
  /** Share of the momentum in the direction of the step. Default 0.9. */
  readonly beta1?: number
  /** Decay of the momentum. Default 0.99. */
  readonly beta2?: number
  /** λ, decoupled; three to ten times AdamW's suits. Default 0. */
  readonly weightDecay?: number
}

type LionSettings = Required<Omit<LionOptions, keyof OptimizerOptions>>

function settings(options: LionOptions): LionSettings {
  const { beta1 = 0.9, beta2 = 0.99, weightDecay = 0 } = options
  checkHyperparameter('lion', 'beta1', beta1, { from: 0, below: 1 })
  checkHyperparameter('lion', 'beta2', beta2, { from: 0, below: 1 })
  checkHyperparameter('lion', 'weightDecay', weightDecay, { from: 0 })
  return { beta1, beta2, weightDecay }
}

const KNOWN = ['beta1', 'beta2', 'weightDecay']

/**
 * Steps of one size in the direction of the sign (Chen et al. 2023); half the memory of Adam.
 *
 *   p ← (1 − lr·λ)·p − lr · sign(β₁m + (1 − β₁)g)
 *   m ← β₂m + (1 − β₂)g
 *
 * @throws ValueError for options out of range
 * @example const optimizer = new Lion(model.parameters(), { learningRate: 1e-4, weightDecay: 0.1 })
 */
export class Lion extends Optimizer<LionSettings, LionOptions> {
  readonly name = 'lion'

  constructor(parameters: Updated<LionOptions>, options: LionOptions = {}) {
    super({ name: 'lion', defaultRate: 1e-4, settings, known: KNOWN }, parameters, options)
  }

  protected override slotNames(): readonly string[] {
    return ['m']
  }

  protected override update(update: Update<LionSettings>): void {
    const { engine, settings, learningRate } = update
    const { beta1, beta2, weightDecay } = settings
    const arrays = [update.parameterPointer(), update.gradientPointer(), update.slotPointer('m')]
    inBlocks(engine, update.count, arrays, 1, (math, p, g, m, direction) => {
      math.scale(direction, m, beta1)
      math.addScaled(direction, g, 1 - beta1)
      math.sign(direction, direction)
      if (weightDecay > 0) math.scale(p, p, 1 - learningRate * weightDecay)
      math.addScaled(p, direction, -learningRate)
      math.mix(m, beta2, g, 1 - beta2)
    })
  }
}
