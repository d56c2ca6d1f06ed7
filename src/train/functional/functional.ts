import { internalScope } from '../../autodiff/mode.ts'
import { DTypeError, ShapeError, ValueError } from '../../errors.ts'
import { mapContext } from '../../nn/graph/apply.ts'
import { type LayerCall, SymbolicTensor } from '../../nn/graph/symbolic.ts'
import { BUILT_IN, inLayer, Layer } from '../../nn/layer.ts'
import { type ForwardContext, type Module, notBuilt } from '../../nn/module.ts'
import { refuseUnknown } from '../../nn/options.ts'
import type { Parameter } from '../../nn/parameter.ts'
import { requireTensor } from '../../ops/operand.ts'
import { formatShape, type Shape } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { Model, type ModelResult, type OutputActivation, type Prediction } from '../model.ts'
import { type Flow, isBuiltIn, runLayer } from '../run-layer.ts'
import { findGraph, type Graph, readsOf } from './graph.ts'

/** What a model is made of. */
export interface FunctionalOptions {
  /** Where the graph begins, one or several; what `input` gave, or any tensor between. */
  readonly inputs: SymbolicTensor | readonly SymbolicTensor[]
  /** What the model gives, one or several. */
  readonly outputs: SymbolicTensor | readonly SymbolicTensor[]
  /** Default `model`. */
  readonly name?: string
}

/** A layer whose activation can be left to the loss. */
type WithLogits = Layer & { forwardLogits(x: Tensor): Tensor; readonly activation: string }

/** A graph of layers between inputs and outputs; see `model`. */
export class Functional<Result extends ModelResult = Tensor> extends Model<Result> {
  static readonly className: string = 'Functional'
  static readonly [BUILT_IN] = true
  readonly graph: Graph
  /** Whether the outputs were given as a list. */
  private readonly isList: boolean

  constructor(options: FunctionalOptions) {
    refuseUnknown('model', options, ['inputs', 'outputs', 'name'])
    super(options.name ?? 'model')
    const { inputs, outputs } = options
    this.isList = Array.isArray(outputs)
    this.graph = findGraph(this.pathName, listOf('inputs', inputs), listOf('outputs', outputs))
  }

  protected override get pathName(): string {
    return `Model "${this.name}"`
  }

  override get inputNames(): readonly string[] {
    return this.graph.inputNames
  }

  override get outputNames(): readonly string[] {
    return this.graph.outputNames
  }

  override get givesList(): boolean {
    return this.isList
  }

  override get contextNames(): readonly string[] {
    return []
  }

  /** Each layer once, in the order of its first use. */
  get layers(): readonly Module<unknown>[] {
    return [...this.graph.layers.values()]
  }

  /** Layers with their names, in the order of their first use. */
  namedLayers(): readonly (readonly [string, Module<unknown>])[] {
    return [...this.graph.layers]
  }

  /**
   * The layer of this name.
   * @throws ValueError where there is none
   */
  layer(name: string): Module<unknown> {
    const found = this.graph.layers.get(name)
    if (found !== undefined) return found
    throw new ValueError({
      operation: this.pathName,
      problem: `has no layer "${name}".`,
      hint: `there are ${[...this.graph.layers.keys()].join(', ')}.`,
      argument: 'name',
      received: name,
    })
  }

  /** Shape that a layer gives where it is used first; null where only running tells. */
  layerShape(name: string): Shape | null {
    const module = this.layer(name)
    return this.graph.calls.find(call => call.module === module)?.outputs[0].shape ?? null
  }

  protected override children(): [string, Module<unknown> | Parameter][] {
    return [...this.graph.layers]
  }

  protected override requireBuilt(what: string): void {
    if (this.layers.some(layer => layer instanceof Layer && !layer.built)) throw notBuilt(this.pathName, what)
  }

