import { BuildError, ShapeError, UnsupportedError, ValueError } from '../../../errors.ts'
import { Embedding } from '../../../nn/embedding.ts'
import { Layer, UNKNOWN } from '../../../nn/layer.ts'
import type { Module } from '../../../nn/module.ts'
import { refuseUnknown } from '../../../nn/options.ts'
import type { Shape } from '../../../tensor/shape.ts'
import { Functional } from '../../../train/functional/functional.ts'
import type { Model, ModelResult } from '../../../train/model.ts'
import { Sequential } from '../../../train/sequential.ts'
import { loadPeer } from '../../shared/peer.ts'
import { elementId, type ElementType } from '../element-type.ts'
import { writeModel } from '../wire/write.ts'
import { type Edge, GraphBuilder, sizeNames } from './builder.ts'
import { Scope } from './scope.ts'
import { Walk } from './walk.ts'

export interface ExportOnnxOptions {
  /**
   * Shape of an example of a Sequential, −1 where any size shall do. By default that of its inputShape or first batch,
   * with the time axis of sequences open where all layers allow it.
   */
  readonly inputShape?: Shape
  /** Text that travels with the file. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** The versions that files are written in: any runtime since early 2022 reads them. */
const OPSET = 17
const IR_VERSION = 8

interface Input {
  readonly name: string
  /** With the batch axis. */
  readonly shape: Shape
  readonly type: ElementType
}

/**
 * Writes a model as an ONNX file (operator set 17): the computation of `predict`, with open batch and time sizes.
 *
 * The weights are initializers under the names and in the layouts of `stateDict`.
 *
 * @throws UnsupportedError naming the path of each layer that has no counterpart; BuildError for a model that does not
 *   know its input yet
 * @example await writeFile('classifier.onnx', await exportOnnx(model))
 */
export async function exportOnnx(
  model: Model<ModelResult>,
  options: ExportOnnxOptions = {},
): Promise<Uint8Array> {
  refuseUnknown('exportOnnx', options, ['inputShape', 'metadata'])
  const { default: protobuf } = await loadPeer(
    'exportOnnx',
    'protobufjs',
    () => import('protobufjs/minimal.js'),
  )
  // Throws a BuildError for layers that have no weights yet.
  model.namedState()
  const inputs = inputsOf(model, options.inputShape)
  const builder = new GraphBuilder()
  const walk = new Walk()
  const scope = new Scope(builder, '')
  const edges = inputs.map(({ name, shape, type }, i): Edge => {
    const own = builder.unique(name)
    const sizes = sizeNames(shape, inputs.length === 1 ? '' : `${own}_`)
    builder.inputs.push({ name: own, dataType: elementId(type), shape: sizes })
    return { name: own, shape: inputs[i].shape, type, channelsSecond: false, mask: null }
  })
  const outputs = walk.write(model as Module<unknown>, edges, scope)
  refuseAll(walk.refused)
  const names = model instanceof Functional ? model.outputNames : ['output']
  outputs.forEach((edge, i) => {
    const plain = scope.plain(edge)
    const name = builder.unique(names[i] ?? 'output')
    builder.nodes.push({ name, opType: 'Identity', inputs: [plain.name], outputs: [name], attributes: {} })
    const sizes = sizeNames(plain.shape, outputs.length === 1 ? '' : `${name}_`)
    builder.outputs.push({ name, dataType: elementId(plain.type), shape: sizes })
  })
  return writeModel(protobuf.Writer.create(), {
    irVersion: IR_VERSION,
    opset: OPSET,
    producerName: 'tensorloom',
    producerVersion: PRODUCER_VERSION,
    graph: builder.graph(model.name),
    metadata: Object.entries(options.metadata ?? {}),
  })
}

/** The package's version, which a test compares. */
const PRODUCER_VERSION = '0.1.0'

function refuseAll(refused: ReadonlyMap<string, string>): void {
  if (refused.size === 0) return
  const list = [...refused].map(([path, problem]) => `"${path}": ${problem.replace(/\.$/, '')}`)
  throw new UnsupportedError({
    operation: 'exportOnnx',
    problem: `cannot write ${refused.size === 1 ? 'a layer' : `${refused.size} layers`}: ${list.join('; ')}.`,
    hint: 'replace them by layers of the library that ONNX has operators for.',
    items: [...refused.keys()],
  })
}

function inputsOf(model: Model<ModelResult>, inputShape: Shape | undefined): readonly Input[] {
  if (model instanceof Functional) {
    return model.graph.inputs.map(({ shape, dtype }, i) => {
      const name = model.inputNames[i]
      if (shape !== null) return { name, shape: [UNKNOWN, ...shape], type: dtype }
      throw new ValueError({
        operation: 'exportOnnx',
        problem: `must know the shape of the input "${name}".`,
        hint: 'let the graph begin with input({ shape }).',
      })
    })
  }
  if (!(model instanceof Sequential)) {
    throw new UnsupportedError({
      operation: 'exportOnnx',
      problem: `writes sequential models and graphs of layers, got ${model.className} "${model.name}".`,
      hint: 'a forward method of your own cannot be read: build the model with sequential() or model().',
      items: [model.name],
    })
  }
  const shape = inputShape ?? defaultShape(model)
  return [
    {
      name: 'input',
      shape: [UNKNOWN, ...shape],
      type: firstLayer(model) instanceof Embedding ? 'int32' : 'float32',
    },
  ]
}

/** The layer that meets the input. */
function firstLayer(model: Sequential): Module<unknown> | undefined {
  const [, layer] = model.namedLayers()[0] ?? []
  return layer instanceof Sequential ? firstLayer(layer) : layer
}

/** Whether all layers take examples of this shape; sizes that follow from it must be known where weights depend on it. */
function takes(model: Sequential, shape: Shape): boolean {
  try {
    const after = model.outputShape(shape)
    return after?.[after.length - 1] !== UNKNOWN
  } catch (error) {
    if (error instanceof ShapeError) return false
    throw error
  }
}

/** The known shape, with the first axis of sequences open if every layer takes it so. */
function defaultShape(model: Sequential): Shape {
  const first = firstLayer(model)
  const { inputShape } = model
  const shape = inputShape ?? candidates(first).find(candidate => takes(model, candidate))
  if (shape === undefined) {
    throw new BuildError({
      operation: 'exportOnnx',
      problem: `cannot write model "${model.name}": the shape of its input is unknown.`,
      hint: 'pass { inputShape }, give it to sequential, or run a batch through the model first.',
    })
  }
  const isSequence = shape.length === 2 || (shape.length === 1 && first instanceof Embedding)
  const open = [UNKNOWN, ...shape.slice(1)]
  return isSequence && takes(model, open) ? open : shape
}

/** Shapes that the first layer may be for, with as many open sizes as can be. */
function candidates(first: Module<unknown> | undefined): readonly Shape[] {
  if (first instanceof Embedding) return [[UNKNOWN]]
  const { inputSize, dataFormat } = first instanceof Layer ? first.config() : {}
  if (typeof inputSize !== 'number') return []
  const open = [UNKNOWN, UNKNOWN]
  if (dataFormat === 'channelsFirst')
    return [
      [inputSize, UNKNOWN],
      [inputSize, ...open],
    ]
  return [[inputSize], [UNKNOWN, inputSize], [...open, inputSize]]
}
