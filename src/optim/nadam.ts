import { type AdamOptions, type AdamSettings, adamSettings } from './adam.ts'
import { inBlocks } from './blocks.ts'
import type { Updated } from './groups.ts'
import { checkHyperparameter } from './hyperparameters.ts'
import { Optimizer } from './optimizer.ts'
import type { Update } from './update.ts'

export interface NAdamOptions extends Omit<AdamOptions, 'amsgrad'> {
  /** ψ, how fast the momentum grows to β₁. Default 0.004. */
  readonly momentumDecay?: number
  /** Count μ_t twice in Π_(t+1), as PyTorch did by mistake before version 2.0. Default false. */
  readonly legacyProduct?: boolean
}

interface NAdamSettings extends AdamSettings {
  readonly momentum: GrowingMomentum
  readonly legacyProduct: boolean
}

/** μ_t = β₁·(1 − ½·0.96^(t·ψ)) and the product of the first t of them, which follows from t alone. */
class GrowingMomentum {
  private count = 0
  private product = 1

  constructor(
    private readonly beta1: number,
    private readonly decay: number,
  ) {}

  at(t: number): number {
    return this.beta1 * (1 - 0.5 * 0.96 ** (t * this.decay))
  }

  /** μ₁·…·μ_t; steps come in order, so mostly there is one factor to add. */
  productUpTo(t: number): number {
    if (t < this.count) {
      this.count = 0
      this.product = 1
    }
    while (this.count < t) this.product *= this.at(++this.count)
    return this.product
  }
}

function settings(options: NAdamOptions): NAdamSettings {
  const { momentumDecay = 0.004, legacyProduct = false } = options
  const common = adamSettings('nadam', options, 0)
  checkHyperparameter('nadam', 'momentumDecay', momentumDecay, { from: 0 })
  return { ...common, legacyProduct, momentum: new GrowingMomentum(common.beta1, momentumDecay) }
}

const KNOWN = ['beta1', 'beta2', 'epsilon', 'weightDecay', 'momentumDecay', 'legacyProduct']

/**
 * Adam with Nesterov's momentum (Dozat 2016).
 *
 *   g ← g + λp        μ_t = β₁·(1 − ½·0.96^(t·ψ))        Πₜ = μ₁·…·μ_t
 *   m ← β₁m + (1 − β₁)g        v ← β₂v + (1 − β₂)g²
 *   m̂ = μ_(t+1)·m/(1 − Π_(t+1)) + (1 − μ_t)·g/(1 − Πₜ)
 *   p ← p − lr · m̂ / (√(v/(1 − β₂ᵗ)) + ε)
 *
 * Defaults: lr 0.001 (as Keras; PyTorch 0.002), β₁ 0.9, β₂ 0.999, ε 1e-7, λ 0, ψ 0.004.
 *
 * @throws ValueError for options out of range
 * @example const optimizer = new NAdam(model.parameters(), { learningRate: 0.002 })
 */
export class NAdam extends Optimizer<NAdamSettings, NAdamOptions> {
  readonly name = 'nadam'

  constructor(parameters: Updated<NAdamOptions>, options: NAdamOptions = {}) {
    super({ name: 'nadam', defaultRate: 0.001, settings, known: KNOWN }, parameters, options)
  }

  protected override slotNames(): readonly string[] {
    return ['m', 'v']
  }

  protected override update(update: Update<NAdamSettings>): void {
    const { engine, slots, settings, learningRate } = update
    const { beta1, beta2, epsilon, weightDecay, momentum, legacyProduct } = settings
    const t = slots.steps
    const [now, next] = [momentum.at(t), momentum.at(t + 1)]
    const product = momentum.productUpTo(t)
    const ofGradient = (learningRate * (1 - now)) / (1 - product)
    const productNext = product * next * (legacyProduct ? now : 1)
    const ofMean = (learningRate * next) / (1 - productNext)
    const arrays = [
      update.parameterPointer(),
      update.gradientPointer(),
      update.slotPointer('m'),
      update.slotPointer('v'),
    ]
    inBlocks(engine, update.count, arrays, 2, (math, p, given, m, v, g, root) => {
      math.copy(g, given)
      if (weightDecay > 0) math.addScaled(g, p, weightDecay)
      math.mix(m, beta1, g, 1 - beta1)
      math.square(root, g)
      math.mix(v, beta2, root, 1 - beta2)
      math.scale(root, v, 1 / (1 - beta2 ** t))
      math.root(root, root)
      math.scale(root, root, 1, epsilon)
      math.mix(g, ofGradient, m, ofMean)
      math.divide(g, g, root)
      math.addScaled(p, g, -1)
    })
  }
}
