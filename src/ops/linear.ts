import { ShapeError } from '../errors.ts'
import { formatShape, sizeOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { at, defineOp } from './define.ts'
import { padRank } from './map-rules.ts'
import { toFloat } from './operand.ts'
import { reshape } from './reshape.ts'

/** x [rows, in], kernel [in, out], bias [out]: the bias is written first, the product is added onto it. */
const linearOp = defineOp<null>('linear', {
  shape: ([x, kernel]) => [x.shape[0], kernel.shape[1]],
  forward: ([x, kernel, bias], out, _, engine) => {
    const [rows, units] = out.shape
    const { kernels } = engine
    const y = at(engine, out)
    kernels.fillRows(y, at(engine, bias), rows, units)
    const inputs = x.shape[1]
    kernels.gemm(
      false,
      false,
      rows,
      units,
      inputs,
      at(engine, x),
      inputs,
      at(engine, kernel),
      units,
      y,
      units,
      true,
    )
  },
  gradient: ([x, kernel], g) => [
    () => g.matmul(kernel, { transposeB: true }), // dX = G·Wᵀ
    () => x.matmul(g, { transposeA: true }), //      dW = Xᵀ·G
    () => g.sum({ axis: 0 }), //                     db = Σ rows of G
  ],
  map: ([x, kernel, bias]) =>
    kernel.isMapped || bias.isMapped
      ? x.x.matmul(kernel.x).add(padRank(bias, 2))
      : linear(x.x, kernel.x, bias.x),
})

/**
 * Affine map of the last axis, y = x·W + b, in one pass.
 *
 *   x [..., in], kernel [in, out], bias [out] → [..., out]
 *
 * @throws ShapeError when the sizes do not fit
 * @example linear(ones([2, 3]), ones([3, 4]), zeros([4]))   // [2, 4], every entry 3
 */
export function linear<L extends number[], In extends number, Out extends number>(
  x: Tensor<readonly [...L, In]>,
  kernel: Tensor<readonly [NoInfer<In>, Out]>,
  bias: Tensor<readonly [NoInfer<Out>]> | null,
): Tensor<[...L, Out]>
export function linear(x: Tensor, weights: Tensor, offset: Tensor | null): Tensor {
  const input = toFloat('linear', x)
  const kernel = toFloat('linear', weights)
  const bias = offset === null ? null : toFloat('linear', offset)
  const size = input.shape[input.rank - 1]
  if (input.rank === 0 || kernel.rank !== 2 || size !== kernel.shape[0]) {
    throw new ShapeError({
      operation: 'linear',
      problem: `needs [..., in] and a kernel [in, out], got ${formatShape(input.shape)} and ${formatShape(kernel.shape)}.`,
      hint: 'the kernel is [inputs, outputs]; a vector needs expandDims first.',
      shapes: [input.shape, kernel.shape],
    })
  }
  if (bias === null) return input.matmul(kernel)
  if (bias.rank !== 1 || bias.shape[0] !== kernel.shape[1]) {
    throw new ShapeError({
      operation: 'linear',
      problem: `needs a bias [${kernel.shape[1]}] for the kernel ${formatShape(kernel.shape)}, got ${formatShape(bias.shape)}.`,
      hint: 'one number per column of the kernel.',
      shapes: [bias.shape, kernel.shape],
    })
  }
  if (input.rank === 2) return linearOp([input, kernel, bias], null)
  const lead = input.shape.slice(0, -1)
  return reshape(linearOp([reshape(input, [sizeOf(lead), size]), kernel, bias], null), [
    ...lead,
    kernel.shape[1],
  ])
}
