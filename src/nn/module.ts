import { BuildError, DTypeError, ShapeError, ValueError } from '../errors.ts'
import { assign } from '../ops/detach.ts'
import { requireTensor } from '../ops/operand.ts'
import { formatShape, sameShape, type Shape } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { ModuleBuffer } from './buffer.ts'
import { graphApply } from './graph/part.ts'
import type { SymbolicContext, SymbolicOf, SymbolicTensor } from './graph/symbolic.ts'
import { withoutInitializers } from './initializers.ts'
import { Parameter } from './parameter.ts'

/** What travels along with the data from layer to layer. */
export interface ForwardContext {
  /** bool or int32 [batch, time]: 0 where a step is padding. */
  readonly mask?: Tensor | null
}

/** Tensors by dotted name, e.g. `lstm.kernel`. */
export type StateDict = Map<string, Tensor>

/** What layers learn their sizes from when a state is loaded into a model that has not met a batch yet. */
export type SavedShapes = ReadonlyMap<string, { readonly shape: Shape }>

/**
 * A part of a model: a plain class whose fields are parameters, buffers and other modules, with a `forward`.
 *
 * Modules start in training mode; `fit` and `load` leave them in evaluation mode.
 *
 * @example
 * class Residual extends Module {
 *   readonly inner = dense({ units: 8, inputSize: 8, activation: 'relu' })
 *   forward(x: Tensor): Tensor {
 *     return x.add(this.inner.forward(x))
 *   }
 * }
 */
export abstract class Module<Result = Tensor> {
  /** Whether dropout and the like are active. */
  training = true
  private isTrainable = true

  abstract forward(x: Tensor, context?: ForwardContext): Result

  /** What its class says in a static `className`, which outlives bundlers and minifiers; else the class's name. */
  get className(): string {
    const { constructor: kind } = this
    return 'className' in kind && Object.hasOwn(kind, 'className') ? String(kind.className) : kind.name
  }

  /** Whether the parameters are trained; see the setter. */
  get trainable(): boolean {
    return this.isTrainable
  }

  /**
   * False freezes the module and all modules in it: their parameters get no gradient, optimizers leave them alone, and
   * BatchNormalization uses its moving statistics. True thaws them.
   *
   * @example model.layers[0].trainable = false
   */
  set trainable(trainable: boolean) {
    this.isTrainable = trainable
    for (const [, child] of this.children()) {
      if (child instanceof Module) child.trainable = trainable
      else if (child instanceof Parameter) {
        child.requiresGrad = trainable
        if (!trainable) child.grad = null
      }
    }
  }

  /**
   * Uses the module in a graph of layers: what comes of `x`, without numbers. Applied again, it shares its parameters.
   * `context` hands it symbolic tensors besides, as `forward` takes them: `{ initialState: { h, c } }`.
   *
   * @throws ShapeError when the shapes do not fit; ValueError for anything but symbolic tensors
   * @example const hidden = dense({ units: 8 }).apply(input({ shape: [4] }))
   */
  apply(x: SymbolicTensor | readonly SymbolicTensor[], context: SymbolicContext = {}): SymbolicOf<Result> {
    return graphApply.required(this, this.pathName, x, context) as SymbolicOf<Result>
  }

  /** What errors call it. */
  protected get pathName(): string {
    return this.className
  }

  /** Shapes of the outputs (of one example) for inputs of these shapes; null where only running it tells. */
  outputShapes(_inputs: readonly (Shape | null)[]): readonly (Shape | null)[] {
    return [null]
  }

  /** Creates the parameters that inputs of these shapes call for. */
  buildFor(_inputs: readonly (Shape | null)[]): void {}

  /** Whether `forward` gives a list of tensors. */
  get givesList(): boolean {
    return false
  }

  /** What `apply` may hand it besides its input; null: anything. */
  get contextNames(): readonly string[] | null {
    return null
  }

  /** Makes stateful layers in it begin anew. */
  resetState(): void {
    for (const [, child] of this.children()) if (child instanceof Module) child.resetState()
  }

  /** The modules, parameters and buffers held in fields (and in arrays in fields), with their names. */
  protected children(): [string, Module<unknown> | Parameter][] {
    const found: [string, Module<unknown> | Parameter][] = []
    for (const [name, value] of Object.entries(this)) {
      if (isChild(value)) found.push([name, value])
      else if (Array.isArray(value)) {
        value.forEach((item, i) => {
          if (isChild(item)) found.push([`${name}.${i}`, item])
        })
      }
    }
    return found
  }

  /** Throws a BuildError while sizes are still unknown. */
  protected requireBuilt(_what: string): void {}

  /**
   * All parameters by dotted name; one that is shared appears once, under its first name.
   * @throws BuildError while input sizes are unknown
   */
  namedParameters(): Map<string, Parameter> {
    this.requireBuilt('parameters()')
    return this.collect(Parameter, child => child.namedParameters())
  }

  /** All buffers by dotted name: what belongs to the state and is not trained, such as moving statistics. */
  namedBuffers(): Map<string, ModuleBuffer> {
    this.requireBuilt('buffers')
    return this.collect(ModuleBuffer, child => child.namedBuffers())
  }

