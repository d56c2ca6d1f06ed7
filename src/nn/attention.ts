import { ShapeError, ValueError } from '../errors.ts'
import { type AttentionOptions, attentionWeights, scaledDotProductAttention } from '../ops/attention.ts'
import { FORBIDDEN, mergeHeads, splitHeads } from '../ops/attention-composed.ts'
import { logicalAnd } from '../ops/attention-mask.ts'
import { cast } from '../ops/cast.ts'
import { reshape } from '../ops/reshape.ts'
import { rotaryEmbedding } from '../ops/rotary.ts'
import { where } from '../ops/where.ts'
import { formatShape, type Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Dense } from './dense.ts'
import { Dropout } from './dropout.ts'
import {
  BUILT_IN,
  describeShape,
  inLayer,
  Layer,
  type LayerConfig,
  type LayerOptions,
  lastOf,
  UNKNOWN,
} from './layer.ts'
import type { ForwardContext } from './module.ts'
import { refuseUnknown, requireCount } from './options.ts'

export interface MultiHeadAttentionOptions<Input extends number = number> extends LayerOptions {
  /** Number of heads. */
  readonly numHeads: number
  /** Features per head. Default inputSize / numHeads. */
  readonly keyDim?: number
  /** Features of input and output; learnt from the first batch if not given. */
  readonly inputSize?: Input
  /** Default true. */
  readonly useBias?: boolean
  /** Each step sees only itself and the steps before it. Default false. */
  readonly causal?: boolean
  /** Queries and keys carry rotary positions. Default false. */
  readonly rotary?: boolean
  /** Probability of dropping a weight in training. Default 0. */
  readonly dropout?: number
}

export interface AttentionContext extends ForwardContext {
  /** What is attended to, [batch, keys, inputSize]: the input itself by default. */
  readonly key?: Tensor
  /** Default: key. */
  readonly value?: Tensor
  /** bool or int32 [batch, keys]: 0 where a key is padding. Default: `mask`, where the input attends to itself. */
  readonly keyMask?: Tensor | null
  /** [time, keys], [batch, time, keys] or [batch, heads, time, keys]: 0 where not allowed; float32: added. */
  readonly attentionMask?: Tensor | null
}

const KNOWN = ['name', 'numHeads', 'keyDim', 'inputSize', 'useBias', 'causal', 'rotary', 'dropout']

/**
 * Multi-head attention (Vaswani et al. 2017): with q, k, v = x·Wq, x·Wk, x·Wv (plus biases), every head takes its
 * columns of them, and y = [softmax(qₕ·kₕᵀ/√keyDim)·vₕ for all heads h]·Wo + bo.
 *
 *   [batch, time, inputSize] → the same shape
 *
 * Steps that the mask names padding are not attended to.
 *
 * @throws ShapeError for other than three axes, or another inputSize
 * @example multiHeadAttention({ numHeads: 4, causal: true })
 */
export class MultiHeadAttention<Input extends number = number> extends Layer<Input, 'same'> {
  static override readonly className: string = 'MultiHeadAttention'
  static readonly [BUILT_IN] = true
  /** [inputSize, numHeads·keyDim], head by head; glorotUniform */
  declare query: Dense
  declare key: Dense
  declare value: Dense
  /** [numHeads·keyDim, inputSize] */
  declare output: Dense
  private readonly dropout: Dropout
  private readonly options: MultiHeadAttentionOptions

  constructor(options: MultiHeadAttentionOptions<Input>) {
    refuseUnknown('MultiHeadAttention', options, KNOWN)
    super(options)
    this.options = options
    requireCount('MultiHeadAttention', 'numHeads', options.numHeads)
    if (options.keyDim !== undefined) requireCount('MultiHeadAttention', 'keyDim', options.keyDim)
    this.dropout = new Dropout({ rate: options.dropout ?? 0 })
    if (options.inputSize === undefined) return
    requireCount('MultiHeadAttention', 'inputSize', options.inputSize)
    this.build([UNKNOWN, options.inputSize])
  }

  override outputShape(inputShape: Shape): Shape {
    const wanted = this.options.inputSize ?? (this.built ? this.query.kernel.shape[0] : undefined)
    const size = lastOf(inputShape)
    if (inputShape.length === 2 && (wanted === undefined || size === wanted)) return inputShape
    throw new ShapeError({
      operation: this.label,
      problem: `needs [batch, time, ${wanted ?? 'features'}], got ${describeShape(inputShape)}.`,
      hint: 'its inputSize must be the last size of what comes before it.',
      shapes: [inputShape],
    })
  }

