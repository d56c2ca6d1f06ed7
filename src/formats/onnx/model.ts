import '../../engine/all-devices.ts'
import '../../ops/methods.ts'
import { internalScope } from '../../autodiff/mode.ts'
import { BUILT_IN } from '../../nn/layer.ts'
import type { Parameter } from '../../nn/parameter.ts'
import { Model, type ModelResult, type OutputActivation, type Prediction } from '../../train/model.ts'
import { formatShape, type Shape } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { ShapeError, ValueError } from '../../errors.ts'
import { runGraph } from './execute.ts'
import type { Graph, Node, Port } from './graph.ts'
import { convert } from './operators/compare.ts'
import { show } from './refuse.ts'
import { Value } from './value.ts'

/** An input or output of an imported model. */
export interface OnnxPort {
  readonly name: string
  /** Element type in the file; null where it does not say. */
  readonly type: string | null
  /** Sizes, or names of sizes that are open; null where even the rank is open. */
  readonly shape: readonly (number | string)[] | null
}

/** What a file says about itself. */
export interface OnnxInfo {
  readonly producerName: string
  readonly producerVersion: string
  readonly irVersion: number
  /** Version of the operator set by domain; '' is the standard one. */
  readonly opsets: ReadonlyMap<string, number>
  readonly metadata: ReadonlyMap<string, string>
}

/** What the weights of a graph become. */
export interface Weights {
  readonly parameters: ReadonlyMap<string, Tensor>
  readonly buffers: ReadonlyMap<string, Tensor>
}

/**
 * A model read from an ONNX file. Its weights are parameters under the file's names, so that it can be trained further
 * with `compile` and `fit`, and saved with `stateDict`.
 *
 * The type parameter is what it gives: a tensor, or a list for a file with several outputs.
 */
export class OnnxModel<Result extends ModelResult = Tensor> extends Model<Result> {
  static readonly className: string = 'OnnxModel'
  static readonly [BUILT_IN] = true
  readonly inputs: readonly OnnxPort[]
  readonly outputs: readonly OnnxPort[]

  constructor(
    private readonly graph: Graph,
    private readonly weights: Weights,
    readonly info: OnnxInfo,
    private readonly maximumElements: number,
  ) {
    super(graph.name === '' ? 'onnx' : graph.name)
    this.inputs = graph.inputs
    this.outputs = graph.outputs
    this.eval()
  }

  protected override children(): [string, Parameter][] {
    return [...this.weights.parameters, ...this.weights.buffers]
  }

  override get inputNames(): readonly string[] {
    return this.graph.inputs.map(({ name }) => name)
  }

  override get outputNames(): readonly string[] {
    return this.graph.outputs.map(({ name }) => name)
  }

  override get givesList(): boolean {
    return this.graph.outputs.length > 1
  }

  /**
   * The output for an input, or for a list of inputs; a list of tensors for a model with several outputs.
   * @throws ShapeError for an input that does not fit; ValueError for too many or too few
   */
  override forward(x: Tensor | readonly Tensor[]): Result {
    const given: readonly Tensor[] = Array.isArray(x) ? x : [x]
    const outputs = this.outputsFor(this.named(given), this.outputNames)
    return (this.givesList ? outputs : outputs[0]) as Result
  }

  /**
   * All outputs by name, for inputs by name.
   *
   * @throws ValueError for inputs that are missing or unknown; ShapeError for one that does not fit
   * @example model.run({ ids, mask }).get('logits')
   */
  run(inputs: Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>): Map<string, Tensor> {
    const given = inputs instanceof Map ? inputs : new Map(Object.entries(inputs))
    const names = this.outputNames
    const tensors = this.outputsFor(given, names)
    return new Map(names.map((name, i) => [name, tensors[i]]))
  }

