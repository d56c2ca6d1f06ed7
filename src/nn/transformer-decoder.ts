import { ValueError } from '../errors.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { MultiHeadAttention } from './attention.ts'
import { BUILT_IN, lastOf, UNKNOWN } from './layer.ts'
import type { LayerNormalization } from './layer-normalization.ts'
import type { ForwardContext } from './module.ts'
import { TransformerBlock, type TransformerOptions } from './transformer-block.ts'

export interface TransformerDecoderOptions<Input extends number = number> extends TransformerOptions<Input> {
  /** Also attend to an encoder's output, which forward then needs as `memory`. Default false. */
  readonly crossAttention?: boolean
}

export interface DecoderContext extends ForwardContext {
  /** The encoder's output, [batch, keys, inputSize]. */
  readonly memory?: Tensor
  /** bool or int32 [batch, keys]: 0 where a step of the memory is padding. */
  readonly memoryMask?: Tensor | null
}

/**
 * A layer of a Transformer decoder: causal attention (a step sees itself and the steps before it), on request
 * attention to an encoder's output, and a feed-forward part, each added to its input and normalised.
 *
 *   [batch, time, inputSize] → the same shape
 *
 * @throws ShapeError for other than three axes; ValueError where crossAttention lacks its memory
 * @example transformerDecoderLayer({ numHeads: 4, intermediateDim: 512, normFirst: true })
 */
export class TransformerDecoderLayer<Input extends number = number> extends TransformerBlock<Input> {
  static override readonly className: string = 'TransformerDecoderLayer'
  static readonly [BUILT_IN] = true
  /** Only with crossAttention. */
  declare crossAttention: MultiHeadAttention | null
  declare crossNorm: LayerNormalization | null
  private readonly crosses: boolean

  constructor(options: TransformerDecoderOptions<Input>) {
    super('TransformerDecoderLayer', options, ['crossAttention'])
    this.crosses = options.crossAttention ?? false
    if (options.inputSize !== undefined) this.build([UNKNOWN, options.inputSize])
  }

  protected override get isCausal(): boolean {
    return true
  }

  protected override createParameters(inputShape: Shape): void {
    super.createParameters(inputShape)
    const size = lastOf(inputShape)
    this.crossAttention = this.crosses ? this.newAttention('crossAttention', size, false) : null
    this.crossNorm = this.crosses ? this.newNorm('crossNorm', size) : null
  }

  override get contextNames(): readonly string[] {
    return ['memory', 'memoryMask']
  }

  override forward(x: Tensor, context: DecoderContext = {}): Tensor {
    return super.forward(x, context)
  }

  protected override compute(x: Tensor, { mask = null, memory, memoryMask = null }: DecoderContext): Tensor {
    const { crossAttention, crossNorm } = this
    const attended = this.residual(x, this.attentionNorm, y => this.attention.forward(y, { mask }))
    if (crossAttention === null || crossNorm === null) return this.feedForward(attended)
    if (memory === undefined) {
      throw new ValueError({
        operation: this.label,
        problem: 'attends to an encoder, and got no memory.',
        hint: 'call forward(x, { memory: encoder.forward(source) }), or leave crossAttention out.',
        argument: 'memory',
      })
    }
    const cross = (y: Tensor): Tensor => crossAttention.forward(y, { key: memory, keyMask: memoryMask })
    return this.feedForward(this.residual(attended, crossNorm, cross))
  }
}

/** A `TransformerDecoderLayer`. */
export const transformerDecoderLayer = <const Input extends number = number>(
  options: TransformerDecoderOptions<Input>,
): TransformerDecoderLayer<Input> => new TransformerDecoderLayer(options)
