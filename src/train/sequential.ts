import { internalScope } from '../autodiff/mode.ts'
import { BuildError, DTypeError, ShapeError, ValueError } from '../errors.ts'
import { BUILT_IN, inLayer, Layer, UNKNOWN } from '../nn/layer.ts'
import { type ForwardContext, Module, notBuilt } from '../nn/module.ts'
import { refuseUnknown } from '../nn/options.ts'
import type { Parameter } from '../nn/parameter.ts'
import { requireTensor } from '../ops/operand.ts'
import { formatShape, type Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { SequentialFactory } from './sequential-types.ts'
import { Model, type OutputActivation, type Prediction } from './model.ts'
import { defaultName, type Flow, freeName, isBuiltIn, runLayer } from './run-layer.ts'

export interface SequentialOptions {
  /** Shape of one example, so that parameters exist before the first batch: [100] for 100 ids. */
  readonly inputShape?: Shape
  readonly name?: string
}

/** A layer that can give what its activation is computed of. */
type WithLogits = Layer & { forwardLogits(x: Tensor): Tensor; readonly activation: string }

/** Any layer that gives one tensor. */
export type AnyLayer = Layer<never, number | 'same', Tensor> | Module<Tensor>

const isLayer = (layer: AnyLayer): layer is Layer => layer instanceof Layer

/**
 * A model whose layers follow each other.
 *
 * @example
 * const model = new Sequential()
 * model.add(dense({ units: 8, activation: 'relu' }))
 * model.add(dense({ units: 1 }))
 */
export class Sequential extends Model {
  static readonly className: string = 'Sequential'
  static readonly [BUILT_IN] = true
  readonly layers: AnyLayer[] = []
  private readonly names: string[] = []
  /** Shape of one example, given or learnt from the first batch. */
  inputShape: Shape | null = null

  constructor(layers: readonly AnyLayer[] = [], options: SequentialOptions = {}) {
    refuseUnknown('Sequential', options, ['name', 'inputShape'])
    super(options.name ?? 'sequential')
    for (const layer of layers) this.add(layer)
    const { inputShape = null } = options
    if (inputShape === null) return
    checkExampleShape(inputShape)
    this.build(inputShape)
    this.inputShape = inputShape
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
    if (layer === this) {
      throw new ValueError({ operation: 'Sequential.add', problem: 'cannot take the model itself.' })
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
    const name = given === '' ? freeName(defaultName(layer), each => this.names.includes(each)) : given
    if (this.inputShape !== null) {
      // Built before it is appended: a layer that does not fit leaves the model as it was.
      const shape = this.outputShape(this.inputShape)
      if (shape !== null) {
        shapeAfter(layer, shape)
        buildLayer(layer, shape)
      }
    }
    if (isLayer(layer)) layer.name = name
    this.layers.push(layer)
    this.names.push(name)
    this.forgetOptimizer()
    return this
  }

  /** Layers with their names, in order. */
  namedLayers(): readonly (readonly [string, AnyLayer])[] {
    return this.layers.map((layer, i) => [this.names[i], layer] as const)
  }

  protected override children(): [string, Module<unknown> | Parameter][] {
    return this.layers.map((layer, i) => [this.names[i], layer])
  }

  private get label(): string {
    return `Sequential "${this.name}"`
  }

  protected override get pathName(): string {
    return this.label
  }

  override outputShapes([shape]: readonly (Shape | null)[]): readonly (Shape | null)[] {
    return [shape === null ? null : this.outputShapeOf(shape)]
  }

  override buildFor([shape]: readonly (Shape | null)[]): void {
    if (shape === null) return
    this.buildLayers(shape)
    this.inputShape ??= shape
  }

  override get contextNames(): readonly string[] {
    return []
  }

  /**
   * Creates the parameters of all layers, for examples of this shape.
   * @throws ShapeError, before anything is created, when the layers do not fit each other
   */
  build(inputShape: Shape): void {
    inLayer(this.label, () => {
      this.outputShapeOf(inputShape)
      this.buildLayers(inputShape)
    })
  }

  private buildLayers(inputShape: Shape): void {
    let shape: Shape | null = inputShape
    for (const layer of this.layers) {
      // What a Module of the user's own makes of a shape is known only when it runs.
      if (shape === null) return
      buildLayer(layer, shape)
      shape = shapeAfter(layer, shape)
    }
  }

  /**
   * Shape of an output example; null where a layer of the user's own decides.
   * @throws ShapeError when the layers do not fit each other
   */
  outputShape(inputShape: Shape): Shape | null {
    return inLayer(this.label, () => this.outputShapeOf(inputShape))
  }

  private outputShapeOf(inputShape: Shape): Shape | null {
    let shape: Shape | null = inputShape
    for (const layer of this.layers) if (shape !== null) shape = shapeAfter(layer, shape)
    return shape
  }

  protected override requireBuilt(what: string): void {
    if (this.layers.some(layer => isLayer(layer) && !layer.built)) throw notBuilt(this.label, what)
  }

  override forward(x: Tensor, context: ForwardContext = {}): Tensor {
    const [{ value }] = this.flow([{ value: x, mask: context.mask ?? null }])
    return value
  }

  /** The output, and the mask that goes on from here. */
  flow([{ value: x, mask }]: readonly Flow[]): readonly Flow[] {
    const [value, goesOn = null] = this.learning(x, () =>
      internalScope(() => {
        const flow = this.run(x, mask, this.layers.length)
        return flow.mask === null ? [flow.value] : [flow.value, flow.mask]
      }),
    )
    return [{ value, mask: goesOn }]
  }

  /** Builds all layers for the first input. If that turns out to be bad, the next one may have another shape. */
  private learning<T>(x: Tensor, body: () => T): T {
    return inLayer(this.label, () => {
      requireTensor(this.label, x)
      if (this.inputShape !== null || x.rank === 0) return body()
      const inputShape = x.shape.slice(1)
      const unbuilt = this.unbuiltLayers()
      try {
        this.outputShapeOf(inputShape)
        this.buildLayers(inputShape)
        const result = body()
        this.inputShape = inputShape
        return result
      } catch (error) {
        for (const layer of unbuilt) layer.unbuild()
        throw error
      }
    })
  }

  private unbuiltLayers(): Layer[] {
    return this.layers.flatMap(layer => {
      if (layer instanceof Sequential) return layer.unbuiltLayers()
      return isLayer(layer) && !layer.built ? [layer] : []
    })
  }

  /** Runs the first `count` layers. */
  private run(x: Tensor, mask: Tensor | null, count: number): Flow {
    if (this.layers.length === 0) {
      throw new BuildError({
        operation: this.label,
        problem: 'has no layers.',
        hint: 'add() some, or pass them to sequential().',
      })
    }
    let flow: Flow = { value: x, mask }
    for (let i = 0; i < count; i++) {
      flow = requireOne(this.names[i], runLayer(this.layers[i], this.names[i], [flow]))
    }
    return flow
  }

  /** The output; as logits where the last layer's activation is `activation` and can be left to the loss. */
  override predictionsFor(
    inputs: readonly Tensor[],
    [activation]: readonly OutputActivation[],
  ): readonly Prediction[] {
    const last = this.layers[this.layers.length - 1]
    const isOverridden = this.forward !== Sequential.prototype.forward
    if (isOverridden) return super.predictionsFor(inputs, [activation])
    const [x] = inputs
    if (activation === null || last === undefined || !givesLogits(last, activation)) {
      const [{ value, mask }] = this.flow([{ value: x, mask: null }])
      return [{ output: value, mask, isLogits: false }]
    }
    const [output, mask = null] = this.learning(x, () =>
      internalScope(() => {
        const before = this.run(x, null, this.layers.length - 1)
        const logits = last.forwardLogits(before.value)
        const after = last.maskFor(before.value, before.mask)
        return after === null ? [logits] : [logits, after]
      }),
    )
    return [{ output, mask, isLogits: true }]
  }
}

const givesLogits = (layer: AnyLayer, activation: string): layer is WithLogits =>
  isBuiltIn(layer) && 'forwardLogits' in layer && 'activation' in layer && layer.activation === activation

/** Shape after a layer; null where only running it tells. */
function shapeAfter(layer: AnyLayer, shape: Shape): Shape | null {
  if (isLayer(layer)) return inLayer(layer.label, () => layer.outputShape(shape))
  return layer instanceof Sequential ? layer.outputShape(shape) : null
}

function buildLayer(layer: AnyLayer, shape: Shape): void {
  if (isLayer(layer)) inLayer(layer.label, () => layer.build(shape))
  else if (layer instanceof Sequential) layer.build(shape)
}

function requireOne(name: string, flows: readonly Flow[]): Flow {
  if (flows.length === 1) return flows[0]
  throw new DTypeError({
    operation: `layer "${name}"`,
    problem: `must return one tensor here, got ${flows.length} of them.`,
    hint: 'an LSTM with returnState, and the like, belong into a graph: input(), apply(), model().',
  })
}

/** Sizes of an example: whole numbers, −1 where any will do. */
function checkExampleShape(shape: Shape): void {
  if (Array.isArray(shape) && shape.every(size => Number.isSafeInteger(size) && size >= UNKNOWN)) return
  throw new ShapeError({
    operation: 'Sequential',
    problem: `needs an inputShape of whole numbers (-1: any size), got ${Array.isArray(shape) ? formatShape(shape) : typeof shape}.`,
    hint: 'it is the shape of one example, without the batch axis: [100] for 100 ids.',
  })
}

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
export const sequential = ((...layers: readonly AnyLayer[]): Sequential =>
  new Sequential(layers)) as SequentialFactory
