import type { Pointer } from '../../kernels/kernels.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Updated } from './groups.ts'
import { checkHyperparameter } from './hyperparameters.ts'
import { Optimizer, type OptimizerOptions } from './optimizer.ts'
import type { Schedule } from './schedules/schedule.ts'
import type { Update } from './update.ts'

export interface AdamOptions extends OptimizerOptions {
  /** Default 0.001. */
  readonly learningRate?: number | Schedule
  /** Decay of the mean of gradients. Default 0.9. */
  readonly beta1?: number
  /** Decay of the mean of squared gradients. Default 0.999. */
  readonly beta2?: number
  /** ε, outside the root and after bias correction, as in PyTorch. Default 1e-7 as in Keras; PyTorch has 1e-8. */
  readonly epsilon?: number
  /** λ. Adam: an L2 penalty, added to the gradient, default 0. AdamW: decoupled, default 0.01. */
  readonly weightDecay?: number
  /** Use the largest v so far in the root (Reddi et al. 2018). Default false. */
  readonly amsgrad?: boolean
}

export type AdamSettings = Required<Omit<AdamOptions, keyof OptimizerOptions>>

/** Checks what the relatives of Adam have in common. */
export function adamSettings(name: string, options: AdamOptions, defaultDecay: number): AdamSettings {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, weightDecay = defaultDecay, amsgrad = false } = options
  checkHyperparameter(name, 'beta1', beta1, { from: 0, below: 1 })
  checkHyperparameter(name, 'beta2', beta2, { from: 0, below: 1 })
  checkHyperparameter(name, 'epsilon', epsilon, { from: 0 })
  checkHyperparameter(name, 'weightDecay', weightDecay, { from: 0 })
  return { beta1, beta2, epsilon, weightDecay, amsgrad }
}

/** How weights decay: `penalty`·p is added to the gradient, and p is multiplied by `keep`. */
export interface Decay {
  readonly penalty: number
  readonly keep: number
}

/** AdamW's decay. */
export const decoupledDecay = ({ weightDecay }: AdamSettings, learningRate: number): Decay => ({
  penalty: 0,
  keep: 1 - learningRate * weightDecay,
})

/** Runs the kernel on one parameter; vMax is 0 without `amsgrad`. */
export function runAdam(
  update: Update<AdamSettings>,
  m: Pointer,
  v: Pointer,
  vMax: Pointer,
  { penalty, keep }: Decay,
): void {
  const { engine, slots, settings, learningRate } = update
  const { beta1, beta2, epsilon } = settings
  engine.kernels.adam(
    update.parameterPointer(),
    update.gradientPointer(),
    m,
    v,
    vMax,
    update.count,
    learningRate / (1 - beta1 ** slots.steps),
    beta1,
    beta2,
    epsilon,
    1 / (1 - beta2 ** slots.steps),
    penalty,
    keep,
  )
}

const KNOWN = ['beta1', 'beta2', 'epsilon', 'weightDecay', 'amsgrad']

/** What Adam and AdamW share: everything but where weight decay enters. */
export abstract class AdamFamily extends Optimizer<AdamSettings, AdamOptions> {
  constructor(name: string, parameters: Updated<AdamOptions>, options: AdamOptions, defaultDecay: number) {
    const settings = (given: AdamOptions): AdamSettings => adamSettings(name, given, defaultDecay)
    super({ name, defaultRate: 0.001, settings, known: KNOWN }, parameters, options)
  }

  protected override slotNames(_: Tensor, { amsgrad }: AdamSettings): readonly string[] {
    return amsgrad ? ['m', 'v', 'vMax'] : ['m', 'v']
  }

  protected override update(update: Update<AdamSettings>): void {
    const { settings, learningRate } = update
    const [m, v] = [update.slotPointer('m'), update.slotPointer('v')]
    const vMax = settings.amsgrad ? update.slotPointer('vMax') : 0
    runAdam(update, m, v, vMax, this.decay(settings, learningRate))
  }

  protected abstract decay(settings: AdamSettings, learningRate: number): Decay
}

/**
 * Adam: gradient descent with a rate per element (Kingma & Ba 2015).
 *
 *   g ← g + λp
 *   m ← β₁m + (1 − β₁)g        v ← β₂v + (1 − β₂)g²
 *   p ← p − lr · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)
 *
 * t counts the updates of each parameter. With `amsgrad` the largest v so far takes the place of v in the root.
 *
 * @throws ValueError for options out of range
 * @example
 * const optimizer = new Adam(model.parameters(), {learningRate: 0.01})
 * loss.backward()
 * optimizer.step()
 * optimizer.zeroGrad()
 */
export class Adam extends AdamFamily {
  readonly name = 'adam'

  constructor(parameters: Updated<AdamOptions>, options: AdamOptions = {}) {
    super('adam', parameters, options, 0)
  }

  protected override decay({ weightDecay }: AdamSettings): Decay {
    return { penalty: weightDecay, keep: 1 }
  }
}
