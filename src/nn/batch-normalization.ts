import { noGrad } from '../autodiff/mode.ts'
import { ValueError } from '../errors.ts'
import { assign } from '../ops/detach.ts'
import { type BatchNormResult, batchNorm } from '../ops/norm-groups.ts'
import { reshape } from '../ops/reshape.ts'
import { ones, zeros } from '../tensor/creation.ts'
import { normalizeAxis, type Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { ModuleBuffer } from './buffer.ts'
import { BUILT_IN, UNKNOWN } from './layer.ts'
import { type CentredOptions, Normalization } from './normalization.ts'

export interface BatchNormalizationOptions extends CentredOptions {
  /** The axis of the channels, counted with the batch axis. Default −1. */
  readonly axis?: number
  /** How much of the old statistics a training step keeps. Default 0.99, as in Keras (PyTorch's 0.1 means 0.9 here). */
  readonly momentum?: number
  /** The moving variance takes Σ(x − mean)²/(count − correction): 0 (default) as Keras, 1 as PyTorch. */
  readonly correction?: 0 | 1
}

/**
 * Batch normalisation (Ioffe & Szegedy 2015): y = γ ⊙ (x − mean)/√(variance + epsilon) + β, per channel.
 *
 *   [batch, ..., channels] → the same shape; epsilon is 1e-3 by default, as in Keras
 *
 * In training the statistics are the batch's, and the moving ones follow:
 * moving ← momentum·moving + (1 − momentum)·batch. In evaluation, and in a frozen layer, the moving ones are used.
 *
 * @throws ShapeError for another number of channels
 * @example batchNormalization({ momentum: 0.9 })
 */
export class BatchNormalization extends Normalization {
  static override readonly className: string = 'BatchNormalization'
  static readonly [BUILT_IN] = true
  /** [channels], zeros; not trained */
  declare movingMean: ModuleBuffer
  /** [channels], ones; not trained */
  declare movingVariance: ModuleBuffer
  readonly momentum: number
  readonly axis: number
  private readonly correction: 0 | 1

  constructor(options: BatchNormalizationOptions = {}) {
    super('BatchNormalization', options, ['center', 'axis', 'momentum', 'correction'], 1e-3)
    const { axis = -1, momentum = 0.99, correction = 0 } = options
    if (!(typeof momentum === 'number' && momentum >= 0 && momentum <= 1))
      throw refuse('momentum', 'a number 0 ≤ momentum ≤ 1', momentum)
    if (!Number.isSafeInteger(axis) || axis === 0) throw refuse('axis', 'a whole number other than 0', axis)
    if (correction !== 0 && correction !== 1) throw refuse('correction', '0 or 1', correction)
    this.axis = axis
    this.momentum = momentum
    this.correction = correction
    if (options.inputSize !== undefined) this.build(this.exampleOf(options.inputSize))
  }

  /** A shape with so many channels. */
  private exampleOf(channels: number): Shape {
    const count = this.axis < 0 ? -this.axis : this.axis
    return Array.from({ length: count }, (_, i) => {
      return i === (this.axis < 0 ? 0 : this.axis - 1) ? channels : UNKNOWN
    })
  }

  protected override features(inputShape: Shape): number | undefined {
    const rank = inputShape.length + 1
    return inputShape[(this.axis < 0 ? this.axis + rank : this.axis) - 1]
  }

  protected override get size(): number | undefined {
    return this.options.inputSize ?? (this.built ? this.movingMean.shape[0] : undefined)
  }

  protected override createParameters(inputShape: Shape): void {
    super.createParameters(inputShape)
    const channels = this.features(inputShape) ?? 0
    this.movingMean = new ModuleBuffer(zeros([channels]))
    this.movingVariance = new ModuleBuffer(ones([channels]))
  }

  protected override inputShapeFrom(shapeOf: (parameter: string) => Shape | undefined): Shape | null {
    const shape = shapeOf('movingMean')
    return shape?.length === 1 ? this.exampleOf(shape[0]) : null
  }

  protected override compute(x: Tensor): Tensor {
    const { gamma, beta, epsilon, axis } = this
    if (!this.training || !this.trainable) return this.fromMoving(x)
    const result = batchNorm(x, { gamma, beta, epsilon, axis })
    this.follow(result, x.size / Math.max(1, result.mean.size))
    return result.output
  }

  private fromMoving(x: Tensor): Tensor {
    const channel = normalizeAxis(this.label, this.axis, x.shape)
    const along = (vector: Tensor): Tensor =>
      reshape(vector, [vector.size, ...x.shape.slice(channel + 1).map(() => 1)])
    const { gamma, beta, movingMean, movingVariance } = this
    const rate = movingVariance.add(this.epsilon).rsqrt()
    const y = x.sub(along(movingMean)).mul(along(gamma === null ? rate : rate.mul(gamma)))
    return beta === null ? y : y.add(along(beta))
  }

  /** Lets the moving statistics follow those of a batch with `count` numbers per channel. */
  private follow({ mean, variance }: BatchNormResult, count: number): void {
    if (count === 0) return
    const { momentum, movingMean, movingVariance } = this
    const unbiased = count / Math.max(1, count - this.correction)
    noGrad(() => {
      assign(movingMean, movingMean.mul(momentum).add(mean.mul(1 - momentum)))
      assign(movingVariance, movingVariance.mul(momentum).add(variance.mul((1 - momentum) * unbiased)))
    })
  }
}

const refuse = (option: string, wanted: string, received: unknown): ValueError =>
  new ValueError({
    operation: 'BatchNormalization',
    problem: `needs ${option} to be ${wanted}, got ${String(received)}.`,
    argument: option,
    received,
  })

/** A `BatchNormalization` layer. */
export const batchNormalization = (options: BatchNormalizationOptions = {}): BatchNormalization =>
  new BatchNormalization(options)
