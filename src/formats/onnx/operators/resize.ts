import type { Shape } from '../../../tensor/shape.ts'
import { fromCold, type Tensor } from '../../../tensor/tensor.ts'
import type { Call, Operators } from '../call.ts'
import { refuse } from '../refuse.ts'
import type { Value } from '../value.ts'
import { axisWeights, type AxisResize, type ResizeRules } from './resize-weights.ts'

interface Target {
  /** One per axis of x, in order. */
  readonly axes: readonly AxisResize[]
}

/** Sizes and scales for every axis: https://onnx.ai/onnx/operators/onnx__Resize.html */
function targetOf(call: Call, shape: Shape): Target {
  const { opset } = call
  const isOldest = opset < 11
  const roi = isOldest ? null : call.optionalWholes(1)
  const scales = call.optionalWholes(isOldest ? 1 : 2)
  const sizes = isOldest ? null : call.optionalWholes(3)
  const axes = (call.attributes.ints('axes') ?? shape.map((_, i) => i)).map(axis => call.axis(axis, shape))
  const hasScales = scales !== null && scales.length > 0
  const given = hasScales ? scales : (sizes ?? [])
  if (given.length !== axes.length)
    return refuse(call.node.label, `it has ${given.length} sizes for ${axes.length} axes`)
  const policy = call.attributes.string('keep_aspect_ratio_policy', 'stretch')
  const ratios = axes.map((axis, i) => (hasScales ? given[i] : given[i] / shape[axis]))
  const common =
    hasScales || policy === 'stretch'
      ? null
      : policy === 'not_larger'
        ? Math.min(...ratios)
        : Math.max(...ratios)
  const crop = call.attributes.string('coordinate_transformation_mode', '') === 'tf_crop_and_resize'
  return {
    axes: shape.map((size, axis) => {
      const i = axes.indexOf(axis)
      if (i < 0) return { size, out: size, scale: 1, from: 0, to: 1 }
      const [from, to] =
        roi !== null && roi.length === 2 * axes.length ? [roi[i], roi[axes.length + i]] : [0, 1]
      const scale = common ?? ratios[i]
      if (hasScales) return { size, out: Math.floor(size * (crop ? to - from : 1) * scale), scale, from, to }
      const out = common === null ? given[i] : Math.round(size * common)
      return { size, out, scale: common ?? out / size, from, to }
    }),
  }
}

function rulesOf(call: Call): ResizeRules {
  const { attributes, opset } = call
  return {
    mode: attributes.string('mode', 'nearest'),
    coordinates:
      opset < 11 ? 'asymmetric' : attributes.string('coordinate_transformation_mode', 'half_pixel'),
    nearest: opset < 11 ? 'floor' : attributes.string('nearest_mode', 'round_prefer_floor'),
    cubic: attributes.float('cubic_coeff_a', -0.75),
    excludeOutside: attributes.flag('exclude_outside'),
    antialias: attributes.flag('antialias'),
    extrapolation: attributes.float('extrapolation_value', 0),
  }
}

/** Along each axis a product with a matrix of weights, which gradients flow through. */
function resize(call: Call): Value {
  const x = call.float(0)
  const { axes } = targetOf(call, x.shape)
  call.bounded(axes.map(({ out }) => out))
  const rules = rulesOf(call)
  let y: Tensor = x
  const outside: { axis: number; places: readonly boolean[] }[] = []
  for (const [i, axis] of axes.entries()) {
    if (axis.out === axis.size && axis.scale === 1 && rules.coordinates !== 'tf_crop_and_resize') continue
    const result = axisWeights(axis, rules)
    if (result === null)
      return refuse(
        call.node.label,
        `there is no mode "${rules.mode}", "${rules.coordinates}", "${rules.nearest}"`,
      )
    call.bounded([axis.out, axis.size])
    y = alongAxis(y, i, fromCold(result.weights, [axis.out, axis.size], 'float32'))
    if (result.outside.some(Boolean)) outside.push({ axis: i, places: result.outside })
  }
  for (const { axis, places } of outside) {
    const mask = fromCold(
      Int32Array.from(places, value => (value ? 1 : 0)),
      y.shape.map((size, i) => (i === axis ? size : 1)),
      'bool',
    )
    y = mask.where(rules.extrapolation, y)
  }
  return call.like(y)
}

/** weights [out, size] applied to one axis of x. */
function alongAxis(x: Tensor, axis: number, weights: Tensor): Tensor {
  const order = [...x.shape.map((_, i) => i).filter(i => i !== axis), axis]
  const last = x.permute(order)
  const back = order.map((_, i) => order.indexOf(i))
  return last.matmul(weights, { transposeB: true }).permute(back)
}

/** https://onnx.ai/onnx/operators/onnx__Upsample.html: what Resize was before; scales are an attribute in version 7. */
function upsample(call: Call): Value {
  const x = call.float(0)
  const { attributes } = call
  const given = call.opset < 9 ? attributes.floats('scales') : Array.from(call.input(1).numbers())
  const scales = attributes.required('scales', given)
  if (scales.length !== x.rank)
    return refuse(call.node.label, `it has ${scales.length} scales for ${x.rank} axes`)
  const rules = { ...rulesOf(call), coordinates: 'asymmetric', nearest: 'floor' }
  const shape = call.bounded(x.shape.map((size, i) => Math.floor(size * scales[i])))
  return call.like(
    shape.reduce((y: Tensor, out, i) => {
      if (scales[i] === 1) return y
      const result = axisWeights({ size: x.shape[i], out, scale: scales[i], from: 0, to: 1 }, rules)
      if (result === null) return refuse(call.node.label, `there is no mode "${rules.mode}"`)
      return alongAxis(y, i, fromCold(result.weights, [out, x.shape[i]], 'float32'))
    }, x),
  )
}

export const resizeOperators: Operators = { Resize: resize, Upsample: upsample }
