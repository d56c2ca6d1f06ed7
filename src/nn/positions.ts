import { ShapeError } from '../errors.ts'
import { slice } from '../ops/slice.ts'
import type { Shape } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import type { InitializerLike } from './initializers.ts'
import {
  BUILT_IN,
  describeShape,
  Layer,
  type LayerConfig,
  type LayerOptions,
  lastOf,
  UNKNOWN,
} from './layer.ts'
import { refuseUnknown, requireCount } from './options.ts'
import type { Parameter } from './parameter.ts'

export interface PositionEmbeddingOptions<Input extends number = number> extends LayerOptions {
  /** Steps that there may be at most. */
  readonly maxLength: number
  /** Features per step; learnt from the first batch if not given. */
  readonly inputSize?: Input
  /** Default `uniform`, U(−0.05, 0.05). */
  readonly embeddingsInitializer?: InitializerLike
}

/**
 * Adds a trained vector to each step: yₜ = xₜ + Eₜ.
 *
 *   [batch, time, inputSize] → the same shape; time ≤ maxLength
 *
 * @throws ShapeError for a longer sequence, or another inputSize
 * @example sequential(embedding({ inputDim: 100, outputDim: 64 }), positionEmbedding({ maxLength: 128 }))
 */
export class PositionEmbedding<Input extends number = number> extends Layer<Input, 'same'> {
  static override readonly className: string = 'PositionEmbedding'
  static readonly [BUILT_IN] = true
  /** [maxLength, inputSize], U(−0.05, 0.05) */
  declare embeddings: Parameter
  private readonly options: PositionEmbeddingOptions

  constructor(options: PositionEmbeddingOptions<Input>) {
    refuseUnknown('PositionEmbedding', options, ['name', 'maxLength', 'inputSize', 'embeddingsInitializer'])
    super(options)
    this.options = options
    requireCount('PositionEmbedding', 'maxLength', options.maxLength)
    if (options.inputSize === undefined) return
    requireCount('PositionEmbedding', 'inputSize', options.inputSize)
    this.build([UNKNOWN, options.inputSize])
  }

  override outputShape(inputShape: Shape): Shape {
    const wanted = this.options.inputSize ?? (this.built ? this.embeddings.shape[1] : undefined)
    const { maxLength } = this.options
    const fits = inputShape.length === 2 && (wanted === undefined || lastOf(inputShape) === wanted)
    if (fits && inputShape[0] <= maxLength) return inputShape
    throw new ShapeError({
      operation: this.label,
      problem: `needs [batch, time ≤ ${maxLength}, ${wanted ?? 'features'}], got ${describeShape(inputShape)}.`,
      hint: fits ? 'raise maxLength, or cut the sequences.' : 'put an Embedding before it.',
      shapes: [inputShape],
    })
  }

  protected override createParameters(inputShape: Shape): void {
    const { maxLength, embeddingsInitializer = 'uniform' } = this.options
    this.embeddings = this.parameter([maxLength, lastOf(inputShape)], embeddingsInitializer)
  }

  protected override inputShapeFrom(shapeOf: (parameter: string) => Shape | undefined): Shape | null {
    const embeddings = shapeOf('embeddings')
    return embeddings?.length === 2 ? [UNKNOWN, embeddings[1]] : null
  }

  protected override compute(x: Tensor): Tensor {
    return x.add(slice(this.embeddings, [[0, x.shape[1]]]))
  }

  override config(): LayerConfig {
    const inputSize = this.built ? this.embeddings.shape[1] : this.options.inputSize
    return { ...this.options, name: this.name, inputSize }
  }
}

/** A `PositionEmbedding` layer. */
export const positionEmbedding = <const Input extends number = number>(
  options: PositionEmbeddingOptions<Input>,
): PositionEmbedding<Input> => new PositionEmbedding(options)

/**
 * The sinusoidal positions of Vaswani et al. (2017), [time, size]: with ω = base^(−2i/size), feature 2i of step t is
 * sin(t·ω) and feature 2i + 1 is cos(t·ω).
 */
export function sinusoidalPositions(time: number, size: number, base = 10000): Tensor {
  const values = Float32Array.from({ length: time * size }, (_, index) => {
    const feature = index % size
    const angle = ((index - feature) / size) * base ** (-(feature - (feature % 2)) / size)
    return feature % 2 === 0 ? Math.sin(angle) : Math.cos(angle)
  })
  return fromCold(values, [time, size], 'float32')
}

export interface SinusoidalPositionOptions extends LayerOptions {
  /** Default 10000. */
  readonly base?: number
}

/**
 * Adds fixed sines and cosines to each step (see `sinusoidalPositions`).
 *
 *   [batch, time, features] → the same shape
 *
 * @example sinusoidalPositionEncoding()
 */
export class SinusoidalPositionEncoding extends Layer<number, 'same'> {
  static override readonly className: string = 'SinusoidalPositionEncoding'
  static readonly [BUILT_IN] = true
  private readonly base: number

  constructor(options: SinusoidalPositionOptions = {}) {
    refuseUnknown('SinusoidalPositionEncoding', options, ['name', 'base'])
    super(options)
    this.base = options.base ?? 10000
  }

  override outputShape(inputShape: Shape): Shape {
    if (inputShape.length === 2) return inputShape
    throw new ShapeError({
      operation: this.label,
      problem: `needs [batch, time, features], got ${describeShape(inputShape)}.`,
      hint: 'put an Embedding before it.',
      shapes: [inputShape],
    })
  }

  protected override compute(x: Tensor): Tensor {
    return x.add(sinusoidalPositions(x.shape[1], x.shape[2], this.base))
  }

  override config(): LayerConfig {
    return { name: this.name, base: this.base }
  }
}

/** A `SinusoidalPositionEncoding` layer. */
export const sinusoidalPositionEncoding = (
  options: SinusoidalPositionOptions = {},
): SinusoidalPositionEncoding => new SinusoidalPositionEncoding(options)
