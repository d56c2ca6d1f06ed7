import { isFloat } from '../engine/dtype.ts'
import { broadcastShapes } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { broadcastTo } from './broadcast-to.ts'
import { cast } from './cast.ts'
import { at, defineOp, elementsOf } from './define.ts'
import { mapLeading } from './map-rules.ts'
import { type Operand, promote, requireTensor } from './operand.ts'

/** All three have one shape. */
const select = defineOp<null>('where', {
  shape: ([, a]) => a.shape,
  dtype: ([, a]) => a.dtype,
  forward: ([condition, a, b], out, _, engine) =>
    elementsOf(engine, a.dtype).where(
      at(engine, out),
      at(engine, condition),
      at(engine, a),
      at(engine, b),
      out.size,
    ),
  gradient: ([condition], g) => [null, () => condition.where(g, 0), () => condition.where(0, g)],
  readsValues: true,
  map: mapLeading,
})

/**
 * Chooses elementwise, with broadcasting: `condition ? a : b`.
 *
 * @example where(greater(x, 0), x, 0)   // relu
 */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  requireTensor('where', condition)
  const [p, q] = promote('where', a, b)
  const shape = broadcastShapes('where', condition.shape, broadcastShapes('where', p.shape, q.shape))
  const mask = isFloat(condition.dtype) ? cast(condition, 'bool') : condition
  return select([broadcastTo(mask, shape), broadcastTo(p, shape), broadcastTo(q, shape)], null)
}
