import type { Tensor } from '../tensor/tensor.ts'
import { BUILT_IN, UNKNOWN } from './layer.ts'
import type { AttentionContext } from './attention.ts'
import { TransformerBlock, type TransformerOptions } from './transformer-block.ts'

export interface TransformerEncoderOptions<Input extends number = number> extends TransformerOptions<Input> {
  /** Each step sees only itself and the steps before it: a block of a GPT. Default false. */
  readonly causal?: boolean
}

/**
 * A layer of a Transformer encoder (Vaswani et al. 2017), attention and a feed-forward part, each added to its input:
 *
 *     h = norm(x + attention(x)),  y = norm(h + W₂·activation(W₁·h + b₁) + b₂)
 *
 * or with normFirst: h = x + attention(norm(x)), y = h + feedForward(norm(h)).
 *
 *   [batch, time, inputSize] → the same shape
 *
 * @throws ShapeError for other than three axes, or another inputSize
 * @example transformerEncoderLayer({ numHeads: 4, intermediateDim: 512, activation: 'gelu', normFirst: true })
 */
export class TransformerEncoderLayer<Input extends number = number> extends TransformerBlock<Input> {
  static override readonly className: string = 'TransformerEncoderLayer'
  static readonly [BUILT_IN] = true
  private readonly causal: boolean

  constructor(options: TransformerEncoderOptions<Input>) {
    super('TransformerEncoderLayer', options, ['causal'])
    this.causal = options.causal ?? false
    if (options.inputSize !== undefined) this.build([UNKNOWN, options.inputSize])
  }

  protected override get isCausal(): boolean {
    return this.causal
  }

  override get contextNames(): readonly string[] {
    return ['attentionMask']
  }

  override forward(x: Tensor, context: AttentionContext = {}): Tensor {
    return super.forward(x, context)
  }

  protected override compute(x: Tensor, { mask = null, attentionMask = null }: AttentionContext): Tensor {
    const attend = (y: Tensor): Tensor => this.attention.forward(y, { mask, attentionMask })
    return this.feedForward(this.residual(x, this.attentionNorm, attend))
  }
}

/** A `TransformerEncoderLayer`. */
export const transformerEncoderLayer = <const Input extends number = number>(
  options: TransformerEncoderOptions<Input>,
): TransformerEncoderLayer<Input> => new TransformerEncoderLayer(options)
