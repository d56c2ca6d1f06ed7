import { internalScope } from '../autodiff/mode.ts'
import { BuildError, ShapeError, ValueError } from '../errors.ts'
import { requireTensor } from '../ops/operand.ts'
import { defaultGenerator } from '../tensor/random.ts'
import { formatShape, type Shape } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { type InitializerLike, initialize } from './initializers.ts'
import { ModuleBuffer } from './buffer.ts'
import { type ForwardContext, Module, notBuilt, type SavedShapes } from './module.ts'
import type { Applied, SymbolicContext, SymbolicOf, SymbolicTensor } from './graph/symbolic.ts'
import { Parameter } from './parameter.ts'
import { inLayer } from './path.ts'
import { checkRules, holdTo } from './rules.ts'

export { inLayer }

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
 *
 * @example
 * class Scale extends Layer<number, 'same'> {
 *   declare factor: Parameter
 *   outputShape(inputShape: Shape): Shape { return inputShape }
 *   protected createParameters(inputShape: Shape): void { this.factor = new Parameter(ones(inputShape)) }
 *   protected compute(x: Tensor): Tensor { return x.mul(this.factor) }
 * }
 */
export abstract class Layer<
  Accepts extends number = number,
  Gives extends number | 'same' = number,
  Result extends Tensor | readonly Tensor[] = Tensor,
