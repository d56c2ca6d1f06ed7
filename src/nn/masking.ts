import { ShapeError, ValueError } from '../errors.ts'
import { any } from '../ops/truth.ts'
import { cast } from '../ops/cast.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { BUILT_IN, describeShape, Layer, type LayerConfig, type LayerOptions } from './layer.ts'
import { refuseUnknown } from './options.ts'

export interface MaskingOptions extends LayerOptions {
  /** What all features of a step that is padding are. Default 0. */
  readonly maskValue?: number
}

/**
 * Names the steps whose features are all `maskValue` padding: later layers skip them. Their features become 0.
 *
 *   [batch, time, features] → the same shape
 *
 * @throws ShapeError for other than three axes
 * @example masking({ maskValue: -1 })
 */
export class Masking extends Layer<number, 'same'> {
  static override readonly className: string = 'Masking'
  static readonly [BUILT_IN] = true
  private readonly maskValue: number

  constructor(options: MaskingOptions = {}) {
    refuseUnknown('Masking', options, ['name', 'maskValue'])
    super(options)
    this.maskValue = options.maskValue ?? 0
    if (Number.isFinite(this.maskValue)) return
    throw new ValueError({
      operation: 'Masking',
      problem: `needs a finite maskValue, got ${String(options.maskValue)}.`,
      argument: 'maskValue',
      received: options.maskValue,
    })
  }

  override outputShape(inputShape: Shape): Shape {
    if (inputShape.length === 2) return inputShape
    throw new ShapeError({
      operation: this.label,
      problem: `needs [batch, time, features], got ${describeShape(inputShape)}.`,
      hint: 'for ids, give the Embedding maskZero: true.',
      shapes: [inputShape],
    })
  }

  /** bool [batch, time]: where a step is not padding. */
  private counts(x: Tensor): Tensor {
    return any(x.notEqual(this.maskValue), { axis: -1 })
  }

  protected override compute(x: Tensor): Tensor {
    return x.mul(cast(this.counts(x), 'float32').expandDims({ axis: -1 }))
  }

  override maskFor(x: Tensor): Tensor {
    return this.counts(x)
  }

  override config(): LayerConfig {
    return { name: this.name, maskValue: this.maskValue }
  }
}

/** A `Masking` layer. */
export const masking = (options: MaskingOptions = {}): Masking => new Masking(options)