  /** Parameters, then buffers, by dotted name: the tensors behind `stateDict`. */
  namedState(): Map<string, Tensor> {
    return new Map([...this.namedParameters(), ...this.namedBuffers()])
  }

  private collect(
    kind: typeof Parameter | typeof ModuleBuffer,
    within: (child: Module<unknown>) => ReadonlyMap<string, Tensor>,
  ): Map<string, Tensor> {
    const result = new Map<string, Tensor>()
    const seen = new Set<Tensor>()
    const add = (name: string, tensor: Tensor): void => {
      if (seen.has(tensor)) return
      seen.add(tensor)
      result.set(name, tensor)
    }
    for (const [name, child] of this.children()) {
      if (child instanceof Module) for (const [path, tensor] of within(child)) add(`${name}.${path}`, tensor)
      else if (child instanceof kind) add(name, child)
    }
    return result
  }

  /** All modules inside, by dotted name, this one first under the name ''. */
  namedModules(): Map<string, Module<unknown>> {
    const found = new Map<string, Module<unknown>>([['', this]])
    for (const [name, child] of this.children()) {
      if (!(child instanceof Module)) continue
      for (const [path, module] of child.namedModules())
        found.set(path === '' ? name : `${name}.${path}`, module)
    }
    return found
  }

  /** Creates missing parameters in a state's shapes; `undo` takes what brings the module back to where it was. */
  protected buildFrom(state: SavedShapes, prefix: string, undo: (() => void)[]): void {
    for (const [name, child] of this.children())
      if (child instanceof Module) child.buildFrom(state, `${prefix}${name}.`, undo)
  }

  /** All parameters, in the order of their names' declaration. */
  parameters(): Parameter[] {
    return [...this.namedParameters().values()]
  }

  /** A copy of all parameters and buffers by name: what `loadStateDict` takes. */
  stateDict(): StateDict {
    const state: StateDict = new Map()
    for (const [name, tensor] of this.namedState()) {
      state.set(name, fromCold(tensor.values(), tensor.shape, tensor.dtype))
    }
    return state
  }

  /**
   * Overwrites all parameters and buffers; a model that has not met a batch yet is built from the state's shapes.
   * Everything is checked first: on an error nothing has changed.
   *
   * @throws ValueError for missing or unknown names; ShapeError for a shape that differs; DTypeError for other than
   *   float32 tensors; BuildError where the shapes do not tell the input size
   */
  loadStateDict(state: ReadonlyMap<string, Tensor>): void {
    const undo: (() => void)[] = []
    try {
      for (const [name, value] of state) requireTensor(`loadStateDict "${name}"`, value)
      withoutInitializers(() => this.buildFrom(state, '', undo))
      this.checkState(state)
    } catch (error) {
      for (const step of undo) step()
      throw error
    }
    for (const [name, tensor] of this.namedState()) assign(tensor, state.get(name) as Tensor)
  }

  /** Refuses a state that does not fit the parameters. */
  private checkState(state: ReadonlyMap<string, Tensor>): void {
    const parameters = this.namedState()
    const missing = [...parameters.keys()].filter(name => !state.has(name))
    const unknown = [...state.keys()].filter(name => !parameters.has(name))
    if (missing.length > 0 || unknown.length > 0) {
      const list = (names: string[]): string => names.map(name => `"${name}"`).join(', ') || 'none'
      throw new ValueError({
        operation: 'loadStateDict',
        problem: `needs exactly the model's names; missing: ${list(missing)}; unknown: ${list(unknown)}.`,
        hint: 'compare with model.stateDict().keys(); layer names count too.',
      })
    }
    for (const [name, parameter] of parameters) {
      const value = state.get(name) as Tensor
      if (!sameShape(value.shape, parameter.shape)) {
        throw new ShapeError({
          operation: `loadStateDict "${name}"`,
          problem: `needs ${formatShape(parameter.shape)}, got ${formatShape(value.shape)}.`,
          hint: 'build the model with the sizes that the state was saved with.',
          shapes: [parameter.shape, value.shape],
        })
      }
      if (value.dtype !== parameter.dtype) {
        throw new DTypeError({
          operation: `loadStateDict "${name}"`,
          problem: `needs ${parameter.dtype}, got ${value.dtype}.`,
          dtypes: [parameter.dtype, value.dtype],
        })
      }
    }
  }

  /** Switches dropout and the like on. */
  train(): this {
    return this.setTraining(true)
  }

  /** Switches dropout and the like off. */
  eval(): this {
    return this.setTraining(false)
  }

  private setTraining(training: boolean): this {
    this.training = training
    for (const [, child] of this.children()) if (child instanceof Module) child.setTraining(training)
    return this
  }

  /** Forgets every parameter's gradient. */
  zeroGrad(): void {
    for (const [, child] of this.children()) {
      if (child instanceof Module) child.zeroGrad()
      else child.grad = null
    }
  }
}

const isChild = (value: unknown): value is Module<unknown> | Parameter =>
  value instanceof Module || value instanceof Parameter || value instanceof ModuleBuffer

/** The error for anything that needs parameters before they exist. */
export const notBuilt = (operation: string, what: string): BuildError =>
  new BuildError({
    operation,
    problem: `cannot give ${what} yet: its input size is unknown.`,
    hint: 'give the first layer an inputSize (or the model an inputShape), or run a batch through it first.',
  })
