import type { Tensor } from '../../../src/index.ts'
import { Adam } from '../../../src/optim/adam.ts'
import { AdamW } from '../../../src/optim/adamw.ts'
import type { Optimizer } from '../../../src/optim/optimizer.ts'
import { SGD } from '../../../src/optim/sgd.ts'
import type { Attributes } from './attributes.ts'

/** An optimizer by PyTorch's name and options; what a case leaves out is PyTorch's default. */
export function createOptimizer(
  name: string,
  attributes: Attributes,
  parameters: readonly Tensor[],
): Optimizer {
  const learningRate = attributes.number('lr')
  const weightDecay = attributes.optionalNumber('weight_decay')
  if (name === 'sgd' || name === 'sgd_momentum') {
    const momentum = attributes.optionalNumber('momentum')
    const dampening = attributes.optionalNumber('dampening')
    const nesterov = attributes.flag('nesterov')
    return new SGD(parameters, { learningRate, momentum, dampening, nesterov, weightDecay })
  }
  if (name === 'adam' || name === 'adamw') {
    const [beta1, beta2] = attributes.optionalNumbers('betas') ?? [0.9, 0.999]
    const epsilon = attributes.optionalNumber('eps') ?? 1e-8
    const amsgrad = attributes.flag('amsgrad')
    const options = { learningRate, beta1, beta2, epsilon, amsgrad, weightDecay }
    return name === 'adam' ? new Adam(parameters, options) : new AdamW(parameters, options)
  }
  throw new Error(`the runner has no optimizer "${name}"`)
}
