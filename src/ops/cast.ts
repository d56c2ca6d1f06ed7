import type { DType } from '../engine/dtype.ts'
import { checkDType } from '../tensor/check-dtype.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { at, defineOp } from './define.ts'
import { mapLeading } from './map-rules.ts'

const castOp = defineOp<{ to: DType }>('cast', {
  shape: ([x]) => x.shape,
  dtype: (_, { to }) => to,
  forward: ([x], out, { to }, engine) => {
    const { kernels } = engine
    const args = [at(engine, out), at(engine, x), x.size] as const
    const from = x.dtype
    if (from === 'float32') {
      if (to === 'int32') kernels.floatToInt(...args)
      else if (to === 'bool') kernels.floatToBool(...args)
      else kernels.float.copy(...args)
    } else if (to === 'float32') kernels.intToFloat(...args)
    else if (to === 'int32') kernels.int.copy(...args)
    else kernels.int.compare.notEqual(args[0], args[1], zeroOf(engine), 1, x.size, 0, 1, 0, 0)
  },
  gradient: 'the result is a whole number or a boolean, which cannot change a little.',
  map: mapLeading,
})

/** The address of an int 0: booleans are "≠ 0". */
function zeroOf(engine: Parameters<typeof at>[0]): number {
  const storage = engine.create('int32', 1)
  const pointer = engine.pointer(storage)
  engine.kernels.int.fill(pointer, 1, 0)
  return pointer
}

/**
 * Converts to another element type. To int32: towards zero, saturating, NaN becomes 0. To bool: ≠ 0.
 * No gradient flows through, except where nothing is converted.
 *
 * @example cast(tensor([1.7, -1.7]), 'int32')   // [1, -1]
 */
export function cast<S extends Shape>(x: Tensor<S>, dtype: DType): Tensor<S> {
  checkDType('cast', dtype)
  return x.dtype === dtype ? x : castOp([x], { to: dtype })
}
