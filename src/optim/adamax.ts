import { type AdamOptions, type AdamSettings, adamSettings } from './adam.ts'
import { inBlocks } from './blocks.ts'
import type { Updated } from './groups.ts'
import { Optimizer } from './optimizer.ts'
import type { Update } from './update.ts'

export type AdamaxOptions = Omit<AdamOptions, 'amsgrad'>

const KNOWN = ['beta1', 'beta2', 'epsilon', 'weightDecay']

/**
 * Adam with the largest recent gradient in place of the root mean square (Kingma & Ba 2015, section 7).
 *
 *   g ← g + λp
 *   m ← β₁m + (1 − β₁)g        u ← max(β₂u, |g| + ε)
 *   p ← p − lr/(1 − β₁ᵗ) · m/u
 *
 * Defaults: lr 0.001 (as Keras; PyTorch 0.002), β₁ 0.9, β₂ 0.999, ε 1e-7, λ 0.
 *
 * @throws ValueError for options out of range
 * @example const optimizer = new Adamax(model.parameters(), { learningRate: 0.002 })
 */
export class Adamax extends Optimizer<AdamSettings, AdamaxOptions> {
  readonly name = 'adamax'

  constructor(parameters: Updated<AdamaxOptions>, options: AdamaxOptions = {}) {
    const settings = (given: AdamaxOptions): AdamSettings => adamSettings('adamax', given, 0)
    super({ name: 'adamax', defaultRate: 0.001, settings, known: KNOWN }, parameters, options)
  }

  protected override slotNames(): readonly string[] {
    return ['m', 'u']
  }

  protected override update(update: Update<AdamSettings>): void {
    const { engine, slots, settings } = update
    const { beta1, beta2, epsilon, weightDecay } = settings
    const rate = update.learningRate / (1 - beta1 ** slots.steps)
    const arrays = [
      update.parameterPointer(),
      update.gradientPointer(),
      update.slotPointer('m'),
      update.slotPointer('u'),
    ]
    inBlocks(engine, update.count, arrays, 1, (math, p, given, m, u, g) => {
      math.copy(g, given)
      if (weightDecay > 0) math.addScaled(g, p, weightDecay)
      math.mix(m, beta1, g, 1 - beta1)
      math.abs(g, g)
      math.scale(g, g, 1, epsilon)
      math.scale(u, u, beta2)
      math.maximum(u, u, g)
      math.divide(g, m, u)
      math.addScaled(p, g, -rate)
    })
  }
}