> extends Module<Result> {
  /**
   * Only types: what `sequential` compares. A method, because parameters of methods are compared in both directions,
   * and an unknown size (number) must fit a known one.
   */
  lastAxis?(inputSize: Accepts): Gives
  /** Class name in summaries and saved models. */
  static readonly className: string = 'Layer'
  /** Unique within a model; `Sequential` gives one to layers that have none. */
  name: string
  private isBuilt = false
  /** Fields that `createParameters` filled. */
  private created: readonly string[] = []

  constructor(options: LayerOptions = {}) {
    super()
    const name: unknown = options?.name ?? ''
    if (typeof name !== 'string' || name.includes('.')) {
      throw new ValueError({
        operation: this.className,
        problem: `needs a name without dots, got ${typeof name === 'string' ? `"${name}"` : typeof name}.`,
        hint: 'dots separate the names of layers in the names of parameters.',
        argument: 'name',
        received: name,
      })
    }
    this.name = name
    if (Object.hasOwn(new.target, BUILT_IN)) checkRules(this.className, options)
  }

  override get className(): string {
    const { className, name } = this.constructor as typeof Layer & { readonly name: string }
    return className === Layer.className ? name : className
  }

  /** Whether all parameters exist: always, for a layer that creates none. */
  get built(): boolean {
    return this.isBuilt || this.createParameters === Layer.prototype.createParameters
  }

  /** `Dense "hidden"`, as errors call it. */
  get label(): string {
    return this.name === '' ? this.className : `${this.className} "${this.name}"`
  }

  /** Shape of the output without the batch axis, from that of the input. Throws a ShapeError for a bad input. */
  abstract outputShape(inputShape: Shape): Shape

  override outputShapes([shape]: readonly (Shape | null)[]): readonly (Shape | null)[] {
    return [shape === null ? null : this.outputShape(shape)]
  }

  override buildFor([shape]: readonly (Shape | null)[]): void {
    if (shape !== null) this.build(shape)
  }

  override apply<Size extends number = number>(
    x: SymbolicTensor<Size> & SymbolicTensor<Accepts>,
    context?: SymbolicContext,
  ): Applied<Result, Gives extends number ? Gives : Size>
  override apply(
    x: SymbolicTensor | readonly SymbolicTensor[],
    context?: SymbolicContext,
  ): SymbolicOf<Result> {
    return super.apply(x, context)
  }

  protected override get pathName(): string {
    return this.label
  }

  override get contextNames(): readonly string[] | null {
    // A layer of the user's own knows best.
    return Object.hasOwn(this.constructor, BUILT_IN) ? [] : null
  }

  /** Creates the parameters for inputs of this shape (without the batch axis). */
  protected createParameters(_inputShape: Shape): void {}

  /** The layer's work: x and everything it computes is checked and built. */
  protected abstract compute(x: Tensor, context: ForwardContext): Result

  /** The mask that the next layer gets. */
  maskFor(_x: Tensor, mask: Tensor | null): Tensor | null {
    return mask
  }

  /** The masks that go on with each output, for the inputs' values and masks. */
  masksFor(values: readonly Tensor[], masks: readonly (Tensor | null)[]): readonly (Tensor | null)[] {
    return [this.maskFor(values[0], masks[0])]
  }

  /** The options, as JSON. */
  config(): LayerConfig {
    return { name: this.name }
  }

  /** Creates the parameters, if not yet done. */
  build(inputShape: Shape): void {
    if (this.isBuilt) return
    this.outputShape(inputShape)
    const before = new Map<string, unknown>(Object.entries(this))
    try {
      this.createParameters(inputShape)
      this.isBuilt = true
      // What was frozen before it existed.
      if (!this.trainable) this.trainable = false
    } finally {
      this.created = Object.entries(this)
        .filter(([field, value]) => isState(value) && before.get(field) !== value)
        .map(([field]) => field)
      if (!this.isBuilt) this.unbuild()
    }
  }

  /** Forgets the parameters that `build` created: the shape turned out to be wrong. */
  unbuild(): void {
    for (const field of this.created) Reflect.deleteProperty(this, field)
    this.created = []
    this.isBuilt = false
  }

  /** Shape of an input example, read from the shapes of saved parameters; null where they do not tell. */
  protected inputShapeFrom(_shapeOf: (parameter: string) => Shape | undefined): Shape | null {
    return null
  }

  protected override buildFrom(state: SavedShapes, prefix: string, undo: (() => void)[]): void {
    super.buildFrom(state, prefix, undo)
    if (this.built) return
    const inputShape = this.inputShapeFrom(parameter => state.get(`${prefix}${parameter}`)?.shape)
    if (inputShape === null) return
    undo.push(() => this.unbuild())
    this.build(inputShape)
  }

  protected override requireBuilt(what: string): void {
    if (!this.built) throw notBuilt(this.label, what)
  }

  forward(x: Tensor, context: ForwardContext = {}): Result {
    return inLayer(this.label, () => this.checked(x, () => this.compute(x, context)), this, x)
  }

  /** Checks the input, builds if necessary, and computes. */
  protected checked<T extends Tensor | readonly Tensor[]>(x: Tensor, compute: () => T): T {
    requireTensor(this.label, x)
    if (x.rank === 0) {
      throw new ShapeError({
        operation: this.label,
        problem: `needs a batch axis first, got the shape ${formatShape(x.shape)}.`,
        hint: 'wrap a single example: expandDims(x, {axis: 0}).',
        shapes: [x.shape],
      })
    }
    const features = x.shape.slice(1)
    const wasBuilt = this.isBuilt
    if (wasBuilt) this.outputShape(features)
    else this.build(features)
    try {
      return this.scoped(compute)
    } catch (error) {
      // The input was bad, and so perhaps the size that it taught.
      if (!wasBuilt) this.unbuild()
      throw error
    }
  }

  /** Runs the layer's code; the library's own layers leave nothing behind. */
  protected scoped<T extends Tensor | readonly Tensor[]>(compute: () => T): T {
    return Object.hasOwn(this.constructor, BUILT_IN) ? internalScope(compute) : compute()
  }

  /**
   * A parameter filled by an initialiser, from the default generator.
   * @param rules options of which `kernelRegularizer` and `kernelConstraint`, for the name `kernel`, hold it
   */
  protected parameter(
    shape: Shape,
    initializer: InitializerLike,
    rules?: readonly [options: object, name: string],
  ): Parameter {
    if (shape.some(size => size < 0)) {
      throw new BuildError({
        operation: this.label,
        problem: `needs a parameter ${formatShape(shape)}, but a size is unknown (-1).`,
        hint: 'give the size in the inputShape, or let the first batch tell.',
      })
    }
    const values = initialize(initializer, shape, defaultGenerator())
    const parameter = new Parameter(fromCold(values, shape, 'float32'))
    return rules === undefined ? parameter : holdTo(parameter, ...rules)
  }
}

/** What `createParameters` may make. */
const isState = (value: unknown): boolean =>
  value instanceof Parameter || value instanceof ModuleBuffer || value instanceof Module

/** Number of features: the size of the last axis. */
export const lastOf = (shape: Shape): number => shape[shape.length - 1]

/** `[batch, 10, features]`: a shape without its batch axis, as errors print it. */
export const describeShape = (shape: Shape): string =>
  `[${['batch', ...shape.map(size => (size === UNKNOWN ? 'any' : String(size)))].join(', ')}]`
