import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  NAdam,
  type Optimizer,
  RMSprop,
  SGD,
  type Tensor,
} from '../../../src/index.ts'
import type { Attributes } from './attributes.ts'

/** An optimizer by PyTorch's name and options; what a case leaves out is PyTorch's default. */
export function createOptimizer(
  name: string,
  attributes: Attributes,
  parameters: readonly Tensor[],
): Optimizer {
  const learningRate = attributes.number('lr')
  const weightDecay = attributes.optionalNumber('weight_decay')
  const common = { learningRate, weightDecay }
  const momentum = attributes.optionalNumber('momentum')
  const epsilon = attributes.optionalNumber('eps') ?? 1e-8
  switch (name) {
    case 'sgd':
    case 'sgd_momentum': {
      const dampening = attributes.optionalNumber('dampening')
      const nesterov = attributes.flag('nesterov')
      return new SGD(parameters, { ...common, momentum, dampening, nesterov })
    }
    case 'rmsprop': {
      const rho = attributes.optionalNumber('alpha') ?? 0.99
      const centered = attributes.flag('centered')
      return new RMSprop(parameters, { ...common, momentum, rho, epsilon, centered })
    }
    case 'adagrad':
      return new Adagrad(parameters, {
        ...common,
        epsilon: attributes.optionalNumber('eps') ?? 1e-10,
        decay: attributes.optionalNumber('lr_decay'),
        initialAccumulator: attributes.optionalNumber('initial_accumulator_value'),
      })
    case 'adadelta':
      return new Adadelta(parameters, {
        ...common,
        epsilon: attributes.optionalNumber('eps') ?? 1e-6,
        rho: attributes.optionalNumber('rho'),
      })
  }
  const [beta1, beta2] = attributes.optionalNumbers('betas') ?? [0.9, 0.999]
  const ofAdam = { ...common, beta1, beta2, epsilon }
  const amsgrad = attributes.flag('amsgrad')
  switch (name) {
    case 'adam':
      return new Adam(parameters, { ...ofAdam, amsgrad })
    case 'adamw':
      return new AdamW(parameters, { ...ofAdam, amsgrad })
    case 'adamax':
      return new Adamax(parameters, ofAdam)
    case 'nadam': {
      // The files were recorded by PyTorch 1.13, before its products were corrected.
      const momentumDecay = attributes.optionalNumber('momentum_decay')
      return new NAdam(parameters, { ...ofAdam, momentumDecay, legacyProduct: true })
    }
  }
  throw new Error(`the runner has no optimizer "${name}"`)
}
