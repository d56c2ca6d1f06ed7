import { Layer, UNKNOWN } from '../nn/layer.ts'
import type { Module } from '../nn/module.ts'
import { type Shape, sizeOf } from '../tensor/shape.ts'

/** What a summary shows of a model; `Sequential` offers more than a Module of the user's own. */
interface Summarized {
  readonly name: string
  namedLayers?(): readonly (readonly [string, Module<unknown>])[]
  readonly inputShape?: Shape | null
  /** Shape that the layer of this name gives, in a graph. */
  layerShape?(name: string): Shape | null
}

const formatCount = (count: number): string => count.toLocaleString('en-US')

/** Parameters of a layer, or null while it is not built. */
function parametersOf(layer: Module<unknown>): number | null {
  if (layer instanceof Layer && !layer.built) return null
  let count = 0
  for (const parameter of layer.parameters()) count += sizeOf(parameter.shape)
  return count
}

/** How many of a layer's parameters are not trained. */
const frozenIn = (layer: Module<unknown>): number =>
  layer.parameters().reduce((sum, { requiresGrad, shape }) => sum + (requiresGrad ? 0 : sizeOf(shape)), 0)

/** Output shape given the input's; null from where it is unknown. */
function shapeAfter(layer: Module<unknown>, input: Shape | null): Shape | null {
  if (input === null || !(layer instanceof Layer)) return null
  return layer.outputShape(input)
}

const formatOutput = (shape: Shape | null): string =>
  shape === null ? '?' : `[batch${shape.map(size => `, ${size === UNKNOWN ? 'any' : size}`).join('')}]`

/** A table of layers, output shapes and numbers of parameters; sizes that are not known yet are question marks. */
export function summary(model: Module<unknown> & Summarized): string {
  const rows: string[][] = [['Layer', 'Output shape', 'Parameters']]
  let shape: Shape | null = model.inputShape ?? null
  let total = 0
  let frozen = 0
  let complete = true
  const layers = model.namedLayers?.() ?? [[model.name, model] as const]
  for (const [name, layer] of layers) {
    shape = model.layerShape === undefined ? shapeAfter(layer, shape) : model.layerShape(name)
    const count = parametersOf(layer)
    if (count === null) complete = false
    else frozen += frozenIn(layer)
    total += count ?? 0
    rows.push([
      `${name} (${layer.className})`,
      formatOutput(shape),
      count === null ? '?' : formatCount(count),
    ])
  }
  const widths = [0, 1, 2].map(column => Math.max(...rows.map(row => row[column].length)))
  const line = '─'.repeat(widths.reduce((sum, width) => sum + width, 0) + 4)
  const format = ([name, output, count]: string[]): string =>
    `${name.padEnd(widths[0])}  ${output.padEnd(widths[1])}  ${count.padStart(widths[2])}`
  const [head, ...body] = rows.map(format)
  const share = frozen === 0 ? '' : `, ${formatCount(frozen)} of them frozen`
  const sum = `${formatCount(total)} parameters${share}${complete ? '' : ' so far (some layers wait for their input size)'}`
  return [`Model "${model.name}"`, line, head, line, ...body, line, sum].join('\n')
}
