import { defaultGenerator, Generator } from '../../../tensor/random.ts'
import { fromCold } from '../../../tensor/tensor.ts'
import { type Shape, sizeOf } from '../../../tensor/shape.ts'
import type { Call, Operator, Operators } from '../call.ts'
import { type ElementType, elementTypeOf } from '../element-type.ts'
import { Value } from '../value.ts'

/** The generator of a node: its own for a seed, else the default one. */
function generatorOf({ attributes }: Call): Generator {
  return attributes.has('seed')
    ? new Generator(Math.trunc(Math.abs(attributes.number('seed', 0))))
    : defaultGenerator()
}

/**
 * https://onnx.ai/onnx/operators/onnx__Dropout.html: the ratio is an attribute before version 12, an input after. It
 * drops where the node or the run is in training.
 */
function dropout(call: Call): readonly (Value | null)[] {
  const x = call.float(0)
  const { attributes, opset } = call
  const ratio = opset < 12 ? attributes.float('ratio', 0.5) : (call.optionalNumber(1) ?? 0.5)
  const isAsked = opset >= 12 && (call.optionalNumber(2) ?? 0) !== 0
  const isOld = opset < 7 && attributes.has('is_test') && !attributes.flag('is_test')
  if (!(call.run.training || isAsked || isOld) || ratio === 0) {
    const all = call.wants(1) ? maskValue(new Int32Array(x.size).fill(1), x.shape, call) : null
    return [call.input(0), all]
  }
  const uniform = generatorOf(call).uniform(x.size, 0, 1)
  const kept = Int32Array.from(uniform, value => (value >= ratio ? 1 : 0))
  const mask = fromCold(kept, x.shape, 'bool')
  const factor = ratio < 1 ? 1 / (1 - ratio) : 0
  return [call.like(mask.where(x.mul(factor), 0)), call.wants(1) ? maskValue(kept, x.shape, call) : null]
}

/** The mask has the type of x before version 10. */
const maskValue = (kept: Int32Array, shape: Shape, call: Call): Value =>
  Value.ofNumbers(kept, shape, call.opset < 10 ? call.input(0).type : 'bool')

function typeOf(call: Call, missing: ElementType): ElementType {
  return call.attributes.has('dtype')
    ? elementTypeOf(call.attributes.int('dtype', 1), call.node.label)
    : missing
}

type Draw = (generator: Generator, count: number, call: Call) => ArrayLike<number>

const uniform: Draw = (generator, count, { attributes }) =>
  generator.uniform(count, attributes.float('low', 0), attributes.float('high', 1))

const normal: Draw = (generator, count, { attributes }) =>
  generator.normal(count, attributes.float('mean', 0), attributes.float('scale', 1))

const shaped =
  (draw: Draw): Operator =>
  call => {
    const shape = call.bounded(call.attributes.required('shape', call.attributes.ints('shape')))
    return Value.ofNumbers(draw(generatorOf(call), sizeOf(shape), call), shape, typeOf(call, 'float32'))
  }

const alike =
  (draw: Draw): Operator =>
  call => {
    const { shape, type } = call.input(0)
    return Value.ofNumbers(draw(generatorOf(call), sizeOf(shape), call), shape, typeOf(call, type))
  }

/** 1 with the probability that x gives. */
function bernoulli(call: Call): Value {
  const { shape, type } = call.input(0)
  const chances = call.float(0).values()
  const uniform = generatorOf(call).uniform(chances.length, 0, 1)
  return Value.ofNumbers(
    Float64Array.from(uniform, (value, i) => (value < chances[i] ? 1 : 0)),
    shape,
    typeOf(call, type),
  )
}

export const randomOperators: Operators = {
  Bernoulli: bernoulli,
  Dropout: dropout,
  RandomNormal: shaped(normal),
  RandomNormalLike: alike(normal),
  RandomUniform: shaped(uniform),
  RandomUniformLike: alike(uniform),
}
