import { internalScope, userScope } from '../autodiff/mode.ts'
import { BuildError, ValueError } from '../errors.ts'
import { BUILT_IN, Layer } from '../nn/layer.ts'
import { type ForwardContext, Module, notBuilt } from '../nn/module.ts'
import type { Parameter } from '../nn/parameter.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Model, type Prediction } from './model.ts'

export interface SequentialOptions {
  /** Shape of one example, so that parameters exist before the first batch: [100] for 100 ids. */
  readonly inputShape?: Shape
  readonly name?: string
}

/** A layer that can give what its activation is computed of. */
type WithLogits = Layer & { logits(x: Tensor): Tensor; readonly activation: string }

/** Any layer that gives one tensor. */
export type AnyLayer = Layer<never, number | 'same', Tensor> | Module<Tensor>

const isLayer = (layer: AnyLayer): layer is Layer => layer instanceof Layer
const isBuiltIn = (layer: AnyLayer): boolean =>
  Object.hasOwn(layer.constructor, BUILT_IN) || layer instanceof Sequential

/** `LSTM` → `lstm`, `BatchNormalization` → `batch_normalization` as in Keras. */
const defaultName = (layer: AnyLayer): string => {
  const name = isLayer(layer) ? layer.className : layer.constructor.name
  return name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()
}

/**
 * A model whose layers follow each other.
 *
 * @example
 * const model = new Sequential()
 * model.add(dense({ units: 8, activation: 'relu' }))
 * model.add(dense({ units: 1 }))
 */
export class Sequential extends Model {
  readonly layers: AnyLayer[] = []
  private readonly names: string[] = []
  /** Shape of one example, given or learnt from the first batch. */
  inputShape: Shape | null

  constructor(layers: readonly AnyLayer[] = [], options: SequentialOptions = {}) {
    super(options.name ?? 'sequential')
    this.inputShape = options.inputShape ?? null
    for (const layer of layers) this.add(layer)
    if (this.inputShape !== null) this.build(this.inputShape)
  }

  /**
   * Appends a layer.
   * @throws ValueError for anything but a layer, and for a name that is taken
   */
  add(layer: AnyLayer): this {
    if (!(layer instanceof Module)) {
      throw new ValueError({
        operation: 'Sequential.add',
        problem: `takes layers, got ${layer === null ? 'null' : typeof layer}.`,
        hint: 'for example dense({ units: 10 }).',
      })
    }
    if (this.layers.includes(layer)) {
      throw new ValueError({
        operation: 'Sequential.add',
        problem: `already has this ${defaultName(layer)} layer.`,
        hint: 'make a second one; to share weights, write a Module that calls it twice.',
      })
    }
    const given = isLayer(layer) ? layer.name : ''
    if (given !== '' && this.names.includes(given)) {
      throw new ValueError({ operation: 'Sequential.add', problem: `already has a layer named "${given}".` })
    }
    const name = given === '' ? this.freeName(defaultName(layer)) : given
    if (isLayer(layer)) layer.name = name
    this.layers.push(layer)
    this.names.push(name)
    const { inputShape } = this
    if (inputShape !== null && this.layers.length > 1) this.build(inputShape)
    return this
  }

  private freeName(base: string): string {
    if (!this.names.includes(base)) return base
    let i = 1
    while (this.names.includes(`${base}_${i}`)) i++
    return `${base}_${i}`
  }

  /** Layers with their names, in order. */
  namedLayers(): readonly (readonly [string, AnyLayer])[] {
    return this.layers.map((layer, i) => [this.names[i], layer] as const)
  }

  protected override children(): [string, Module<unknown> | Parameter][] {
    return this.layers.map((layer, i) => [this.names[i], layer])
  }

  /** Creates the parameters of all layers, for examples of this shape. */
  build(inputShape: Shape): void {
    let shape = inputShape
    for (const layer of this.layers) {
      if (!isLayer(layer)) {
        if (layer instanceof Sequential) layer.build(shape)
        const output = layer instanceof Sequential ? layer.outputShape(shape) : null
        // What a Module of the user's own makes of a shape is known only when it runs.
        if (output === null) return
        shape = output
        continue
      }
      layer.build(shape)
      shape = layer.outputShape(shape)
    }
  }

  /** Shape of an output example; null where a layer of the user's own decides. */
  outputShape(inputShape: Shape): Shape | null {
    let shape: Shape | null = inputShape
    for (const layer of this.layers) {
      if (shape === null) return null
      if (isLayer(layer)) shape = layer.outputShape(shape)
      else shape = layer instanceof Sequential ? layer.outputShape(shape) : null
    }
    return shape
  }

  protected override requireBuilt(what: string): void {
    if (this.layers.some(layer => isLayer(layer) && !layer.built))
      throw notBuilt(`Sequential "${this.name}"`, what)
  }

  /** Builds from the shapes of a state dict where the model has not met a batch yet. */
  override loadStateDict(state: ReadonlyMap<string, Tensor>): void {
    for (const [name, layer] of this.namedLayers()) {
      if (!isLayer(layer) || layer.built) continue
      const kernel = state.get(`${name}.kernel`)
      if (kernel !== undefined)
        layer.build(layer.className === 'LSTM' ? [-1, kernel.shape[0]] : [kernel.shape[0]])
    }
    super.loadStateDict(state)
  }

  override forward(x: Tensor, context: ForwardContext = {}): Tensor {
    const output = internalScope(() => this.run(x, context, this.layers.length))
    this.inputShape ??= x.shape.slice(1)
    return output
  }

  /** Runs the first `count` layers. */
  private run(x: Tensor, context: ForwardContext, count: number): Tensor {
    if (this.layers.length === 0) {
      throw new BuildError({
        operation: `Sequential "${this.name}"`,
        problem: 'has no layers.',
        hint: 'add() some, or pass them to sequential().',
      })
    }
    let value = x
    let mask = context.mask ?? null
    for (let i = 0; i < count; i++) {
      const layer = this.layers[i]
      const input = value
      value = isBuiltIn(layer)
        ? layer.forward(input, { mask })
        : userScope([input], () => layer.forward(input, { mask }))
      if (mask !== null || isLayer(layer)) mask = isLayer(layer) ? layer.maskFor(input, mask) : mask
    }
    return value
  }

  /** The output; as logits where the last layer's activation is `activation` and can be left to the loss. */
  override predictionFor(x: Tensor, activation: 'sigmoid' | 'softmax' | null): Prediction {
    const last = this.layers[this.layers.length - 1]
    if (activation === null || last === undefined || !givesLogits(last) || last.activation !== activation) {
      return { output: this.forward(x), isLogits: false }
    }
    const output = internalScope(() => {
      const input = this.run(x, {}, this.layers.length - 1)
      last.build(input.shape.slice(1))
      last.outputShape(input.shape.slice(1))
      return last.logits(input)
    })
    this.inputShape ??= x.shape.slice(1)
    return { output, isLogits: true }
  }
}

const givesLogits = (layer: AnyLayer): layer is WithLogits =>
  isBuiltIn(layer) && 'logits' in layer && 'activation' in layer

/**
 * A model whose layers follow each other; sizes that do not fit are compile errors where the types know them.
 *
 * @example
 * const model = sequential(
 *   embedding({ inputDim: 10000, outputDim: 64 }),
 *   lstm({ units: 64 }),
 *   dense({ units: 1, activation: 'sigmoid' }),
 * )
 */
export const sequential = (...layers: readonly AnyLayer[]): Sequential => new Sequential(layers)
