import { ShapeError } from '../errors.ts'
import { addOnto } from '../ops/overwrite.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type ActivationName, checkActivation } from './activations.ts'
import { MultiHeadAttention } from './attention.ts'
import { Dense } from './dense.ts'
import { Dropout } from './dropout.ts'
import { describeShape, Layer, type LayerConfig, type LayerOptions, lastOf, UNKNOWN } from './layer.ts'
import { LayerNormalization } from './layer-normalization.ts'
import { refuseUnknown, requireCount } from './options.ts'

export interface TransformerOptions<Input extends number = number> extends LayerOptions {
  /** Number of heads; it divides the features. */
  readonly numHeads: number
  /** Width of the feed-forward part's hidden layer. */
  readonly intermediateDim: number
  /** Features of input and output; learnt from the first batch if not given. */
  readonly inputSize?: Input
  /** Of the hidden layer. Default `relu`. */
  readonly activation?: ActivationName
  /** Normalise before each part instead of after it (more stable to train without warm-up). Default false. */
  readonly normFirst?: boolean
  /** Queries and keys carry rotary positions. Default false. */
  readonly rotary?: boolean
  /** Probability of dropping, in training: attention weights, and features of what is added. Default 0. */
  readonly dropout?: number
  /** Of the normalisations. Default 1e-5. */
  readonly epsilon?: number
}

const KNOWN = [
  'name',
  'numHeads',
  'intermediateDim',
  'inputSize',
  'activation',
  'normFirst',
  'rotary',
  'dropout',
  'epsilon',
]

/** What encoder and decoder layers share: residual parts, each with a normalisation, and the feed-forward part. */
export abstract class TransformerBlock<Input extends number> extends Layer<Input, 'same'> {
  declare attention: MultiHeadAttention
  declare attentionNorm: LayerNormalization
  /** [inputSize, intermediateDim] */
  declare intermediate: Dense
  /** [intermediateDim, inputSize] */
  declare output: Dense
  declare outputNorm: LayerNormalization
  private readonly dropout: Dropout
  protected readonly options: TransformerOptions

  constructor(layer: string, options: TransformerOptions<Input>, known: readonly string[]) {
    refuseUnknown(layer, options, [...KNOWN, ...known])
    super(options)
    this.options = options
    requireCount(layer, 'numHeads', options.numHeads)
    requireCount(layer, 'intermediateDim', options.intermediateDim)
    checkActivation(options.activation ?? 'relu')
    this.dropout = new Dropout({ rate: options.dropout ?? 0 })
    if (options.inputSize !== undefined) requireCount(layer, 'inputSize', options.inputSize)
  }

  /** Whether a step sees only itself and the steps before it. */
  protected abstract get isCausal(): boolean

  override outputShape(inputShape: Shape): Shape {
    const wanted = this.options.inputSize ?? (this.built ? this.output.units : undefined)
    if (inputShape.length === 2 && (wanted === undefined || lastOf(inputShape) === wanted)) return inputShape
    throw new ShapeError({
      operation: this.label,
      problem: `needs [batch, time, ${wanted ?? 'features'}], got ${describeShape(inputShape)}.`,
      hint: 'its inputSize must be the last size of what comes before it.',
      shapes: [inputShape],
    })
  }

  protected override createParameters(inputShape: Shape): void {
    const { intermediateDim, activation = 'relu' } = this.options
    const size = lastOf(inputShape)
    this.attention = this.newAttention('attention', size, this.isCausal)
    this.attentionNorm = this.newNorm('attentionNorm', size)
    this.intermediate = new Dense({
      name: 'intermediate',
      inputSize: size,
      units: intermediateDim,
      activation,
    })
    this.output = new Dense({ name: 'output', inputSize: intermediateDim, units: size })
    this.outputNorm = this.newNorm('outputNorm', size)
  }

  protected newAttention(name: string, inputSize: number, causal: boolean): MultiHeadAttention {
    const { numHeads, rotary, dropout } = this.options
    return new MultiHeadAttention({ name, numHeads, inputSize, causal, rotary, dropout })
  }

  protected newNorm(name: string, inputSize: number): LayerNormalization {
    return new LayerNormalization({ name, inputSize, epsilon: this.options.epsilon ?? 1e-5 })
  }

  protected override inputShapeFrom(shapeOf: (parameter: string) => Shape | undefined): Shape | null {
    const kernel = shapeOf('intermediate.kernel')
    return kernel?.length === 2 ? [UNKNOWN, kernel[0]] : null
  }

  /** norm(x + part(x)), or with normFirst x + part(norm(x)) */
  protected residual(x: Tensor, norm: LayerNormalization, part: (x: Tensor) => Tensor): Tensor {
    if (this.options.normFirst === true) return addOnto(x, this.dropout.forward(part(norm.forward(x))))
    return norm.forward(addOnto(x, this.dropout.forward(part(x))))
  }

  protected feedForward(x: Tensor): Tensor {
    return this.residual(x, this.outputNorm, y => this.output.forward(this.intermediate.forward(y)))
  }

  override config(): LayerConfig {
    return {
      ...this.options,
      name: this.name,
      inputSize: this.built ? this.output.units : this.options.inputSize,
    }
  }
}
