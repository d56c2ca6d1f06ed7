import { Concatenate } from '../../../nn/concatenate.ts'
import { Dot } from '../../../nn/dot.ts'
import { Add, Average, Maximum, Minimum, Multiply, Subtract } from '../../../nn/merge.ts'
import type { MergeLayer } from '../../../nn/merge-layer.ts'
import type { Edge } from './builder.ts'
import type { Application, Exporter, Exporters } from './exporter.ts'
import type { Scope } from './scope.ts'

/** A step counts where it counts in all inputs that have a mask. */
function mergedMask(scope: Scope, inputs: readonly Edge[]): string | null {
  const masks = [...new Set(inputs.map(({ mask }) => mask).filter(mask => mask !== null))]
  return masks.length === 0 ? null : masks.reduce((all, mask) => scope.op('And', [all, mask]))
}

/** Values in one layout: their own, if all of one rank share it, else as the layers see them. */
function together(scope: Scope, inputs: readonly Edge[]): readonly Edge[] {
  const isShared = inputs.every(
    ({ channelsSecond, shape }) => channelsSecond && shape.length === inputs[0].shape.length,
  )
  return isShared ? inputs : inputs.map(edge => scope.plain(edge))
}

function merged(
  layer: MergeLayer,
  application: Application,
  write: (names: readonly string[]) => string,
): Edge {
  const { scope } = application
  const inputs = together(scope, application.inputs)
  const [shape] = layer.outputShapes(inputs.map(edge => edge.shape.slice(1)))
  if (shape === null) return scope.refuse('has inputs of an unknown shape.')
  return {
    ...inputs[0],
    name: write(inputs.map(({ name }) => name)),
    shape: [inputs[0].shape[0], ...shape],
    mask: mergedMask(scope, inputs),
  }
}

const elementwise =
  (opType: string): Exporter<MergeLayer> =>
  (layer, application) =>
    merged(layer, application, names => application.scope.op(opType, names))

/** One after the other: the operator takes two. */
const folded =
  (opType: string): Exporter<MergeLayer> =>
  (layer, application) =>
    merged(layer, application, names => names.reduce((a, b) => application.scope.op(opType, [a, b])))

function writeConcatenate(layer: Concatenate, application: Application): Edge {
  const { scope } = application
  const inputs = application.inputs.map(edge => scope.plain(edge))
  const rank = inputs[0].shape.length
  const axis = layer.axis < 0 ? layer.axis + rank : layer.axis
  const y = merged(layer, { ...application, inputs }, names => scope.op('Concat', names, { axis }))
  const masks = inputs.filter(({ mask }) => mask !== null)
  if (axis !== 1 || masks.length === 0) return y
  // Along the time axis masks are joined too; an input without one counts everywhere.
  const parts = inputs.map(edge => edge.mask ?? allOn(scope, edge))
  return { ...y, mask: scope.op('Concat', parts, { axis: 1 }) }
}

function allOn(scope: Scope, { name }: Edge): string {
  const shape = scope.op('Slice', [scope.shapeOf(name), scope.ints(0), scope.ints(2)])
  const ones = scope.op('Expand', [scope.builder.constant([1], 'int32', [1, 1]), shape])
  return scope.op('Cast', [ones], { to: 9 })
}

/** x scaled to length 1 along an axis. */
function unit(scope: Scope, x: string, axis: number): string {
  const squares = scope.op('ReduceSum', [scope.op('Mul', [x, x]), scope.ints(axis)], { keepdims: 1 })
  const length = scope.op('Sqrt', [scope.op('Max', [squares, scope.float(1e-12)])])
  return scope.op('Div', [x, length])
}

function writeDot(layer: Dot, application: Application): Edge {
  const { scope } = application
  const { axes, normalize } = layer.config()
  const inputs = application.inputs.map(edge => scope.plain(edge))
  const places = (axes as readonly number[]).map((axis, i) =>
    axis < 0 ? axis + inputs[i].shape.length : axis,
  )
  const letters = 'abcdefghijklmnopqrstuvwxy'
  const [left, right] = inputs.map(({ shape }) => shape.length - 1)
  const first = letters.slice(0, left)
  const shared = first[places[0] - 1]
  const own = letters.slice(left, left + right)
  const second = own.replace(own[places[1] - 1], shared)
  const rest = `${first}${second}`.replaceAll(shared, '')
  const y = merged(layer, { ...application, inputs }, names => {
    const scaled = normalize === true ? names.map((name, i) => unit(scope, name, places[i])) : names
    const product = scope.op('Einsum', scaled, { equation: `z${first},z${second}->z${rest}` })
    return rest === '' ? scope.op('Unsqueeze', [product, scope.ints(1)]) : product
  })
  return { ...y, mask: null }
}

export const addMergeLayers = (exporters: Exporters): Exporters =>
  exporters
    .add(Add, folded('Add'))
    .add(Average, elementwise('Mean'))
    .add(Concatenate, writeConcatenate)
    .add(Dot, writeDot)
    .add(Maximum, elementwise('Max'))
    .add(Minimum, elementwise('Min'))
    .add(Multiply, folded('Mul'))
    .add(Subtract, folded('Sub'))
