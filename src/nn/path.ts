import { TensorloomError } from '../errors.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** A layer at work, as the tools that explain and profile models see it. */
export interface LayerRun {
  /** `Dense "hidden"` */
  readonly label: string
  /** The layer itself, and what it was given; null for models and where a layer is only built or asked for shapes. */
  readonly layer: object | null
  readonly input: Tensor | null
}

/** Called around every layer: runs `body` and gives its result, or another in its place. */
export type LayerObserver = <T>(run: LayerRun, body: () => T) => T

let observer: LayerObserver | null = null

/** Runs a synchronous function, and has every layer that it runs observed. */
export function observeLayers<T>(watching: LayerObserver, body: () => T): T {
  const outer = observer
  observer = watching
  try {
    return body()
  } finally {
    observer = outer
  }
}

/** Runs a layer's code; an error gets the layer into its path, the innermost standing last. */
export function inLayer<T>(
  label: string,
  body: () => T,
  layer: object | null = null,
  input: Tensor | null = null,
): T {
  try {
    return observer === null ? body() : observer({ label, layer, input }, body)
  } catch (error) {
    if (error instanceof TensorloomError) error.enterLayer(label)
    throw error
  }
}
