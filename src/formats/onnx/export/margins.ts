import { Cropping1D, Cropping2D, ZeroPadding1D, ZeroPadding2D } from '../../../nn/padding.ts'
import type { Edge } from './builder.ts'
import type { Application, Exporters } from './exporter.ts'

type Ends = readonly [before: number, after: number]

type MarginLayer = ZeroPadding1D | ZeroPadding2D | Cropping1D | Cropping2D

/** The margins of a layer, by the axes of the value in the graph. */
function marginsOf(layer: MarginLayer, x: Edge, option: string): ReadonlyMap<number, Ends> {
  const { [option]: given, dataFormat } = layer.config()
  const ends = (x.shape.length === 3 ? [given] : given) as readonly Ends[]
  const first = x.channelsSecond || dataFormat === 'channelsFirst' ? 2 : 1
  return new Map(ends.map((pair, i) => [first + i, pair]))
}

const outputOf = (layer: MarginLayer, x: Edge, name: string): Edge => ({
  ...x,
  name,
  shape: [x.shape[0], ...layer.outputShape(x.shape.slice(1))],
  mask: null,
})

function writePadding(layer: ZeroPadding1D | ZeroPadding2D, { inputs, scope }: Application): Edge {
  const [x] = inputs
  const margins = marginsOf(layer, x, 'padding')
  const side = (which: 0 | 1): number[] => x.shape.map((_, axis) => margins.get(axis)?.[which] ?? 0)
  return outputOf(layer, x, scope.op('Pad', [x.name, scope.ints(...side(0), ...side(1))]))
}

/** An end that is cut off counts from the back. */
function writeCropping(layer: Cropping1D | Cropping2D, { inputs, scope }: Application): Edge {
  const [x] = inputs
  const margins = [...marginsOf(layer, x, 'cropping')]
  const name = scope.op('Slice', [
    x.name,
    scope.ints(...margins.map(([, [before]]) => before)),
    scope.ints(...margins.map(([, [, after]]) => (after === 0 ? 2 ** 31 - 1 : -after))),
    scope.ints(...margins.map(([axis]) => axis)),
  ])
  return outputOf(layer, x, name)
}

export const addMarginLayers = (exporters: Exporters): Exporters =>
  exporters
    .add(Cropping1D, writeCropping)
    .add(Cropping2D, writeCropping)
    .add(ZeroPadding1D, writePadding)
    .add(ZeroPadding2D, writePadding)
