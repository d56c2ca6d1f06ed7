import { ValueError } from '../errors.ts'
import { elu, leakyRelu } from '../ops/parametric.ts'
import { softmax } from '../ops/softmax.ts'
import { relu } from '../ops/unary.ts'
import { where } from '../ops/where.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { BUILT_IN, Layer, type LayerConfig, type LayerOptions } from './layer.ts'
import { refuseUnknown } from './options.ts'

/** Layers that change each element by itself. */
abstract class Elementwise extends Layer<number, 'same'> {
  override outputShape(inputShape: Shape): Shape {
    return inputShape
  }
}

/** Refuses anything but a finite number. */
function requireNumber(layer: string, option: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new ValueError({
    operation: layer,
    problem: `needs a finite ${option}, got ${String(value)}.`,
    argument: option,
    received: value,
  })
}

export interface ReLUOptions extends LayerOptions {
  /** Largest output. None by default. */
  readonly maxValue?: number
  /** Slope below the threshold. Default 0. */
  readonly negativeSlope?: number
  /** Where the output begins to follow the input. Default 0. */
  readonly threshold?: number
}

/**
 * y = min(x, maxValue) for x ≥ threshold, else negativeSlope·(x − threshold).
 *
 * @example new ReLU({ maxValue: 6 })
 */
export class ReLU extends Elementwise {
  static override readonly className: string = 'ReLU'
  static readonly [BUILT_IN] = true
  private readonly options: ReLUOptions

  constructor(options: ReLUOptions = {}) {
    refuseUnknown('ReLU', options, ['name', 'maxValue', 'negativeSlope', 'threshold'])
    super(options)
    for (const option of ['maxValue', 'negativeSlope', 'threshold'] as const)
      if (options[option] !== undefined) requireNumber('ReLU', option, options[option])
    this.options = options
  }

  protected override compute(x: Tensor): Tensor {
    const { maxValue, negativeSlope = 0, threshold = 0 } = this.options
    const capped = (y: Tensor): Tensor => (maxValue === undefined ? y : y.clip({ max: maxValue }))
    if (threshold === 0) return capped(negativeSlope === 0 ? relu(x) : leakyRelu(x, { slope: negativeSlope }))
    return where(x.greaterEqual(threshold), capped(x), x.sub(threshold).mul(negativeSlope))
  }

  override config(): LayerConfig {
    return { ...this.options, name: this.name }
  }
}

export interface LeakyReLUOptions extends LayerOptions {
  /** Slope below 0. Default 0.3, as in Keras; PyTorch has 0.01. */
  readonly negativeSlope?: number
}

/**
 * y = x for x ≥ 0, else negativeSlope·x.
 *
 * @example new LeakyReLU({ negativeSlope: 0.1 })
 */
export class LeakyReLU extends Elementwise {
  static override readonly className: string = 'LeakyReLU'
  static readonly [BUILT_IN] = true
  private readonly negativeSlope: number

  constructor(options: LeakyReLUOptions = {}) {
    refuseUnknown('LeakyReLU', options, ['name', 'negativeSlope'])
    super(options)
    this.negativeSlope = requireNumber('LeakyReLU', 'negativeSlope', options.negativeSlope ?? 0.3)
  }

  protected override compute(x: Tensor): Tensor {
    return leakyRelu(x, { slope: this.negativeSlope })
  }

  override config(): LayerConfig {
    return { name: this.name, negativeSlope: this.negativeSlope }
  }
}

export interface ELUOptions extends LayerOptions {
  /** −alpha is the limit for very negative x. Default 1. */
  readonly alpha?: number
}

/**
 * y = x for x ≥ 0, else alpha·(eˣ − 1) (Clevert et al. 2015).
 *
 * @example new ELU({ alpha: 0.5 })
 */
export class ELU extends Elementwise {
  static override readonly className: string = 'ELU'
  static readonly [BUILT_IN] = true
  private readonly alpha: number

  constructor(options: ELUOptions = {}) {
    refuseUnknown('ELU', options, ['name', 'alpha'])
    super(options)
    this.alpha = requireNumber('ELU', 'alpha', options.alpha ?? 1)
  }

  protected override compute(x: Tensor): Tensor {
    return elu(x, { alpha: this.alpha })
  }

  override config(): LayerConfig {
    return { name: this.name, alpha: this.alpha }
  }
}

export interface ThresholdedReLUOptions extends LayerOptions {
  /** Default 1. */
  readonly theta?: number
}

/**
 * y = x for x > theta, else 0 (Konda et al. 2014).
 *
 * @example new ThresholdedReLU({ theta: 0.5 })
 */
export class ThresholdedReLU extends Elementwise {
  static override readonly className: string = 'ThresholdedReLU'
  static readonly [BUILT_IN] = true
  private readonly theta: number

  constructor(options: ThresholdedReLUOptions = {}) {
    refuseUnknown('ThresholdedReLU', options, ['name', 'theta'])
    super(options)
    this.theta = requireNumber('ThresholdedReLU', 'theta', options.theta ?? 1)
  }

  protected override compute(x: Tensor): Tensor {
    return where(x.greater(this.theta), x, 0)
  }

  override config(): LayerConfig {
    return { name: this.name, theta: this.theta }
  }
}

export interface SoftmaxOptions extends LayerOptions {
  /** The axis over which the outputs sum to 1, counted with the batch axis. Default −1. */
  readonly axis?: number
}

/**
 * Softmax over an axis.
 *
 * @example new Softmax()
 */
export class Softmax extends Elementwise {
  static override readonly className: string = 'Softmax'
  static readonly [BUILT_IN] = true
  private readonly axis: number

  constructor(options: SoftmaxOptions = {}) {
    refuseUnknown('Softmax', options, ['name', 'axis'])
    super(options)
    this.axis = options.axis ?? -1
    if (Number.isSafeInteger(this.axis)) return
    throw new ValueError({
      operation: 'Softmax',
      problem: `needs axis to be a whole number, got ${String(options.axis)}.`,
      argument: 'axis',
      received: options.axis,
    })
  }

  /** What a loss may leave out: the softmax of the last axis. */
  get activation(): string {
    return this.axis === -1 ? 'softmax' : ''
  }

  protected override compute(x: Tensor): Tensor {
    return softmax(x, { axis: this.axis })
  }

  /** The input itself: what losses from logits are computed of. */
  forwardLogits(x: Tensor): Tensor {
    return x
  }

  override config(): LayerConfig {
    return { name: this.name, axis: this.axis }
  }
}
