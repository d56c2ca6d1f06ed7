import { matmul } from '../../../ops/matmul.ts'
import { concat, stack } from '../../../ops/concat.ts'
import { eye } from '../../../tensor/creation.ts'
import type { Tensor } from '../../../tensor/tensor.ts'
import type { Call, Operators } from '../call.ts'
import type { Value } from '../value.ts'
import { einsumOperator } from './einsum.ts'

/** https://onnx.ai/onnx/operators/onnx__Gemm.html: α·A'·B' + β·C */
function gemm(call: Call): Value {
  const { attributes } = call
  const transposeA = attributes.flag('transA')
  const transposeB = attributes.flag('transB')
  const alpha = attributes.float('alpha', 1)
  const beta = attributes.float('beta', 1)
  let y = matmul(call.float(0), call.float(1), { transposeA, transposeB })
  if (alpha !== 1) y = y.mul(alpha)
  const c = call.optionalFloat(2)
  if (c !== null && beta !== 0) y = y.add(beta === 1 ? c : c.mul(beta))
  return call.like(y)
}

/**
 * Determinants of the last two axes by elimination with row exchanges; the exchanges are products with permutations,
 * so that gradients flow.
 */
function determinant(x: Tensor): Tensor {
  const size = x.shape[x.rank - 1]
  const matrices = x.reshape([-1, size, size])
  const results = Array.from({ length: matrices.shape[0] }, (_, i) =>
    determinantOf(matrices.slice([[i, i + 1]]).reshape([size, size])),
  )
  return stack(results).reshape(x.shape.slice(0, -2))
}

function determinantOf(matrix: Tensor): Tensor {
  let rest = matrix
  let result: Tensor | null = null
  let sign = 1
  while (rest.shape[0] > 0) {
    const column = rest.slice([null, [0, 1]])
    const values = column.data()
    const pivot = values.reduce((best, value, i) => (Math.abs(value) > Math.abs(values[best]) ? i : best), 0)
    const row = rest.slice([[pivot, pivot + 1]])
    const others = concat([rest.slice([[0, pivot]]), rest.slice([[pivot + 1, null]])], { axis: 0 })
    const corner = row.slice([null, [0, 1]])
    if (pivot % 2 === 1) sign = -sign
    result = result === null ? corner : result.mul(corner)
    if (values[pivot] === 0 || others.shape[0] === 0) break
    const factors = others.slice([null, [0, 1]]).div(corner)
    rest = others.slice([null, [1, null]]).sub(factors.matmul(row.slice([null, [1, null]])))
  }
  return result === null ? eye(1).sum() : result.mul(sign).reshape([])
}

export const matmulOperators: Operators = {
  Det: call => call.like(determinant(call.float(0))),
  Einsum: einsumOperator,
  Gemm: gemm,
  MatMul: call => call.like(matmul(call.float(0), call.float(1))),
}
