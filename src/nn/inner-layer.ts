import { userScope } from '../autodiff/mode.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { BUILT_IN, type Layer, type LayerConfig } from './layer.ts'

/** Runs a layer inside another one: what a class of the user's own is handed, and what it makes, stays readable. */
export const runInner = <T>(layer: object, handed: readonly (Tensor | null)[], run: () => T): T => {
  if (Object.hasOwn(layer.constructor, BUILT_IN)) return run()
  return userScope(
    handed.filter(tensor => tensor !== null),
    run,
  )
}

/** A layer's class and options as a part of the config of the one around it: `layerClass`, `layer.units`, …. */
export function innerConfig(layer: Pick<Layer, 'className' | 'config'>): LayerConfig {
  const options = Object.entries(layer.config()).map(([option, value]) => [`layer.${option}`, value])
  return { layerClass: layer.className, ...Object.fromEntries(options) }
}

/** The reverse: the options of the layer inside. */
export function innerOptions(config: LayerConfig): LayerConfig {
  const inner = Object.entries(config).filter(([option]) => option.startsWith('layer.'))
  return Object.fromEntries(inner.map(([option, value]) => [option.slice('layer.'.length), value]))
}
