import { currentEngine } from '../engine/device.ts'
import type { Engine } from '../engine/engine.ts'
import { ShapeError, ValueError } from '../errors.ts'
import { formatShape, sameShape } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { clipGradNorm, clipGradValue } from './clip.ts'
import { checkHyperparameter } from './hyperparameters.ts'
import { listParameters, ownedTensor, type ParameterSource } from './parameters.ts'
import { type OptimizerState, readState, type Slots } from './state.ts'

/** Options of every optimizer. */
export interface OptimizerOptions {
  readonly learningRate?: number
  /** Before each step, gradients are scaled down in place until their common Euclidean norm is at most this. */
  readonly globalClipNorm?: number
  /** Before each step, gradient elements are clipped in place to −value … value. */
  readonly clipValue?: number
}

/** Base of the optimizers: which parameters, in what order, with what memory; subclasses say how one is updated. */
export abstract class Optimizer {
  /** As `compile` and checkpoints call it. */
  abstract readonly name: string
  readonly parameters: ReadonlyMap<string, Tensor>
  private readonly slots = new Map<Tensor, Slots>()
  private readonly globalClipNorm: number | undefined
  private readonly clipValue: number | undefined
  private rate: number
  private steps = 0

  constructor(
    operation: string,
    parameters: ParameterSource,
    options: OptimizerOptions,
    defaultRate: number,
  ) {
    this.parameters = listParameters(operation, parameters)
    const { learningRate = defaultRate, globalClipNorm, clipValue } = options
    if (globalClipNorm !== undefined && clipValue !== undefined) {
      throw new ValueError({
        operation,
        problem: 'takes one of globalClipNorm and clipValue, got both.',
        argument: 'clipValue',
        received: clipValue,
      })
    }
    if (globalClipNorm !== undefined)
      checkHyperparameter(operation, 'globalClipNorm', globalClipNorm, { above: 0 })
    if (clipValue !== undefined) checkHyperparameter(operation, 'clipValue', clipValue, { above: 0 })
    this.globalClipNorm = globalClipNorm
    this.clipValue = clipValue
    this.rate = checkHyperparameter(operation, 'learningRate', learningRate, { from: 0 })
  }

  get learningRate(): number {
    return this.rate
  }

  /** @throws ValueError unless it is finite and ≥ 0 */
  set learningRate(value: number) {
    this.rate = checkHyperparameter(this.name, 'learningRate', value, { from: 0 })
  }

  /** How often `step` has run. */
  get stepCount(): number {
    return this.steps
  }

  /**
   * Updates, in place, every parameter that has a gradient; the others are left untouched.
   * @throws ValueError when there are no parameters at all; ShapeError for a gradient of another shape
   */
  step(): void {
    if (this.parameters.size === 0) {
      throw new ValueError({
        operation: `${this.name}.step`,
        problem: 'has no parameters to update.',
        hint: 'create the optimizer with model.parameters() of a built model.',
        argument: 'parameters',
      })
    }
    const parameters = this.parameters.values()
    if (this.globalClipNorm !== undefined) clipGradNorm(parameters, { maxNorm: this.globalClipNorm })
    else if (this.clipValue !== undefined) clipGradValue(parameters, { value: this.clipValue })
    const engine = currentEngine()
    for (const [name, parameter] of this.parameters) {
      const { gradient } = parameter
      if (gradient === null) continue
      if (!sameShape(gradient.shape, parameter.shape))
        throw wrongGradient(this.name, name, parameter, gradient)
      let slots = this.slots.get(parameter)
      if (slots === undefined) {
        slots = { steps: 0, tensors: new Map() }
        this.slots.set(parameter, slots)
      }
      slots.steps++
      engine.own(parameter.storage)
      engine.beginOperation()
      this.update(engine, parameter, gradient, slots)
    }
    this.steps++
  }

  /** Forgets the gradients. Their memory is reused at once, unless user code has looked at them. */
  zeroGrad(): void {
    for (const parameter of this.parameters.values()) {
      const { gradient } = parameter
      if (gradient === null) continue
      parameter.gradient = null
      const { storage } = gradient
      const isOurs = !storage.visible && !storage.recorded && gradient.node === null
      if (isOurs) storage.engine?.release(storage)
    }
  }

  /** A copy of everything that later steps depend on, apart from the options. */
  stateDict(): OptimizerState {
    const numbers = new Map([
      ['learningRate', this.rate],
      ['stepCount', this.steps],
    ])
    const tensors = new Map<string, Tensor>()
    for (const [name, parameter] of this.parameters) {
      const slots = this.slots.get(parameter)
      if (slots === undefined) continue
      numbers.set(`${name}.steps`, slots.steps)
      for (const [slot, value] of slots.tensors)
        tensors.set(`${name}.${slot}`, fromCold(value.values(), value.shape, 'float32'))
    }
    return { optimizer: this.name, numbers, tensors }
  }

  /**
   * Continues from a saved state, bit for bit. It is checked completely before anything changes.
   *
   * @throws ValueError for another optimizer's state, missing or unknown entries; ShapeError for another shape
   */
  loadStateDict(state: OptimizerState): void {
    const { learningRate, stepCount, slots } = readState(this.name, this.parameters, this.slotNames(), state)
    this.slots.clear()
    for (const [parameter, saved] of slots) {
      const tensors = new Map<string, Tensor>()
      for (const [slot, value] of saved.tensors)
        tensors.set(slot, ownedTensor(parameter.shape, value.values()))
      this.slots.set(parameter, { steps: saved.steps, tensors })
    }
    this.rate = learningRate
    this.steps = stepCount
  }

  /** The tensors that a parameter has after its first update. */
  protected abstract slotNames(): readonly string[]

  /** Runs the kernel on one parameter. */
  protected abstract update(engine: Engine, parameter: Tensor, gradient: Tensor, slots: Slots): void

  /** Address of a slot's numbers for writing; zeros at first. */
  protected slotPointer(engine: Engine, parameter: Tensor, slots: Slots, slot: string): number {
    let tensor = slots.tensors.get(slot)
    if (tensor === undefined) {
      tensor = ownedTensor(parameter.shape)
      slots.tensors.set(slot, tensor)
    }
    return engine.pointerForWrite(tensor.storage)
  }
}

const wrongGradient = (operation: string, name: string, parameter: Tensor, gradient: Tensor): ShapeError =>
  new ShapeError({
    operation,
    problem: `got a gradient ${formatShape(gradient.shape)} for the parameter "${name}" ${formatShape(parameter.shape)}.`,
    shapes: [gradient.shape, parameter.shape],
  })
