import type { Shape } from '../tensor/shape.ts'
import { sameShape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { sum } from './reduce.ts'
import { reshape } from './reshape.ts'

/** Sums over the axes along which `shape` was broadcast: the transpose of broadcasting. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x
  const lead = x.rank - shape.length
  const axes = x.shape.map((_, i) => i).filter(i => i < lead || (shape[i - lead] === 1 && x.shape[i] !== 1))
  return reshape(axes.length === 0 ? x : sum(x, { axis: axes }), shape)
}
