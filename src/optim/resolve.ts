import { ValueError } from '../errors.ts'
import { suggestName } from '../suggest.ts'
import { Adam, type AdamOptions } from './adam.ts'
import { AdamW } from './adamw.ts'
import { Optimizer, type OptimizerOptions } from './optimizer.ts'
import { listParameters, type ParameterSource } from './parameters.ts'
import { SGD, type SGDOptions } from './sgd.ts'

/** An optimizer whose parameters are not known yet. */
export interface OptimizerSpec {
  readonly name: string
  readonly options: OptimizerOptions
  create(parameters: ParameterSource): Optimizer
}

/** Stochastic gradient descent for `compile`; see `SGD`. */
export const sgd = (options: SGDOptions = {}): OptimizerSpec => ({
  name: 'sgd',
  options,
  create: parameters => new SGD(parameters, options),
})

/** Adam for `compile`; see `Adam`. */
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

/** The optimizers by the names that `compile` knows. */
export const optimizerByName = { sgd, adam, adamw } as const

export type OptimizerName = keyof typeof optimizerByName

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
  if (typeof optimizer === 'string' && Object.hasOwn(optimizerByName, optimizer))
    return optimizerByName[optimizer]().create(parameters)
  if (typeof optimizer === 'object' && optimizer !== null && typeof optimizer.create === 'function')
    return optimizer.create(parameters)
  const known = Object.keys(optimizerByName)
  throw new ValueError({
    operation: 'optimizer',
    problem:
      typeof optimizer === 'string'
        ? `'${String(optimizer)}' is not known.`
        : `must be a name, a factory's result such as adam(), or an optimizer, got ${optimizer === null ? 'null' : typeof optimizer}.`,
    hint: typeof optimizer === 'string' ? suggestName(optimizer, known) : `use one of ${known.join(', ')}.`,
    argument: 'optimizer',
    received: optimizer,
  })
}
