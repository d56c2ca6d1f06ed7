import { noGrad } from '../autodiff/mode.ts'
import { assign } from '../ops/detach.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkConstraint, type Constraint, constrained } from './constraints.ts'
import { checkInitializer, type InitializerLike } from './initializers.ts'
import type { Module } from './module.ts'
import type { Parameter } from './parameter.ts'
import { checkRegularizer, penalty, type Regularizer } from './regularizers.ts'

/** What a parameter is held to in training. */
export interface ParameterRules {
  readonly regularizer?: Regularizer
  readonly constraint?: Constraint
}

export interface KernelRules {
  /** Penalty on the kernel: `{ l2: 0.01 }`. None by default. */
  readonly kernelRegularizer?: Regularizer
  /** What the kernel is brought back to after each step. None by default. */
  readonly kernelConstraint?: Constraint
}

export interface BiasRules {
  /** Penalty on the bias. None by default. */
  readonly biasRegularizer?: Regularizer
  /** What the bias is brought back to after each step. None by default. */
  readonly biasConstraint?: Constraint
}

/** The names of the options that hold rules for these parameters. */
export const ruleOptions = (...parameters: readonly string[]): readonly string[] =>
  parameters.flatMap(name => [`${name}Regularizer`, `${name}Constraint`])

const rules = new WeakMap<Parameter, ParameterRules>()
/** Most programs have none: then nobody looks for them. */
let areUsed = false

/** Holds a parameter to the rules that a layer's options name for it. */
export function holdTo(parameter: Parameter, options: object, name: string): Parameter {
  const given = options as Readonly<Record<string, unknown>>
  const regularizer = given[`${name}Regularizer`] as Regularizer | undefined
  const constraint = given[`${name}Constraint`] as Constraint | undefined
  if (regularizer !== undefined || constraint !== undefined) {
    rules.set(parameter, { regularizer, constraint })
    areUsed = true
  }
  return parameter
}

/**
 * Refuses initializers, regularizers and constraints that are none, among a layer's options.
 * @throws ValueError
 */
export function checkRules(layer: string, options: object): void {
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (option.endsWith('Initializer')) checkInitializer(`${layer} ${option}`, value as InitializerLike)
    else if (option.endsWith('Regularizer')) checkRegularizer(`${layer} ${option}`, value as Regularizer)
    else if (option.endsWith('Constraint')) checkConstraint(`${layer} ${option}`, value as Constraint)
  }
}

/** The penalties of a module's regularizers, added up; null where there are none. Frozen parameters have none. */
export function penaltyOf(module: Module<unknown>): Tensor | null {
  if (!areUsed) return null
  let total: Tensor | null = null
  for (const parameter of module.parameters()) {
    const regularizer = rules.get(parameter)?.regularizer
    if (regularizer === undefined || !parameter.requiresGrad) continue
    const part = penalty(parameter, regularizer)
    if (part !== null) total = total === null ? part : total.add(part)
  }
  return total
}

/** Brings a module's parameters back to what their constraints allow; to be called after an optimizer's step. */
export function constrain(module: Module<unknown>): void {
  if (!areUsed) return
  for (const parameter of module.parameters()) {
    const constraint = rules.get(parameter)?.constraint
    if (constraint === undefined || !parameter.requiresGrad) continue
    noGrad(() => assign(parameter, constrained(parameter, constraint)))
  }
}
