import { internalScope } from '../autodiff/mode.ts'
import { ShapeError, TensorloomError } from '../errors.ts'
import { requireTensor } from '../ops/operand.ts'
import { defaultGenerator } from '../tensor/random.ts'
import { formatShape, type Shape, sizeOf } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { type InitializerName, initialize } from './initializers.ts'
import { type ForwardContext, Module, notBuilt } from './module.ts'
import { Parameter } from './parameter.ts'

/** Marks the library's own layers, whose intermediate results no user code can see. */
export const BUILT_IN: unique symbol = Symbol('built-in')

/** What every layer can be given. */
export interface LayerOptions {
  /** Name in summaries, errors and state dicts; made from the class by default. */
  readonly name?: string
}

/** A layer's options as JSON: what `save` writes. */
export type LayerConfig = Readonly<Record<string, unknown>>

/** A size that is not known (the time axis of a sequence, say). */
export const UNKNOWN = -1

/**
 * A building block with one input: it learns its input size from the first batch, checks shapes, and adds its
 * name to errors.
 *
 * Type parameters: the feature size it accepts, the one it gives (`'same'`: that of its input), what forward returns.
 */
export abstract class Layer<
  Accepts extends number = number,
  Gives extends number | 'same' = number,
  Result extends Tensor | readonly Tensor[] = Tensor,
> extends Module<Result> {
  /** Only types: carries the sizes to `sequential`. */
  declare readonly flow?: (size: Accepts) => Gives
  /** Class name in summaries and saved models. */
  static readonly className: string = 'Layer'
  /** Unique within a model; `Sequential` gives one to layers that have none. */
  name: string
  private isBuilt = false

  constructor(options: LayerOptions) {
    super()
    this.name = options.name ?? ''
  }

  get className(): string {
    return (this.constructor as typeof Layer).className
  }

  get built(): boolean {
    return this.isBuilt
  }

  /** `Dense "hidden"`, as errors call it. */
  get label(): string {
    return this.name === '' ? this.className : `${this.className} "${this.name}"`
  }

  /** Shape of the output without the batch axis, from that of the input. Throws a ShapeError for a bad input. */
  abstract outputShape(inputShape: Shape): Shape

  /** Creates the parameters for inputs of this shape (without the batch axis). */
  protected createParameters(_inputShape: Shape): void {}

  /** The layer's work: x and everything it computes is checked and built. */
  protected abstract compute(x: Tensor, context: ForwardContext): Result

  /** The mask that the next layer gets. */
  maskFor(_x: Tensor, mask: Tensor | null): Tensor | null {
    return mask
  }

  /** The options, as JSON. */
  config(): LayerConfig {
    return { name: this.name }
  }

  /** Creates the parameters, if not yet done. */
  build(inputShape: Shape): void {
    if (this.isBuilt) return
    this.outputShape(inputShape)
    this.createParameters(inputShape)
    this.isBuilt = true
  }

  protected override requireBuilt(what: string): void {
    if (!this.isBuilt) throw notBuilt(this.label, what)
  }

  forward(x: Tensor, context: ForwardContext = {}): Result {
    try {
      requireTensor(this.className, x)
      if (x.rank === 0) {
        throw new ShapeError({
          operation: 'forward',
          problem: `needs a batch axis first, got the shape ${formatShape(x.shape)}.`,
          hint: 'wrap a single example: expandDims(x, {axis: 0}).',
          shapes: [x.shape],
        })
      }
      const features = x.shape.slice(1)
      this.build(features)
      this.outputShape(features)
      if (!Object.hasOwn(this.constructor, BUILT_IN)) return this.compute(x, context)
      return internalScope(() => this.compute(x, context))
    } catch (error) {
      throw withLayer(error, this.label)
    }
  }

  /** A parameter filled by an initialiser, from the default generator. */
  protected parameter(shape: Shape, initializer: InitializerName): Parameter {
    const values = initialize(initializer, shape, defaultGenerator())
    return new Parameter(fromCold(values, shape, 'float32'))
  }
}

/** Number of features: the size of the last axis. */
export const lastOf = (shape: Shape): number => shape[shape.length - 1]

/** Adds the layer to the error's text, once per layer on the way out: the innermost stands last. */
export function withLayer(error: unknown, label: string): unknown {
  if (error instanceof TensorloomError) error.enterLayer(label)
  return error
}

/** `[batch, 10, features]`: a shape without its batch axis, as errors print it. */
export const describeShape = (shape: Shape): string =>
  formatBatchShape(shape.map(size => (size === UNKNOWN ? 'any' : String(size))))

const formatBatchShape = (sizes: readonly string[]): string => `[${['batch', ...sizes].join(', ')}]`

/** Number of numbers in some parameters. */
export const countOf = (parameters: Iterable<Parameter>): number => {
  let count = 0
  for (const parameter of parameters) count += sizeOf(parameter.shape)
  return count
}