  /** Shapes of the outputs for inputs of these shapes. */
  override outputShapes(inputs: readonly (Shape | null)[]): readonly (Shape | null)[] {
    const shapes = new Map<SymbolicTensor, Shape | null>()
    this.graph.inputs.forEach((tensor, i) => {
      const shape = inputs[i] ?? null
      if (shape !== null) checkInput(this.inputNames[i], tensor, shape)
      shapes.set(tensor, shape)
    })
    if (inputs.length !== this.graph.inputs.length) this.refuseCount(inputs.length)
    for (const { module, inputs: reads, outputs } of this.graph.calls) {
      const after = module.outputShapes(reads.map(tensor => shapes.get(tensor) ?? null))
      outputs.forEach((tensor, i) => {
        shapes.set(tensor, after[i])
      })
    }
    return this.graph.outputs.map(tensor => shapes.get(tensor) ?? null)
  }

  override forward(x: Tensor | readonly Tensor[], context: ForwardContext = {}): Result {
    const values: readonly Tensor[] = Array.isArray(x) ? x : [x]
    const flows = values.map((value, i) => ({ value, mask: i === 0 ? (context.mask ?? null) : null }))
    const outputs = this.flow(flows).map(({ value }) => value)
    return (this.isList ? outputs : outputs[0]) as Result
  }

  /** The outputs with their masks. */
  flow(inputs: readonly Flow[]): readonly Flow[] {
    return this.run(inputs, new Set())
  }

  /** The outputs; as logits where the last layer's activation can be left to the loss. */
  override predictionsFor(
    inputs: readonly Tensor[],
    activations: readonly OutputActivation[],
  ): readonly Prediction[] {
    const asLogits = new Set<LayerCall>()
    const { outputs } = this.graph
    if (this.forward === Functional.prototype.forward) {
      outputs.forEach((tensor, i) => {
        const { call } = tensor
        if (call !== null && this.isOnlyOutput(tensor) && givesLogits(call, activations[i]))
          asLogits.add(call)
      })
    }
    if (this.forward !== Functional.prototype.forward) return super.predictionsFor(inputs, activations)
    const flows = inputs.map(value => ({ value, mask: null }))
    return this.run(flows, asLogits).map(({ value, mask }, i) => {
      const { call } = outputs[i]
      return { output: value, mask, isLogits: call !== null && asLogits.has(call) }
    })
  }

  /** Whether the tensor is one of the outputs, once, and nothing else is computed of it. */
  private isOnlyOutput(tensor: SymbolicTensor): boolean {
    const { calls, outputs } = this.graph
    const isRead = calls.some(call => readsOf(call).includes(tensor))
    return !isRead && outputs.filter(output => output === tensor).length === 1
  }

  /** Runs the graph; `asLogits` are the calls whose activation is left out. */
  private run(inputs: readonly Flow[], asLogits: ReadonlySet<LayerCall>): readonly Flow[] {
    return inLayer(this.pathName, () => {
      if (inputs.length !== this.graph.inputs.length) this.refuseCount(inputs.length)
      const flows = new Map<SymbolicTensor, Flow>()
      this.graph.inputs.forEach((tensor, i) => {
        const { value } = inputs[i]
        requireTensor(`input "${this.inputNames[i]}"`, value)
        if (value.rank > 0) checkInput(this.inputNames[i], tensor, value.shape.slice(1))
        flows.set(tensor, inputs[i])
      })
      const names = new Map(this.namedLayers().map(([name, module]) => [module, name]))
      let outputs: readonly Flow[] = []
      internalScope(() => {
        for (const call of this.graph.calls) {
          const name = names.get(call.module) ?? ''
          const reads = call.inputs.map(tensor => flowOf(flows, tensor))
          const results = asLogits.has(call)
            ? [logitsOf(call.module as WithLogits, reads[0])]
            : runLayer(
                call.module,
                name,
                reads,
                call.takesList,
                mapContext(call.context, tensor => flowOf(flows, tensor).value),
              )
          requireCount(name, call, results)
          call.outputs.forEach((tensor, i) => {
            flows.set(tensor, results[i])
          })
        }
        outputs = this.graph.outputs.map(tensor => flowOf(flows, tensor))
        return outputs.flatMap(({ value, mask }) => (mask === null ? [value] : [value, mask]))
      })
      return outputs
    })
  }

