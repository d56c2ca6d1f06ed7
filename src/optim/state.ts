import { ShapeError, ValueError } from '../errors.ts'
import { formatShape, sameShape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkHyperparameter } from './hyperparameters.ts'

/** A copy of an optimizer's memory. Entries are called `<parameter>.<slot>`. */
export interface OptimizerState {
  readonly optimizer: string
  /**
   * `learningRate`, `stepCount`, `<parameter>.steps` for each parameter that was updated, and
   * `groups[<index>].learningRate` for each group with a rate of its own.
   */
  readonly numbers: ReadonlyMap<string, number>
  readonly tensors: ReadonlyMap<string, Tensor>
}

/** What an optimizer remembers of one parameter. */
export interface Slots {
  /** Updates that the parameter has had: one without a gradient is not counted. */
  steps: number
  readonly tensors: Map<string, Tensor>
}

interface CheckedState {
  /** `learningRate`, and the rates of the groups that have one. */
  readonly rates: ReadonlyMap<string, number>
  readonly stepCount: number
  readonly slots: ReadonlyMap<Tensor, Slots>
}

/** Checks a state against the parameters and slots of the optimizer that is to take it. */
export function readState(
  optimizer: string,
  parameters: ReadonlyMap<string, Tensor>,
  slotNames: (parameter: Tensor) => readonly string[],
  groupRates: readonly string[],
  state: OptimizerState,
): CheckedState {
  const operation = `${optimizer}.loadStateDict`
  const refuse = (problem: string, hint?: string): never => {
    throw new ValueError({ operation, problem, hint, argument: 'state' })
  }
  if (state.optimizer !== optimizer)
    refuse(`got the state of '${state.optimizer}'.`, 'create the optimizer that saved it.')
  const read = (name: string): number => state.numbers.get(name) ?? refuse(`misses the number "${name}".`)
  const count = (name: string): number => {
    const value = read(name)
    return Number.isSafeInteger(value) && value >= 0
      ? value
      : refuse(`needs a whole number ≥ 0 as "${name}", got ${value}.`)
  }
  const rates = new Map(
    ['learningRate', ...groupRates.filter(name => state.numbers.has(name))].map(name => [
      name,
      checkHyperparameter(operation, name, read(name), { from: 0 }),
    ]),
  )
  const stepCount = count('stepCount')
  const known = new Set(['stepCount', ...rates.keys()])
  const slots = new Map<Tensor, Slots>()
  for (const [name, parameter] of parameters) {
    if (!state.numbers.has(`${name}.steps`)) continue
    known.add(`${name}.steps`)
    const steps = count(`${name}.steps`)
    const tensors = new Map<string, Tensor>()
    for (const slot of slotNames(parameter)) {
      const key = `${name}.${slot}`
      const value = state.tensors.get(key) ?? refuse(`misses the tensor "${key}".`)
      if (!sameShape(value.shape, parameter.shape)) {
        throw new ShapeError({
          operation,
          problem: `got ${formatShape(value.shape)} as "${key}" for a parameter ${formatShape(parameter.shape)}.`,
          hint: 'the state belongs to another model: build this one with the same sizes.',
          shapes: [value.shape, parameter.shape],
        })
      }
      if (value.dtype !== 'float32') refuse(`needs float32 as "${key}", got ${value.dtype}.`)
      known.add(key)
      tensors.set(slot, value)
    }
    slots.set(parameter, { steps, tensors })
  }
  const strangers = [...state.numbers.keys(), ...state.tensors.keys()].filter(key => !known.has(key))
  if (strangers.length > 0) {
    const some = strangers.slice(0, 3).map(key => `"${key}"`)
    refuse(
      `does not know ${some.join(', ')}${strangers.length > 3 ? ` and ${strangers.length - 3} more` : ''}.`,
      'the state belongs to other parameters, or to other options.',
    )
  }
  return { rates, stepCount, slots }
}
