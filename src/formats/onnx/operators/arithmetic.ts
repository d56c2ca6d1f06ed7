import { where } from '../../../ops/where.ts'
import type { Tensor } from '../../../tensor/tensor.ts'
import type { Call, Operator, Operators } from '../call.ts'
import { type ElementType, wrap } from '../element-type.ts'
import { Value } from '../value.ts'
import { zipNumbers } from './host.ts'

/**
 * The right operand as its shape counts. Up to version 6 it is aligned by an attribute: `axis` says with which axis of
 * the left operand its first one goes along (https://onnx.ai/onnx/operators/onnx__Add.html#add-6).
 */
export function alignedRight(call: Call): Value {
  const [a, b] = [call.input(0), call.input(1)]
  const axis = call.attributes.int('axis', -1)
  if (call.opset >= 7 || !call.attributes.flag('broadcast') || axis === -1) return b
  const after = a.rank - call.axis(axis, a.shape) - b.rank
  return after > 0 ? b.reshaped([...b.shape, ...new Array<number>(after).fill(1)]) : b
}

const binary =
  (f: (a: Tensor, b: Tensor) => Tensor, whole: (a: number, b: number) => number): Operator =>
  call => {
    const a = call.input(0)
    const b = alignedRight(call)
    if (a.isFloat) return call.like(f(a.tensor(), floatOf(b)))
    return zipNumbers(call.node.opType, a, b, whole)
  }

const floatOf = (value: Value): Tensor => (value.isFloat ? value.tensor() : value.tensor().cast('float32'))

/** The remainder with the sign of the divisor, as in Python. */
const modulo = (a: number, b: number): number => a - b * Math.floor(a / b)

/** The remainder with the sign of the dividend, as in C: exact, because `mod` is. */
function remainder(a: Tensor, b: Tensor): Tensor {
  const rest = a.mod(b)
  return where(rest.mul(a).less(0), rest.sub(b), rest)
}

/** https://onnx.ai/onnx/operators/onnx__Mod.html */
function mod(call: Call): Value {
  const [a, b] = [call.input(0), call.input(1)]
  const isRemainder = call.attributes.flag('fmod')
  if (a.isFloat) return call.like((isRemainder ? remainder : pythonMod)(a.tensor(), floatOf(b)))
  return zipNumbers('Mod', a, b, isRemainder ? (x, y) => x % y : modulo)
}

const pythonMod = (a: Tensor, b: Tensor): Tensor => a.mod(b)

/** https://onnx.ai/onnx/operators/onnx__Pow.html: the result has the type of the base. */
function pow(call: Call): Value {
  const base = call.input(0)
  const exponent = alignedRight(call)
  if (!base.isFloat) return zipNumbers('Pow', base, exponent, (x, y) => Math.trunc(x ** y))
  // One number as exponent takes a faster way, unless it is trained.
  const isConstant = exponent.size === 1 && exponent.rank <= base.rank && !floatOf(exponent).requiresGrad
  return call.like(base.tensor().pow(isConstant ? exponent.numbers()[0] : floatOf(exponent)))
}

/** A function of any number of operands. */
const variadic =
  (f: (a: Tensor, b: Tensor) => Tensor, whole: (a: number, b: number) => number): Operator =>
  call =>
    call
      .inputs()
      .reduce((a, b) =>
        a.isFloat
          ? Value.ofTensor(f(a.tensor(), floatOf(b)), a.type)
          : zipNumbers(call.node.opType, a, b, whole),
      )

const sum = variadic(
  (a, b) => a.add(b),
  (a, b) => a + b,
)

function mean(call: Call): Value {
  const total = sum(call) as Value
  return Value.ofTensor(total.tensor().div(call.inputs().length), total.type)
}

/** A function of bits, computed with BigInt so that 64-bit numbers keep theirs. */
const bitwise =
  (f: (a: bigint, b: bigint) => bigint): Operator =>
  call =>
    zipNumbers(call.node.opType, call.input(0), call.input(1), (a, b) => Number(f(BigInt(a), BigInt(b))))

/** https://onnx.ai/onnx/operators/onnx__BitShift.html */
function bitShift(call: Call): Value {
  const left = call.attributes.string('direction', 'LEFT') === 'LEFT'
  const [a, b] = [call.input(0), call.input(1)]
  return zipNumbers('BitShift', a, b, (x, y) => (left ? x * 2 ** y : Math.floor(x / 2 ** y)))
}

function bitwiseNot(call: Call): Value {
  const x = call.input(0)
  const type: ElementType = x.type
  return Value.ofNumbers(
    Float64Array.from(x.numbers(), value => wrap(-value - 1, type)),
    x.shape,
    type,
  )
}

// https://onnx.ai/onnx/operators/ (Add, Div, Max, …)
export const arithmeticOperators: Operators = {
  Add: binary(
    (a, b) => a.add(b),
    (a, b) => a + b,
  ),
  BitShift: bitShift,
  BitwiseAnd: bitwise((a, b) => a & b),
  BitwiseNot: bitwiseNot,
  BitwiseOr: bitwise((a, b) => a | b),
  BitwiseXor: bitwise((a, b) => a ^ b),
  Div: binary(
    (a, b) => a.div(b),
    (a, b) => Math.trunc(a / b),
  ),
  Max: variadic((a, b) => a.maximum(b), Math.max),
  Mean: mean,
  Min: variadic((a, b) => a.minimum(b), Math.min),
  Mod: mod,
  Mul: binary(
    (a, b) => a.mul(b),
    (a, b) => a * b,
  ),
  Pow: pow,
  Sub: binary(
    (a, b) => a.sub(b),
    (a, b) => a - b,
  ),
  Sum: sum,
}