  private refuseCount(count: number): never {
    const { inputNames } = this
    throw new ValueError({
      operation: this.pathName,
      problem: `takes ${inputNames.length} ${inputNames.length === 1 ? 'tensor' : 'tensors'} (${inputNames.join(', ')}), got ${count}.`,
      hint: 'pass a list in the order of its inputs.',
      argument: 'x',
    })
  }
}

const flowOf = (flows: ReadonlyMap<SymbolicTensor, Flow>, tensor: SymbolicTensor): Flow => {
  const flow = flows.get(tensor)
  if (flow !== undefined) return flow
  throw new ValueError({ operation: 'model', problem: 'met a tensor before its layer had run.' })
}

const logitsOf = (layer: WithLogits, { value, mask }: Flow): Flow => ({
  value: layer.forwardLogits(value),
  mask: layer.maskFor(value, mask),
})

function givesLogits({ module, takesList }: LayerCall, activation: OutputActivation): boolean {
  return (
    !takesList &&
    activation !== null &&
    isBuiltIn(module) &&
    'forwardLogits' in module &&
    'activation' in module &&
    module.activation === activation
  )
}

function requireCount(name: string, { outputs }: LayerCall, results: readonly Flow[]): void {
  if (results.length === outputs.length) return
  throw new DTypeError({
    operation: `layer "${name}"`,
    problem: `must give ${outputs.length} ${outputs.length === 1 ? 'tensor' : 'tensors'}, got ${results.length}.`,
    hint: 'givesList and outputShapes of a module of your own say how many tensors it gives.',
  })
}

/** Refuses data that is not of an input's shape. */
function checkInput(name: string, { shape }: SymbolicTensor, got: Shape): void {
  if (shape === null) return
  if (
    shape.length === got.length &&
    shape.every((size, i) => size === -1 || got[i] === -1 || size === got[i])
  )
    return
  const batch = (sizes: Shape): string =>
    formatShape(sizes)
      .replace('[', sizes.length === 0 ? '[batch' : '[batch, ')
      .replaceAll('-1', 'any')
  throw new ShapeError({
    operation: `input "${name}"`,
    problem: `needs ${batch(shape)}, got ${batch(got)}.`,
    hint: 'the data must have the shape that input() was given, with the batch axis in front.',
    shapes: [shape, got],
  })
}

function listOf(
  argument: 'inputs' | 'outputs',
  tensors: SymbolicTensor | readonly SymbolicTensor[],
): readonly SymbolicTensor[] {
  const list: readonly unknown[] = Array.isArray(tensors) ? tensors : [tensors]
  const wrong = list.find(item => !(item instanceof SymbolicTensor))
  const twice = argument === 'inputs' && new Set(list).size !== list.length
  if (list.length > 0 && wrong === undefined && !twice) return list as readonly SymbolicTensor[]
  throw new ValueError({
    operation: 'model',
    problem: twice
      ? 'got the same input twice.'
      : `needs ${argument} from input() and apply(), got ${list.length === 0 ? 'an empty list' : typeof wrong}.`,
    hint: 'for example model({ inputs: x, outputs: dense({ units: 1 }).apply(x) }).',
    argument,
    received: wrong,
  })
}

/**
 * A model of the layers between inputs and outputs: branches, shared layers, several inputs and outputs.
 *
 * A list of outputs makes `forward` and `predict` give a list. Data for several inputs or outputs comes as a list, or by
 * name: inputs have the name they were given, outputs that of the layer they come from.
 *
 * @throws ValueError where an output depends on an input that is not listed, or two layers have the same name
 * @example
 * const x = input({ shape: [8] })
 * const hidden = dense({ units: 8, activation: 'relu' }).apply(x)
 * const sum = new Add().apply([x, hidden])
 * const net = model({ inputs: x, outputs: dense({ units: 1 }).apply(sum) })
 */
export function model(options: FunctionalOptions & { readonly outputs: SymbolicTensor }): Functional
export function model(
  options: FunctionalOptions & { readonly outputs: readonly SymbolicTensor[] },
): Functional<readonly Tensor[]>
export function model(options: FunctionalOptions): Functional<ModelResult> {
  return new Functional<ModelResult>(options)
}
