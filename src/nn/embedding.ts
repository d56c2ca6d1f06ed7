import { gradMode } from '../autodiff/mode.ts'
import { readStorage } from '../engine/engine.ts'
import { ValueError } from '../errors.ts'
import { checkedIndices, gather } from '../ops/gather.ts'
import { equal, notEqual } from '../ops/compare.ts'
import { expandDims } from '../ops/reshape.ts'
import { where } from '../ops/where.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { touchRows } from '../tensor/touched-rows.ts'
import type { Constraint } from './constraints.ts'
import type { InitializerLike } from './initializers.ts'
import { BUILT_IN, Layer, type LayerConfig, type LayerOptions } from './layer.ts'
import { refuseUnknown, requireCount } from './options.ts'
import type { Parameter } from './parameter.ts'
import type { Regularizer } from './regularizers.ts'
import { ruleOptions } from './rules.ts'

export interface EmbeddingOptions<Output extends number = number> extends LayerOptions {
  /** Number of different ids: ids go from 0 to inputDim − 1. */
  readonly inputDim: number
  /** Length of the vector of each id. */
  readonly outputDim: Output
  /** Id 0 is padding: later layers skip those steps. Default false. */
  readonly maskZero?: boolean
  /** An id whose vector starts at zero and is never trained. None by default. */
  readonly paddingIndex?: number
  /**
   * Optimizers update only the rows whose ids have occurred since the last step, and leave all others, with what they
   * remember of them, as they are (as TensorFlow's LazyAdam). It pays where a table has many times more rows than a
   * batch has ids. The numbers are not those of the exact update, where momentum and weight decay also move rows that
   * did not occur. For a table that nothing else reads: gradients from elsewhere would be lost. Default false.
   */
  readonly lazyRows?: boolean
  /** Default `uniform`, U(−0.05, 0.05). */
  readonly embeddingsInitializer?: InitializerLike
  /** Penalty on the vectors. None by default. */
  readonly embeddingsRegularizer?: Regularizer
  /** What the vectors are brought back to after each step. None by default. */
  readonly embeddingsConstraint?: Constraint
}

const KNOWN = [
  ...['name', 'inputDim', 'outputDim', 'maskZero', 'paddingIndex', 'lazyRows', 'embeddingsInitializer'],
  ...ruleOptions('embeddings'),
]

/**
 * A vector for each id: row x of a table that is trained.
 *
 *   ids [batch, ...] → [batch, ..., outputDim]
 *
 * @throws ValueError for an id outside 0 … inputDim − 1, naming it and its position
 * @example embedding({ inputDim: 10000, outputDim: 64, maskZero: true })
 */
export class Embedding<Output extends number = number> extends Layer<number, Output> {
  static override readonly className: string = 'Embedding'
  static readonly [BUILT_IN] = true
  /** [inputDim, outputDim], U(−0.05, 0.05) */
  declare embeddings: Parameter
  private readonly options: EmbeddingOptions

  constructor(options: EmbeddingOptions<Output>) {
    refuseUnknown('Embedding', options, KNOWN)
    super(options)
    this.options = options
    requireCount('Embedding', 'inputDim', options.inputDim)
    requireCount('Embedding', 'outputDim', options.outputDim)
    const { paddingIndex, inputDim } = options
    if (
      paddingIndex !== undefined &&
      !(Number.isInteger(paddingIndex) && paddingIndex >= 0 && paddingIndex < inputDim)
    ) {
      throw new ValueError({
        operation: 'Embedding',
        problem: `needs paddingIndex in 0 … ${inputDim - 1}, got ${paddingIndex}.`,
      })
    }
    this.build([])
  }

  override outputShape(inputShape: Shape): Shape {
    return [...inputShape, this.options.outputDim]
  }

  protected override createParameters(): void {
    const { inputDim, outputDim, paddingIndex, embeddingsInitializer = 'uniform' } = this.options
    this.embeddings = this.parameter([inputDim, outputDim], embeddingsInitializer, [
      this.options,
      'embeddings',
    ])
    if (paddingIndex !== undefined) {
      const start = paddingIndex * outputDim
      const values = this.embeddings.values()
      values.fill(0, start, start + outputDim)
      this.embeddings.storage.cold = values
    }
  }

  protected override compute(x: Tensor): Tensor {
    const { inputDim, paddingIndex } = this.options
    const ids = checkedIndices(this.label, x, inputDim, { wrap: false, what: 'the id' })
    if (this.options.lazyRows === true && this.training && gradMode.enabled)
      touchRows(this.embeddings, ids.storage.cold ?? readStorage(ids.storage))
    const vectors = gather(this.embeddings, ids)
    if (paddingIndex === undefined) return vectors
    // The values of padding pass, their gradient does not: it must not move the padding vector.
    const isPadding = expandDims(equal(ids, paddingIndex), { axis: -1 })
    return where(isPadding, vectors.detach(), vectors)
  }

  override maskFor(x: Tensor, _mask: Tensor | null): Tensor | null {
    return this.options.maskZero === true ? notEqual(x, 0) : null
  }

  override config(): LayerConfig {
    return { ...this.options, name: this.name }
  }
}

/**
 * An `Embedding` layer that carries its size in its type.
 *
 * @example embedding({ inputDim: 10000, outputDim: 64 })   // [batch, time] → [batch, time, 64]
 */
export const embedding = <const Output extends number>(
  options: EmbeddingOptions<Output>,
): Embedding<Output> => new Embedding(options)
