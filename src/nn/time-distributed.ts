import { ShapeError, ValueError } from '../errors.ts'
import { reshape } from '../ops/reshape.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { innerConfig, runInner } from './inner-layer.ts'
import { BUILT_IN, describeShape, Layer, type LayerConfig, type LayerOptions } from './layer.ts'
import { refuseUnknown } from './options.ts'

export interface TimeDistributedOptions<
  Accepts extends number = number,
  Gives extends number | 'same' = number | 'same',
> extends LayerOptions {
  /** Sees each step as an example of its own. */
  readonly layer: Layer<Accepts, Gives>
}

/**
 * Applies a layer to every step of a sequence, with the same weights.
 *
 *   [batch, time, ...] → [batch, time, ...what the layer gives]
 *
 * @example timeDistributed({ layer: flatten() })   // [batch, time, 4, 4] → [batch, time, 16]
 */
export class TimeDistributed<
  Accepts extends number = number,
  Gives extends number | 'same' = number | 'same',
> extends Layer<Accepts, Gives> {
  static override readonly className: string = 'TimeDistributed'
  static readonly [BUILT_IN] = true
  readonly layer: Layer<Accepts, Gives>

  constructor(options: TimeDistributedOptions<Accepts, Gives>) {
    refuseUnknown('TimeDistributed', options, ['name', 'layer'])
    super(options)
    if (!(options.layer instanceof Layer)) {
      throw new ValueError({
        operation: 'TimeDistributed',
        problem: 'needs a layer.',
        hint: 'for example { layer: dense({ units: 64 }) }.',
        argument: 'layer',
        received: options.layer,
      })
    }
    this.layer = options.layer
  }

  override get built(): boolean {
    return this.layer.built
  }

  override outputShape(inputShape: Shape): Shape {
    if (inputShape.length < 2) {
      throw new ShapeError({
        operation: this.label,
        problem: `needs [batch, time, ...], got ${describeShape(inputShape)}.`,
        hint: 'the second axis counts the steps.',
        shapes: [inputShape],
      })
    }
    return [inputShape[0], ...this.layer.outputShape(inputShape.slice(1))]
  }

  protected override createParameters(inputShape: Shape): void {
    this.layer.build(inputShape.slice(1))
  }

  protected override compute(x: Tensor): Tensor {
    const [batch, time, ...rest] = x.shape
    const all = reshape(x, [batch * time, ...rest])
    const steps = runInner(this.layer, [all], () => this.layer.forward(all))
    if (steps.shape[0] === batch * time) return reshape(steps, [batch, time, ...steps.shape.slice(1)])
    throw new ShapeError({
      operation: this.label,
      problem: `needs a layer that keeps its batch of ${batch * time} steps, got ${steps.shape[0]}.`,
      hint: 'the inner layer gives one row for each row it gets.',
      shapes: [x.shape, steps.shape],
    })
  }

  override config(): LayerConfig {
    return { name: this.name, ...innerConfig(this.layer) }
  }
}

/** A `TimeDistributed` layer that carries its sizes in its type. */
export const timeDistributed = <Accepts extends number, Gives extends number | 'same'>(
  options: TimeDistributedOptions<Accepts, Gives>,
): TimeDistributed<Accepts, Gives> => new TimeDistributed(options)
