import { sizeOf } from '../../../tensor/shape.ts'
import type { Tensor } from '../../../tensor/tensor.ts'
import type { Operator, Operators } from '../call.ts'

/**
 * https://onnx.ai/onnx/operators/onnx__Softmax.html: along one axis, the last by default; before version 13 over all
 * axes from `axis` on, 1 by default.
 */
const softmaxLike =
  (f: (x: Tensor, options: { readonly axis: number }) => Tensor): Operator =>
  call => {
    const x = call.float(0)
    const axis = call.axis(call.attributes.int('axis', call.opset < 13 ? 1 : -1), x.shape)
    if (call.opset >= 13) return call.like(f(x, { axis }))
    const rows = x.reshape([sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))])
    return call.like(f(rows, { axis: 1 }).reshape(x.shape))
  }

export const softmaxOperators: Operators = {
  LogSoftmax: softmaxLike((x, options) => x.logSoftmax(options)),
  Softmax: softmaxLike((x, options) => x.softmax(options)),
}
