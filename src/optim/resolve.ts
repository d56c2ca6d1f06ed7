import { ValueError } from '../errors.ts'
import { NameTable } from '../name-table.ts'
import { Adadelta, type AdadeltaOptions } from './adadelta.ts'
import { Adagrad, type AdagradOptions } from './adagrad.ts'
import { Adam, type AdamOptions } from './adam.ts'
import { Adamax, type AdamaxOptions } from './adamax.ts'
import { AdamW } from './adamw.ts'
import { Lion, type LionOptions } from './lion.ts'
import { Muon, type MuonOptions } from './muon.ts'
import { NAdam, type NAdamOptions } from './nadam.ts'
import type { OptimizerName } from './by-name.ts'
import { Optimizer, type OptimizerOptions } from './optimizer.ts'
import { listParameters, type ParameterSource } from './parameters.ts'
import { RMSprop, type RMSpropOptions } from './rmsprop.ts'
import { SGD, type SGDOptions } from './sgd.ts'

/** An optimizer whose parameters are not known yet. */
export interface OptimizerSpec {
  readonly name: string
  readonly options: OptimizerOptions
  create(parameters: ParameterSource): Optimizer
}

/**
 * Stochastic gradient descent for `compile`; see `SGD`.
 *
 * @example model.compile({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }), loss: 'meanSquaredError' })
 */
export const sgd = (options: SGDOptions = {}): OptimizerSpec => ({
  name: 'sgd',
  options,
  create: parameters => new SGD(parameters, options),
})

/**
 * Adam for `compile`; see `Adam`.
 *
 * @example model.compile({ optimizer: adam({ learningRate: 0.001 }), loss: 'meanSquaredError' })
 */
export const adam = (options: AdamOptions = {}): OptimizerSpec => ({
  name: 'adam',
  options,
  create: parameters => new Adam(parameters, options),
})

/** Adam with decoupled weight decay for `compile`; see `AdamW`. */
export const adamw = (options: AdamOptions = {}): OptimizerSpec => ({
  name: 'adamw',
  options,
  create: parameters => new AdamW(parameters, options),
})

/** Adamax for `compile`; see `Adamax`. */
export const adamax = (options: AdamaxOptions = {}): OptimizerSpec => ({
  name: 'adamax',
  options,
  create: parameters => new Adamax(parameters, options),
})

/** Adam with Nesterov momentum for `compile`; see `NAdam`. */
export const nadam = (options: NAdamOptions = {}): OptimizerSpec => ({
  name: 'nadam',
  options,
  create: parameters => new NAdam(parameters, options),
})

/** RMSprop for `compile`; see `RMSprop`. */
export const rmsprop = (options: RMSpropOptions = {}): OptimizerSpec => ({
  name: 'rmsprop',
  options,
  create: parameters => new RMSprop(parameters, options),
})

/** Adagrad for `compile`; see `Adagrad`. */
export const adagrad = (options: AdagradOptions = {}): OptimizerSpec => ({
  name: 'adagrad',
  options,
  create: parameters => new Adagrad(parameters, options),
})

/** Adadelta for `compile`; see `Adadelta`. */
export const adadelta = (options: AdadeltaOptions = {}): OptimizerSpec => ({
  name: 'adadelta',
  options,
  create: parameters => new Adadelta(parameters, options),
})

/** Lion for `compile`; see `Lion`. */
export const lion = (options: LionOptions = {}): OptimizerSpec => ({
  name: 'lion',
  options,
  create: parameters => new Lion(parameters, options),
})

/** Muon for `compile`; see `Muon`. */
export const muon = (options: MuonOptions = {}): OptimizerSpec => ({
  name: 'muon',
  options,
  create: parameters => new Muon(parameters, options),
})

/** The optimizers that `compile` knows by name. */
export const optimizerNames = new NameTable<() => OptimizerSpec>({
  operation: 'optimizer',
  argument: 'optimizer',
  example: 'adam()',
})

/** What `compile` takes: a name, `adam({…})`, or an optimizer over the model's parameters. */
export type OptimizerLike = OptimizerName | OptimizerSpec | Optimizer

/**
 * The optimizer that a name or spec stands for, over these parameters; an optimizer is returned as it is.
 *
 * @throws ValueError for an unknown name, or an optimizer that holds none of the parameters
 * @example resolveOptimizer(adam({learningRate: 0.01}), model.parameters())
 */
export function resolveOptimizer(optimizer: OptimizerLike, parameters: ParameterSource): Optimizer {
  if (optimizer instanceof Optimizer) {
    const theirs = new Set(optimizer.parameters.values())
    for (const parameter of listParameters('optimizer', parameters).values()) {
      if (theirs.has(parameter)) return optimizer
    }
    throw new ValueError({
      operation: 'optimizer',
      problem: `'${optimizer.name}' updates none of the model's parameters.`,
      hint: 'create it from this model, or pass its name or factory: adam({learningRate: 0.001}).',
      argument: 'optimizer',
    })
  }
  if (typeof optimizer === 'string') return optimizerNames.find(optimizer)().create(parameters)
  if (typeof optimizer === 'object' && optimizer !== null && typeof optimizer.create === 'function')
    return optimizer.create(parameters)
  throw new ValueError({
    operation: 'optimizer',
    problem: `must be a name, a factory's result such as adam(), or an optimizer, got ${optimizer === null ? 'null' : typeof optimizer}.`,
    hint: `use one of ${optimizerNames.names.join(', ') || 'adam(), sgd()'}.`,
    argument: 'optimizer',
    received: optimizer,
  })
}
