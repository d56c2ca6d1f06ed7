import type { DataInput } from '../data/rows.ts'
import { ValueError } from '../errors.ts'
import type { Module } from '../nn/module.ts'
import { refuseUnknown, requireCount } from '../nn/options.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { type Attribution, featuresOf, type TargetOptions } from './scores.ts'

export interface OcclusionOptions extends TargetOptions {
  /** What covers the input. Default 0: padding, black, or the mean of standardised features. */
  readonly value?: number
  /** Size of the patch along each axis after the batch; default 1 along every axis but a last one of channels. */
  readonly window?: readonly number[]
}

/**
 * How much an output falls when a part of the input is covered (Zeiler & Fergus 2014):
 *
 *   a = F(x) − F(x with the part replaced)
 *
 * Parts follow each other without overlap, and each of their numbers gets the part's value. Works for any model, also
 * one without gradients; it runs once per part.
 *
 * @throws ShapeError for a model whose output is not [batch, outputs]; ValueError for a window that does not fit
 * @example
 * const model = sequential(dense({ units: 1, inputSize: 3 }))
 * occlusion(model, [[1, 2, 3]]).shape   // [1, 3]
 */
export function occlusion(model: Module<Tensor>, x: DataInput, options: OcclusionOptions = {}): Attribution {
  refuseUnknown('occlusion', options, ['target', 'value', 'window'])
  const { value = 0 } = options
  const features = featuresOf('occlusion', model, x, options)
  const { input, targets } = features
  const { shape } = input
  const sizes = shape.slice(1)
  const window = options.window ?? sizes.map((size, axis) => (axis === 2 ? size : 1))
  if (window.length !== sizes.length) {
    throw new ValueError({
      operation: 'occlusion',
      problem: `needs a window with ${sizes.length} sizes, got [${window.join(', ')}].`,
      argument: 'window',
      received: window,
    })
  }
  for (const size of window) requireCount('occlusion', 'window', size)

  const outputs = features.outputsFor(input)
  const values = new Float32Array(input.size)
  const original = input.values()
  const width = input.size / Math.max(1, targets.length)
  for (const part of partsOf(sizes, window)) {
    const covered = original.slice()
    for (const [row] of targets.entries()) for (const place of part) covered[row * width + place] = value
    const changed = features.outputsFor(fromCold(covered, shape, input.dtype))
    for (const [row, output] of outputs.entries()) {
      for (const place of part) values[row * width + place] = output - changed[row]
    }
  }
  return { values, shape, outputs, targets }
}

/** The places that each window covers, within one example. */
function* partsOf(sizes: readonly number[], window: readonly number[]): Generator<number[]> {
  const parts = new Map<string, number[]>()
  const count = sizes.reduce((product, size) => product * size, 1)
  for (let place = 0; place < count; place++) {
    let rest = place
    const windows: number[] = []
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      windows.push(Math.floor((rest % sizes[axis]) / window[axis]))
      rest = Math.floor(rest / sizes[axis])
    }
    const key = windows.join()
    const known = parts.get(key)
    if (known === undefined) parts.set(key, [place])
    else known.push(place)
  }
  yield* parts.values()
}
