import { innerOptions } from '../../nn/inner-layer.ts'
import type { LayerConfig } from '../../nn/layer.ts'

/** What about a layer of this class, with this config, cannot be written; null where all of it can. */
type Gap = (className: string, config: LayerConfig) => string | null

/** Activations of TensorFlow.js Layers 4.22, by our names. */
const ACTIVATIONS: readonly unknown[] = [
  ...['elu', 'selu', 'relu', 'relu6', 'linear', 'sigmoid', 'hardSigmoid', 'softplus', 'softsign', 'tanh'],
  ...['softmax', 'logSoftmax', 'gelu', 'geluTanh', 'mish', 'silu'],
]

/** Neither Keras nor TensorFlow.js has margins in numbers: they know `valid`, `same` and `causal`. */
const numericPadding: Gap = (className, { padding = 'valid' }) =>
  /Conv|Pooling/.test(className) && typeof padding !== 'string' ? 'padding in numbers' : null

/** What the format has words for, and TensorFlow.js refuses, or passes over: another result would come out. */
const tfjsRuntime: Gap = (className, config) => {
  const { padding, groups = 1, keepDims = false, alpha = 1, activation, recurrentActivation } = config
  if (padding === 'causal') return 'causal padding'
  if (/Conv/.test(className) && groups !== 1) return 'groups'
  if (keepDims === true) return 'keepDims'
  if (className === 'ELU' && alpha !== 1) return `alpha ${String(alpha)}`
  const unknown = [activation, recurrentActivation].find(
    name => name !== undefined && name !== null && !ACTIVATIONS.includes(name),
  )
  return unknown === undefined ? null : `the activation ${String(unknown)}`
}

/** What no format of this family can say. */
export const familyGaps: readonly Gap[] = [numericPadding]
export const tfjsGaps: readonly Gap[] = [numericPadding, tfjsRuntime]

/** The first gap of a layer, or of the layer that it wraps. */
export function findGap(gaps: readonly Gap[], className: string, config: LayerConfig): string | null {
  for (const gap of gaps) {
    const found = gap(className, config)
    if (found !== null) return found
  }
  const { layerClass } = config
  return typeof layerClass === 'string' ? findGap(gaps, layerClass, innerOptions(config)) : null
}
