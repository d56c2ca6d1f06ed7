import { readStorage } from '../engine/engine.ts'
import { levelOf, unwrapMapped } from '../tensor/mapped.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** Whether any element is true: of any example, inside `vmap`. */
export function holdsTrue(x: Tensor): boolean {
  const level = levelOf([x])
  if (level !== null) return holdsTrue(unwrapMapped(x, level).x)
  for (const value of x.storage.cold ?? readStorage(x.storage)) if (value !== 0) return true
  return false
}
