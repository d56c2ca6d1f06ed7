import type { Call, Operator, Operators } from '../call.ts'
import { elementTypeOf } from '../element-type.ts'
import { Value } from '../value.ts'

/** A window of cosines: Σ aₖ·cos(2πkn/size), periodic by default. https://onnx.ai/onnx/operators/onnx__HannWindow.html */
const cosineWindow =
  (...coefficients: readonly number[]): Operator =>
  (call: Call) => {
    const [count] = call.bounded([call.number(0)])
    const divisor = call.attributes.flag('periodic', true) ? count : count - 1
    const type = elementTypeOf(call.attributes.int('output_datatype', 1), call.node.label)
    const numbers = Float64Array.from({ length: count }, (_, n) =>
      coefficients.reduce((sum, a, k) => sum + a * Math.cos((2 * Math.PI * k * n) / divisor), 0),
    )
    return Value.ofNumbers(numbers, [count], type)
  }

export const signalOperators: Operators = {
  BlackmanWindow: cosineWindow(0.42, -0.5, 0.08),
  HammingWindow: cosineWindow(25 / 46, -21 / 46),
  HannWindow: cosineWindow(0.5, -0.5),
}
