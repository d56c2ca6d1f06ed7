import { withoutGradient } from '../autodiff/graph-errors.ts'
import { inspection } from '../autodiff/inspection.ts'
import { eachExample, mapCall } from '../autodiff/map-call.ts'
import { needsRecording, record } from '../autodiff/record.ts'
import { currentEngine } from '../engine/device.ts'
import type { DType } from '../engine/dtype.ts'
import type { Engine } from '../engine/engine.ts'
import { lifetime } from '../engine/lifetime.ts'
import type { Storage } from '../engine/storage.ts'
import { levelOf, type MapLevel, mapping, onAllExamples, unwrapMapped, wrapMapped } from '../tensor/mapped.ts'
import { deadEnd, type GradientRule, type GraphNode, type Thunk } from '../tensor/node.ts'
import { type Shape, sizeOf } from '../tensor/shape.ts'
import { Tensor } from '../tensor/tensor.ts'
import type { MapRule } from './map-rules.ts'

/** Results up to this size that are part of no graph are kept cold from the start. */
const BORN_COLD_LIMIT = 1024

type Inputs = readonly Tensor[]

/** A gradient rule as operations write it. `y` is the output, `g` its gradient. */
type Gradient<A> = (inputs: Inputs, g: Tensor, attributes: A, y: Tensor) => readonly (Thunk | null)[]

export interface OpSpec<A> {
  /** Shape of the result; throws a ShapeError for operands that do not fit. */
  readonly shape: (inputs: Inputs, attributes: A) => Shape
  /** Element type of the result, float32 unless said. */
  readonly dtype?: DType | ((inputs: Inputs, attributes: A) => DType)
  /** Runs the kernel that fills `out`. */
  readonly forward: (inputs: Inputs, out: Tensor, attributes: A, engine: Engine) => void
  /** Written with operations, so that it can be differentiated again; or the reason why there is none. */
  readonly gradient: Gradient<A> | string
  /** The input whose place the result takes, since nobody else needs its numbers; null (the default) for none. */
  readonly overwrites?: (inputs: Inputs, attributes: A, engine: Engine) => Tensor | null
  /** Whether the gradient reads the numbers of inputs or output. Default true. */
  readonly readsValues?: boolean
  /** How to run on all examples of a `vmap` at once; without it the operation runs once per example. */
  readonly map?: MapRule<A>
}

/** A defined operation: runs on tensors and attributes. */
export type Op<A> = (inputs: Inputs, attributes: A) => Tensor

/** An operation as the registry lists it. */
export interface Operation {
  readonly name: string
  /** Why it has no gradient, if it has none. */
  readonly noGradient: string | null
  /** Whether it runs on all examples of a `vmap` at once; otherwise once per example. */
  readonly mapsAtOnce: boolean
}

/** Every operation there is, by name: the tests walk it. */
export const registry = new Map<string, Operation>()

function register(name: string, gradient: unknown, mapsAtOnce: boolean): void {
  if (registry.has(name)) throw new Error(`internal: operation ${name} is defined twice`)
  registry.set(name, { name, noGradient: typeof gradient === 'string' ? gradient : null, mapsAtOnce })
}

/** Addresses are in bytes; shorthand for the common case in `forward`. */
export const at = (engine: Engine, tensor: Tensor): number => engine.pointer(tensor.storage)

/** The kernels for a tensor's element type. */
export const elementsOf = (engine: Engine, dtype: DType) =>
  dtype === 'float32' ? engine.kernels.float : engine.kernels.int

/**
 * Defines an operation with one result: shape rule, forward and gradient in one place.
 * The returned function runs it on the current device and records it where gradients are wanted.
 */