  protected override createParameters(inputShape: Shape): void {
    const { numHeads, keyDim, useBias } = this.options
    const size = lastOf(inputShape)
    if (keyDim === undefined && size % numHeads !== 0) {
      throw new ValueError({
        operation: this.label,
        problem: `cannot divide ${size} features among ${numHeads} heads.`,
        hint: 'give a keyDim, or a number of heads that divides the features.',
        argument: 'numHeads',
        received: numHeads,
      })
    }
    const units = numHeads * (keyDim ?? size / numHeads)
    const projection = (name: string): Dense => new Dense({ name, inputSize: size, units, useBias })
    this.query = projection('query')
    this.key = projection('key')
    this.value = projection('value')
    this.output = new Dense({ name: 'output', inputSize: units, units: size, useBias })
  }

  protected override inputShapeFrom(shapeOf: (parameter: string) => Shape | undefined): Shape | null {
    const kernel = shapeOf('query.kernel')
    return kernel?.length === 2 ? [UNKNOWN, kernel[0]] : null
  }

  override get contextNames(): readonly string[] {
    return ['key', 'value', 'keyMask', 'attentionMask']
  }

  override forward(x: Tensor, context: AttentionContext = {}): Tensor {
    return super.forward(x, context)
  }

  protected override compute(x: Tensor, context: AttentionContext): Tensor {
    const { key = x, value = key } = context
    const { numHeads, dropout = 0 } = this.options
    const { q, k, options } = this.prepare(x, context)
    const v = this.value.forward(value)
    if (!this.training || dropout === 0)
      return this.output.forward(scaledDotProductAttention(q, k, v, options))
    const weights = this.dropout.forward(attentionWeights(q, k, options))
    return this.output.forward(mergeHeads(weights.matmul(splitHeads(v, numHeads))))
  }

  /** Where each step attends to, [batch, heads, time, keys]: the weights of the values. */
  attentionWeights(x: Tensor, context: AttentionContext = {}): Tensor {
    return inLayer(this.label, () =>
      this.checked(x, () => {
        const { q, k, options } = this.prepare(x, context)
        return attentionWeights(q, k, options)
      }),
    )
  }

  /** Queries, keys, and how they meet. */
  private prepare(x: Tensor, context: AttentionContext) {
    const { numHeads: heads, causal = false, rotary = false } = this.options
    const { key = x, mask = null, attentionMask = null } = context
    const { keyMask = key === x ? mask : null } = context
    const [q, k] = [this.query.forward(x), this.key.forward(key)]
    const options: AttentionOptions = { heads, causal, mask: mergeMasks(this.label, keyMask, attentionMask) }
    return rotary
      ? { q: rotaryEmbedding(q, { heads }), k: rotaryEmbedding(k, { heads }), options }
      : { q, k, options }
  }

  override config(): LayerConfig {
    const inputSize = this.built ? this.query.kernel.shape[0] : this.options.inputSize
    return { ...this.options, name: this.name, inputSize }
  }
}

/** One mask of scores out of a mask of keys and one of pairs. */
function mergeMasks(operation: string, keyMask: Tensor | null, pairs: Tensor | null): Tensor | null {
  if (keyMask !== null && keyMask.rank !== 2) {
    throw new ShapeError({
      operation,
      problem: `needs a mask of keys [batch, keys], got ${formatShape(keyMask.shape)}.`,
      hint: 'true (or 1) where a key counts, for each example.',
      shapes: [keyMask.shape],
    })
  }
  const keys =
    keyMask === null ? null : reshape(cast(keyMask, 'bool'), [keyMask.shape[0], 1, 1, keyMask.shape[1]])
  const mask = pairs?.rank === 3 ? pairs.expandDims({ axis: 1 }) : pairs
  if (keys === null || mask === null) return keys ?? mask
  return mask.dtype === 'float32' ? where(keys, mask, FORBIDDEN) : logicalAnd(keys, mask)
}

/** A `MultiHeadAttention` layer. */
export const multiHeadAttention = <const Input extends number = number>(
  options: MultiHeadAttentionOptions<Input>,
): MultiHeadAttention<Input> => new MultiHeadAttention(options)