  /** The outputs; before a last sigmoid or softmax where the loss wants it so. */
  override predictionsFor(
    inputs: readonly Tensor[],
    activations: readonly OutputActivation[],
  ): readonly Prediction[] {
    const sources = this.graph.outputs.map(({ name, shape }, i) => {
      const last = this.producerOf(name)
      const isLogits = last !== undefined && isLastActivation(last, activations[i], shape?.length ?? 0)
      return { name: isLogits ? last.inputs[0] : name, isLogits }
    })
    const outputs = this.outputsFor(
      this.named(inputs),
      sources.map(({ name }) => name),
    )
    return outputs.map((output, i) => ({ output, isLogits: sources[i].isLogits }))
  }

  /** The node that computes a value, names that only stand for others aside. */
  private producerOf(name: string): Node | undefined {
    const node = this.graph.nodes.find(({ outputs }) => outputs[0] === name)
    return node?.opType === 'Identity' ? this.producerOf(node.inputs[0]) : node
  }

  private named(given: readonly Tensor[]): Map<string, Tensor> {
    const names = this.inputNames
    if (given.length !== names.length)
      this.refuseInputs(`${names.length} inputs, and was given ${given.length}`)
    return new Map(names.map((name, i) => [name, given[i]]))
  }

  private outputsFor(given: ReadonlyMap<string, Tensor>, wanted: readonly string[]): readonly Tensor[] {
    return internalScope(() => this.compute(given, wanted).map(value => value.tensor()))
  }

  private compute(given: ReadonlyMap<string, Tensor>, wanted: readonly string[]): Value[] {
    const values = new Map<string, Value>()
    for (const port of this.graph.inputs) values.set(port.name, this.checked(port, given.get(port.name)))
    const unknown = [...given.keys()].filter(name => !values.has(name))
    if (unknown.length > 0) this.refuseInputs(`no input ${unknown.map(show).join(', ')}`)
    return this.runValues(values, wanted)
  }

  /** Runs the graph on values of any element type: what `tools/conform` checks. */
  runValues(
    inputs: ReadonlyMap<string, Value>,
    wanted: readonly string[] = this.graph.outputs.map(({ name }) => name),
  ): Value[] {
    const bound = new Map(inputs)
    for (const group of [this.weights.parameters, this.weights.buffers]) {
      for (const [name, tensor] of group) {
        const { type = 'float32' } = this.graph.initializers.get(name) ?? {}
        bound.set(name, Value.ofTensor(tensor, type))
      }
    }
    return runGraph(
      this.graph,
      bound,
      { training: this.training, maximumElements: this.maximumElements },
      wanted,
    )
  }

  /** An input in the element type that the file declares, with sizes that fit. */
  private checked({ name, type, shape }: Port, tensor: Tensor | undefined): Value {
    if (tensor === undefined) return this.refuseInputs(`an input ${show(name)}, which is missing`)
    if (shape !== null && !fits(tensor.shape, shape)) {
      throw new ShapeError({
        operation: this.pathName,
        problem: `takes [${shape.map(size => (size === '' ? 'any' : size)).join(', ')}] as ${show(name)}, got ${formatShape(tensor.shape)}.`,
        hint: 'sizes with names are open, the others are fixed in the file.',
        shapes: [tensor.shape],
      })
    }
    const value = Value.ofTensor(tensor)
    return type === null ? value : convert(value, type)
  }

  private refuseInputs(problem: string): never {
    throw new ValueError({
      operation: this.pathName,
      problem: `has ${problem}.`,
      hint: `its inputs are ${this.graph.inputs.map(port => show(port.name)).join(', ')}.`,
    })
  }
}

const fits = (shape: Shape, wanted: readonly (number | string)[]): boolean =>
  shape.length === wanted.length &&
  wanted.every((size, i) => typeof size === 'string' || size === shape[i] || size < 0)

/** Whether a node is the activation that a loss can do without: σ, or a softmax along the last of `rank` axes. */
function isLastActivation(node: Node, activation: OutputActivation, rank: number): boolean {
  if (activation === null || node.domain !== '' || node.body !== null) return false
  if (activation === 'sigmoid') return node.opType === 'Sigmoid'
  const axis = node.opType === 'Softmax' ? node.attributes.int('axis', node.opset < 13 ? 1 : -1) : null
  return axis === -1 || (axis !== null && axis === rank - 1)
}