export function defineOp<A>(name: string, spec: OpSpec<A>): Op<A> {
  register(name, spec.gradient, spec.map !== undefined)
  const { shape, forward, gradient, dtype = 'float32' } = spec
  const rule: GradientRule = {
    name,
    readsValues: spec.readsValues ?? true,
    noGradient: typeof gradient === 'string' ? gradient : undefined,
    gradient: (node, [g]) => {
      if (typeof gradient === 'string') throw withoutGradient(name, gradient)
      return g === null ? [] : gradient(node.inputs, g, node.attributes as A, node.outputs[0])
    },
  }
  const end = deadEnd(rule)
  const onExamples = (level: MapLevel, inputs: Inputs, attributes: A): Tensor => {
    const args = inputs.map(input => unwrapMapped(input, level))
    const isMapped = args.some(arg => arg.isMapped)
    const physical = onAllExamples(level, () => {
      if (!isMapped)
        return op(
          args.map(arg => arg.x),
          attributes,
        )
      if (spec.map !== undefined) return spec.map(args, attributes, op, level.size)
      return eachExample(args, level.size, one => [op(one, attributes)])[0]
    })
    const out = wrapMapped(level, physical, isMapped)
    if (!needsRecording(inputs)) return out
    if (out.dtype === 'float32') record(rule, inputs, [out], attributes, [])
    else out.node = end
    return out
  }
  const op: Op<A> = (inputs, attributes) => {
    const level = mapping.depth === 0 ? null : levelOf(inputs)
    if (level !== null) return onExamples(level, inputs, attributes)
    const outShape = shape(inputs, attributes)
    const engine = currentEngine()
    engine.beginOperation(name)
    const outType = typeof dtype === 'string' ? dtype : dtype(inputs, attributes)
    const place = spec.overwrites?.(inputs, attributes, engine)?.storage
    const storage = place ?? engine.create(outType, sizeOf(outShape))
    const out = new Tensor(storage, outShape)
    forward(inputs, out, attributes, engine)
    inspection.inspector?.inspectResults(name, inputs, [out])
    if (!needsRecording(inputs)) settle(engine, storage, inputs)
    else if (outType === 'float32') record(rule, inputs, [out], attributes, [])
    else {
      out.node = end
      settle(engine, storage, inputs)
    }
    return out
  }
  return op
}

/**
 * Whether a tensor's numbers may be written over: they are hot, nowhere else, and belong to neither user nor model. Not
 * while anomalies are looked for, which are reported with the numbers that led to them.
 */
export const isWritable = ({ storage }: Tensor, engine: Engine): boolean =>
  inspection.inspector === null &&
  storage.engine === engine &&
  engine.residents === null &&
  storage.cold === null &&
  !storage.visible &&
  !storage.owned

/** Small results of user code that are part of no graph go to the garbage collector at once. */
function settle(engine: Engine, storage: Storage, inputs: Inputs): void {
  if (lifetime.mode !== 'user') return
  if (storage.length <= BORN_COLD_LIMIT) engine.evict(storage)
  // Small inputs go back where they came from; single numbers are many and cheap, and left to the budget.
  for (let i = 0; i < inputs.length; i++) {
    const { storage: used } = inputs[i]
    const { cold, length } = used
    if (cold === null || length === 1 || length > BORN_COLD_LIMIT || used.owned) continue
    if (used.engine === engine) engine.evict(used)
  }
}

/**
 * Defines an operation that shares its input's numbers under another shape.
 * Its gradient is the same operation back to the input's shape.
 */
export function defineView<A>(
  name: string,
  shape: (input: Tensor, attributes: A) => Shape,
  back: (g: Tensor, inputShape: Shape) => Tensor,
): (input: Tensor, attributes: A) => Tensor {
  register(name, null, true)
  const rule: GradientRule = {
    name,
    readsValues: false,
    gradient: ({ inputs: [input] }, [g]) => [g === null ? null : () => back(g, input.shape)],
  }
  return (input, attributes) => {
    const out = new Tensor(input.storage, shape(input, attributes))
    if (lifetime.mode === 'user') out.storage.visible = true
    if (needsRecording([input])) record(rule, [input], [out], attributes, [])
    return out
  }
}

export interface FusedResult {
  readonly outputs: readonly Tensor[]
  /** What the gradient needs and nobody else sees. */
  readonly saved: readonly Storage[]
}

export interface FusedSpec<A> {
  /** Runs the kernels; `training` says that a backward may follow, so that `saved` is worth filling. */
  readonly forward: (inputs: Inputs, attributes: A, engine: Engine, training: boolean) => FusedResult
  readonly gradient: (
    node: GraphNode,
    attributes: A,
    outputGradients: readonly (Tensor | null)[],
  ) => readonly (Thunk | null)[]
}

/** Defines an operation with several results or with saved intermediates (LSTM). */
export function defineFused<A>(
  name: string,
  spec: FusedSpec<A>,
): (inputs: Inputs, attributes: A) => readonly Tensor[] {
  register(name, null, false)
  const rule: GradientRule = {
    name,
    readsValues: true,
    gradient: (node, outputGradients) => spec.gradient(node, node.attributes as A, outputGradients),
  }
  const op = (inputs: Inputs, attributes: A): readonly Tensor[] => {
    if (mapping.depth > 0 && levelOf(inputs) !== null)
      return mapCall(name, one => op(one, attributes), inputs)
    const engine = currentEngine()
    engine.beginOperation(name)
    const training = needsRecording(inputs)
    const { outputs, saved } = spec.forward(inputs, attributes, engine, training)
    inspection.inspector?.inspectResults(name, inputs, outputs)
    if (training) record(rule, inputs, outputs, attributes, saved)
    else for (const output of outputs) settle(engine, output.storage, inputs)
    return outputs
  }
  return op
}
