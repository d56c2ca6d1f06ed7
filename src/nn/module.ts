import { BuildError, ShapeError, ValueError } from '../errors.ts'
import { assign } from '../ops/detach.ts'
import { formatShape, sameShape } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { Parameter } from './parameter.ts'

/** What travels along with the data from layer to layer. */
export interface ForwardContext {
  /** bool or int32 [batch, time]: 0 where a step is padding. */
  readonly mask?: Tensor | null
}

/** Tensors by dotted name, e.g. `lstm.kernel`. */
export type StateDict = Map<string, Tensor>

/**
 * A part of a model: a plain class whose fields are parameters and other modules, with a `forward`.
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

  abstract forward(x: Tensor, context?: ForwardContext): Result

  /** The modules and parameters held in fields (and in arrays in fields), with their names. */
  protected children(): [string, Module<unknown> | Parameter][] {
    const found: [string, Module<unknown> | Parameter][] = []
    for (const [name, value] of Object.entries(this)) {
      if (value instanceof Module || value instanceof Parameter) found.push([name, value])
      else if (Array.isArray(value)) {
        value.forEach((item, i) => {
          if (item instanceof Module || item instanceof Parameter) found.push([`${name}.${i}`, item])
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
    const result = new Map<string, Parameter>()
    const seen = new Set<Parameter>()
    for (const [name, child] of this.children()) {
      const inner: Iterable<[string, Parameter]> =
        child instanceof Parameter
          ? [[name, child]]
          : [...child.namedParameters()].map(([path, parameter]) => [`${name}.${path}`, parameter])
      for (const [path, parameter] of inner) {
        if (seen.has(parameter)) continue
        seen.add(parameter)
        result.set(path, parameter)
      }
    }
    return result
  }

  /** All parameters, in the order of their names' declaration. */
  parameters(): Parameter[] {
    return [...this.namedParameters().values()]
  }

  /** A copy of all parameters by name: what `loadStateDict` takes. */
  stateDict(): StateDict {
    const state: StateDict = new Map()
    for (const [name, parameter] of this.namedParameters()) {
      state.set(name, fromCold(parameter.values(), parameter.shape, parameter.dtype))
    }
    return state
  }

  /**
   * Overwrites all parameters. Everything is checked first: on an error nothing has changed.
   *
   * @throws ValueError for missing or unknown names; ShapeError for a shape that differs
   */
  loadStateDict(state: ReadonlyMap<string, Tensor>): void {
    const parameters = this.namedParameters()
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
          shapes: [parameter.shape, value.shape],
        })
      }
    }
    for (const [name, parameter] of parameters) assign(parameter, state.get(name) as Tensor)
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

  /** Sets every parameter's gradient to null. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.gradient = null
  }
}

/** The error for anything that needs parameters before they exist. */
export const notBuilt = (operation: string, what: string): BuildError =>
  new BuildError({
    operation,
    problem: `cannot give ${what} yet: its input size is unknown.`,
    hint: 'give the first layer an inputSize (or the model an inputShape), or run a batch through it first.',
  })
