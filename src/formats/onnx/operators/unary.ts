import { where } from '../../../ops/where.ts'
import type { Tensor } from '../../../tensor/tensor.ts'
import { fromCold } from '../../../tensor/tensor.ts'
import type { Call, Operator, Operators } from '../call.ts'
import { refuse } from '../refuse.ts'
import { Value } from '../value.ts'
import { mapNumbers } from './host.ts'

// Functions of one number: https://onnx.ai/onnx/operators/ (Abs, Acos, Acosh, …)

/** A function of floats, and what it does to whole numbers where the operator takes them. */
const unary =
  (f: (x: Tensor, call: Call) => Tensor, whole?: (value: number) => number): Operator =>
  call => {
    const x = call.input(0)
    if (!x.isFloat && whole !== undefined) return mapNumbers(x, whole)
    return call.like(f(call.float(0), call))
  }

/** ln(x + √(x² + 1)) of |x|, exact near 0. */
function asinh(x: Tensor): Tensor {
  const size = x.abs()
  const square = size.square()
  return size
    .add(square.div(square.add(1).sqrt().add(1)))
    .log1p()
    .mul(x.sign())
}

/** ln(x + √(x² − 1)), with t = x − 1 exact near 1. */
function acosh(x: Tensor): Tensor {
  const t = x.sub(1)
  return t.add(t.mul(2).add(t.square()).sqrt()).log1p()
}

const atanh = (x: Tensor): Tensor => x.log1p().sub(x.neg().log1p()).mul(0.5)

/** max(0, x) + min(0, α·(e^(x/α) − 1)) */
const celu = (x: Tensor, alpha: number): Tensor => x.relu().add(x.minimum(0).div(alpha).expm1().mul(alpha))

const hardSigmoid = (x: Tensor, alpha: number, beta: number): Tensor =>
  x.mul(alpha).add(beta).clip({ min: 0, max: 1 })

/** x·σ(α·x) */
const swish = (x: Tensor, alpha: number): Tensor => x.mul(x.mul(alpha).sigmoid())

/** Numbers of magnitude up to λ become 0, the others come nearer by the bias. */
function shrink(call: Call): Value {
  const lambda = call.attributes.float('lambd', 0.5)
  const bias = call.attributes.float('bias', 0)
  const x = call.input(0)
  if (!x.isFloat) {
    return mapNumbers(x, value => (value < -lambda ? value + bias : value > lambda ? value - bias : 0))
  }
  const t = x.tensor()
  return call.like(where(t.less(-lambda), t.add(bias), where(t.greater(lambda), t.sub(bias), 0)))
}

/** https://onnx.ai/onnx/operators/onnx__Clip.html: bounds are attributes before version 11, inputs after. */
function clip(call: Call): Value {
  const { attributes } = call
  const bounds =
    call.opset < 11
      ? [attributes.float('min', Number.NEGATIVE_INFINITY), attributes.float('max', Number.POSITIVE_INFINITY)]
      : [
          call.optionalNumber(1) ?? Number.NEGATIVE_INFINITY,
          call.optionalNumber(2) ?? Number.POSITIVE_INFINITY,
        ]
  const [min, max] = bounds
  const x = call.input(0)
  if (!x.isFloat) return mapNumbers(x, value => Math.min(max, Math.max(min, value)))
  const t = x.tensor()
  // With min > max everything becomes max.
  return call.like(min > max ? t.mul(0).add(max) : t.clip({ min, max }))
}

/** https://onnx.ai/onnx/operators/onnx__PRelu.html: the slope broadcasts to x; before version 7 it is one per channel. */
function prelu(call: Call): Value {
  const x = call.float(0)
  let slope = call.float(1)
  if (slope.rank === 1 && slope.size > 1 && call.opset < 7 && x.rank > 1) {
    slope = slope.reshape([slope.size, ...x.shape.slice(2).map(() => 1)])
  }
  return call.like(where(x.less(0), x.mul(slope), x))
}

function gelu(x: Tensor, call: Call): Tensor {
  const approximate = call.attributes.string('approximate', 'none')
  if (approximate !== 'none' && approximate !== 'tanh') {
    return refuse(call.node.label, `there is no approximation "${approximate}"`)
  }
  return x.gelu({ approximate })
}

function isInf(call: Call): Value {
  const positive = call.attributes.flag('detect_positive', true)
  const negative = call.attributes.flag('detect_negative', true)
  const numbers = call.input(0).numbers()
  const hits = Int32Array.from(numbers, value =>
    (positive && value === Number.POSITIVE_INFINITY) || (negative && value === Number.NEGATIVE_INFINITY)
      ? 1
      : 0,
  )
  return Value.ofTensor(fromCold(hits, call.input(0).shape, 'bool'))
}

/** Klambauer et al. 2017, rounded to float32 as in ONNX. */
const SELU_ALPHA = Math.fround(1.6732631921768188)
const SELU_GAMMA = Math.fround(1.0507010221481323)

export const unaryOperators: Operators = {
  Abs: unary(x => x.abs(), Math.abs),
  Acos: unary(x => x.acos()),
  Acosh: unary(acosh),
  Asin: unary(x => x.asin()),
  Asinh: unary(asinh),
  Atan: unary(x => x.atan()),
  Atanh: unary(atanh),
  Ceil: unary(x => x.ceil(), Math.ceil),
  Celu: unary((x, { attributes }) => celu(x, attributes.float('alpha', 1))),
  Clip: clip,
  Cos: unary(x => x.cos()),
  Cosh: unary(x => x.cosh()),
  Elu: unary((x, { attributes }) => x.elu({ alpha: attributes.float('alpha', 1) })),
  Erf: unary(x => x.erf()),
  Exp: unary(x => x.exp()),
  Floor: unary(x => x.floor(), Math.floor),
  Gelu: unary(gelu),
  HardSigmoid: unary((x, { attributes }) =>
    hardSigmoid(x, attributes.float('alpha', 0.2), attributes.float('beta', 0.5)),
  ),
  HardSwish: unary(x => x.mul(hardSigmoid(x, 1 / 6, 0.5))),
  Identity: call => call.input(0),
  IsInf: isInf,
  IsNaN: call => Value.ofTensor(call.float(0).isNaN()),
  LeakyRelu: unary((x, { attributes }) => x.leakyRelu({ slope: attributes.float('alpha', 0.01) })),
  Log: unary(x => x.log()),
  Mish: unary(x => x.mish()),
  Neg: unary(
    x => x.neg(),
    value => -value,
  ),
  PRelu: prelu,
  Reciprocal: unary(x => x.reciprocal()),
  Relu: unary(
    x => x.relu(),
    value => Math.max(0, value),
  ),
  Round: unary(x => x.round()),
  Selu: unary((x, { attributes }) =>
    x.elu({ alpha: attributes.float('alpha', SELU_ALPHA) }).mul(attributes.float('gamma', SELU_GAMMA)),
  ),
  Shrink: shrink,
  Sigmoid: unary(x => x.sigmoid()),
  Sign: unary(x => x.sign(), Math.sign),
  Sin: unary(x => x.sin()),
  Sinh: unary(x => x.sinh()),
  Softplus: unary(x => x.softplus()),
  Softsign: unary(x => x.softsign()),
  Sqrt: unary(x => x.sqrt()),
  Swish: unary((x, { attributes }) => swish(x, attributes.float('alpha', 1))),
  Tan: unary(x => x.tan()),
  Tanh: unary(x => x.tanh()),
  ThresholdedRelu: unary((x, { attributes }) => x.greater(attributes.float('alpha', 1)).where(x, 0)),
}
