import { Concatenate } from '../nn/concatenate.ts'
import { Dot } from '../nn/dot.ts'
import { Add, Average, Maximum, Minimum, Multiply, Subtract } from '../nn/merge.ts'
import type { BuiltInLayer } from './layer-table.ts'

/** Layers that make one tensor of several, for the table of built-in layers: none has parameters. */
export const mergeLayers: readonly (readonly [string, BuiltInLayer])[] = Object.entries({
  Add,
  Average,
  Concatenate,
  Dot,
  Maximum,
  Minimum,
  Multiply,
  Subtract,
}).map(([name, layer]) => [name, { layer, parameters: () => [] }])
