import { currentEngine } from '../engine/device.ts'
import { ShapeError, ValueError } from '../errors.ts'
import { formatShape, sameShape } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { checkHyperparameter } from './hyperparameters.ts'
import { listParameters, ownedTensor, type ParameterSource } from './parameters.ts'

export interface WeightAverageOptions {
  /** d, default 0.999. */
  readonly decay?: number
}

/** A copy of the averages, by parameter name. */
export type WeightAverageState = ReadonlyMap<string, Tensor>

/**
 * Exponential moving average of weights (Polyak & Juditsky 1992): it often does better than the last weights.
 *
 *   a ← d·a + (1 − d)·p        after each step; a = p at first
 *
 * It is a callback of `fit`, too: it follows every optimizer step; a batch that changes no weight (gradient
 * accumulation) counts for nothing.
 *
 * @throws ValueError unless 0 ≤ decay < 1
 * @example
 * const average = new WeightAverage(model.parameters(), { decay: 0.99 })
 * await model.fit(x, y, { epochs: 5, callbacks: [average] })
 * average.swap()             // evaluate or save the averages; swap() again to train on
 */
export class WeightAverage {
  readonly name = 'weightAverage'
  private readonly decay: number
  private readonly averages: ReadonlyMap<string, { readonly parameter: Tensor; readonly average: Tensor }>
  /** The versions of the parameters that are averaged already. */
  private seen = new Map<Tensor, number>()
  private isSwapped = false

  constructor(parameters: ParameterSource, options: WeightAverageOptions = {}) {
    this.decay = checkHyperparameter('WeightAverage', 'decay', options.decay ?? 0.999, { from: 0, below: 1 })
    const named = listParameters('WeightAverage', parameters)
    this.averages = new Map(
      [...named].map(([name, parameter]) => [
        name,
        { parameter, average: ownedTensor(parameter.shape, parameter.values()) },
      ]),
    )
    this.remember()
  }

  /**
   * Takes the present weights in.
   * @throws ValueError while the averages are in the model
   */
  update(): void {
    this.requireOwnPlace('update')
    const engine = currentEngine()
    for (const { parameter, average } of this.averages.values()) {
      engine.beginOperation()
      const a = engine.pointerForWrite(average.storage)
      const p = engine.pointer(parameter.storage)
      engine.kernels.parametric.scale(a, a, average.size, this.decay, 0)
      engine.kernels.axpy(a, p, average.size, 1 - this.decay)
    }
    this.remember()
  }

  /** For `fit`: takes the weights in when a step has changed them. */
  onBatchEnd(): void {
    for (const { parameter } of this.averages.values()) {
      if (this.seen.get(parameter) !== parameter.storage.version) {
        this.update()
        return
      }
    }
  }

  /** Exchanges weights and averages; a second call puts them back. */
  swap(): void {
    const engine = currentEngine()
    for (const { parameter, average } of this.averages.values()) {
      engine.beginOperation()
      const bytes = average.size << engine.memory.floatShift
      const [p, a] = [engine.pointerForWrite(parameter.storage), engine.pointerForWrite(average.storage)]
      const spare = engine.memory.allocate(bytes + 16)
      engine.kernels.float.copy(spare, p, average.size)
      engine.kernels.float.copy(p, a, average.size)
      engine.kernels.float.copy(a, spare, average.size)
      engine.memory.release(spare)
    }
    this.isSwapped = !this.isSwapped
    this.remember()
  }

  /**
   * A copy of the averages, for a checkpoint.
   * @throws ValueError while the averages are in the model
   */
  stateDict(): WeightAverageState {
    this.requireOwnPlace('stateDict')
    return new Map(
      [...this.averages].map(([name, { average }]) => [
        name,
        fromCold(average.values(), average.shape, 'float32'),
      ]),
    )
  }

  /**
   * Continues from saved averages; they are checked before anything changes.
   * @throws ValueError for missing or unknown names; ShapeError for another shape
   */
  loadStateDict(state: WeightAverageState): void {
    this.requireOwnPlace('loadStateDict')
    const operation = 'WeightAverage.loadStateDict'
    const wrong = [...this.averages.keys()].find(name => !state.has(name))
    const stranger = [...state.keys()].find(name => !this.averages.has(name))
    if (wrong !== undefined || stranger !== undefined) {
      throw new ValueError({
        operation,
        problem: wrong === undefined ? `does not know "${stranger}".` : `misses "${wrong}".`,
        argument: 'state',
      })
    }
    for (const [name, value] of state) {
      const shape = this.averages.get(name)?.average.shape ?? []
      if (sameShape(value.shape, shape)) continue
      throw new ShapeError({
        operation,
        problem: `got ${formatShape(value.shape)} as "${name}" for a parameter ${formatShape(shape)}.`,
        hint: 'the state belongs to another model: build this one with the same sizes.',
        shapes: [value.shape, shape],
      })
    }
    const engine = currentEngine()
    for (const [name, { average }] of this.averages) {
      const saved = state.get(name)
      if (saved === undefined) continue
      engine.beginOperation()
      const pointer = engine.pointerForWrite(average.storage)
      engine.kernels.float.copy(pointer, engine.pointer(saved.storage), average.size)
    }
    this.remember()
  }

  private remember(): void {
    for (const { parameter } of this.averages.values()) this.seen.set(parameter, parameter.storage.version)
  }

  private requireOwnPlace(operation: string): void {
    if (!this.isSwapped) return
    throw new ValueError({
      operation: `WeightAverage.${operation}`,
      problem: 'was called while the averages are in the model.',
      hint: 'call swap() once more first.',
    })
  }
}
