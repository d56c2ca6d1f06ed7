import { DTypeError, ShapeError } from '../errors.ts'
import { broadcastShapes, formatShape, sameShape, type Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { mul } from './arithmetic.ts'
import { cast } from './cast.ts'
import { isTensor } from './operand.ts'

/** Where both are not 0; null stands for everywhere. */
export function logicalAnd(a: Tensor | null, b: Tensor | null): Tensor | null {
  if (a === null || b === null) return a ?? b
  return cast(mul(cast(a, 'int32'), cast(b, 'int32')), 'bool')
}

/**
 * Checks a mask of scores: bool or int32 (may attend where it is not 0), or float32 (added to the scores).
 *
 * @throws ShapeError unless it broadcasts to the scores' shape
 */
export function checkedMask(operation: string, mask: Tensor | null, scores: Shape): Tensor | null {
  if (mask === null) return null
  if (!isTensor(mask)) {
    throw new DTypeError({ operation, problem: `needs a tensor as mask, got ${typeof mask}.` })
  }
  const fits = mask.rank <= scores.length && sameShape(broadcastShapes(operation, mask.shape, scores), scores)
  if (!fits) {
    throw new ShapeError({
      operation,
      problem: `needs a mask that broadcasts to the scores ${formatShape(scores)}, got ${formatShape(mask.shape)}.`,
      hint: 'the last two axes are queries and keys; a mask of keys [batch, keys] becomes [batch, 1, 1, keys].',
      shapes: [mask.shape, scores],
    })
  }
  return mask.dtype === 'int32' ? cast(mask, 'bool') : mask
}
