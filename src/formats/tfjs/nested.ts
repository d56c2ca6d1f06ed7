import { Functional } from '../../train/functional/functional.ts'
import type { ModelResult } from '../../train/model.ts'
import { Sequential } from '../../train/sequential.ts'

/** A model whose layers the format knows. */
export type LayersModel = Sequential | Functional<ModelResult>

/** Whether something is such a model: a class of the user's own is not. */
export const isNested = (module: object): module is LayersModel => {
  const prototype: unknown = Object.getPrototypeOf(module)
  return prototype === Sequential.prototype || prototype === Functional.prototype
}
