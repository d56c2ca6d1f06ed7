import { noGrad } from '../../../autodiff/mode.ts'
import { ModuleBuffer } from '../../../nn/buffer.ts'
import { pad } from '../../../ops/arrange.ts'
import { assign } from '../../../ops/detach.ts'
import { layerNorm, rmsNorm } from '../../../ops/norm-rows.ts'
import { sizeOf } from '../../../tensor/shape.ts'
import type { Tensor } from '../../../tensor/tensor.ts'
import type { Call, Operators } from '../call.ts'
import { refuse } from '../refuse.ts'
import { Value } from '../value.ts'

/** One number per channel, for x [batch, channels, …]. */
const perChannel = (t: Tensor, x: Tensor): Tensor => t.reshape([t.size, ...x.shape.slice(2).map(() => 1)])

/**
 * https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
 * The batch's own statistics where the node or the run is in training; then the moving ones move, if they are buffers
 * of the model.
 */
function batchNormalization(call: Call): readonly (Value | null)[] {
  const { attributes, opset } = call
  const [x, scale, bias, mean, variance] = [0, 1, 2, 3, 4].map(i => call.float(i))
  const epsilon = attributes.float('epsilon', 1e-5)
  const isTraining = call.run.training || (opset >= 14 && attributes.flag('training_mode'))
  const apply = (center: Tensor, spread: Tensor): Value =>
    call.like(
      x
        .sub(perChannel(center, x))
        .mul(perChannel(spread.add(epsilon).rsqrt(), x))
        .mul(perChannel(scale, x))
        .add(perChannel(bias, x)),
    )
  if (!isTraining) return [apply(mean, variance), null, null, null, null]
  const axis = x.shape.map((_, i) => i).filter(i => i !== 1)
  const center = x.mean({ axis })
  const spread = x.variance({ axis, correction: 0 })
  const keep = attributes.float('momentum', 0.9)
  const moving = noGrad(() => [
    mean.mul(keep).add(center.detach().mul(1 - keep)),
    variance.mul(keep).add(spread.detach().mul(1 - keep)),
  ])
  for (const [i, buffer] of [mean, variance].entries()) {
    if (buffer instanceof ModuleBuffer) assign(buffer, moving[i])
  }
  return [apply(center, spread), ...moving.map(t => call.like(t)), null, null]
}

/** Mean 0 and variance 1 over some axes. */
function standardized(x: Tensor, axis: readonly number[], epsilon: number): Tensor {
  const centered = x.sub(x.mean({ axis, keepDims: true }))
  return centered.mul(centered.square().mean({ axis, keepDims: true }).add(epsilon).rsqrt())
}

/** https://onnx.ai/onnx/operators/onnx__InstanceNormalization.html */
function instanceNormalization(call: Call): Value {
  const x = call.float(0)
  const epsilon = call.attributes.float('epsilon', 1e-5)
  const axis = x.shape.map((_, i) => i).slice(2)
  const y = standardized(x, axis, epsilon)
  return call.like(y.mul(perChannel(call.float(1), x)).add(perChannel(call.float(2), x)))
}

/** https://onnx.ai/onnx/operators/onnx__GroupNormalization.html: scale and bias per group in 18, per channel since 21. */
function groupNormalization(call: Call): Value {
  const x = call.float(0)
  const groups = call.attributes.int('num_groups', 1)
  const epsilon = call.attributes.float('epsilon', 1e-5)
  const [batch, channels] = x.shape
  if (channels % groups !== 0)
    return refuse(call.node.label, `${groups} groups do not divide ${channels} channels`)
  const rows = x.reshape([batch, groups, x.size / (batch * groups)])
  const y = standardized(rows, [2], epsilon)
  const [scale, bias] = [call.float(1), call.float(2)]
  if (scale.size === groups && call.opset < 21) {
    return call.like(
      y
        .mul(scale.reshape([groups, 1]))
        .add(bias.reshape([groups, 1]))
        .reshape(x.shape),
    )
  }
  return call.like(y.reshape(x.shape).mul(perChannel(scale, x)).add(perChannel(bias, x)))
}

/** https://onnx.ai/onnx/operators/onnx__LayerNormalization.html: over the last axes, from `axis` on. */
function layerNormalization(call: Call): readonly (Value | null)[] {
  const x = call.float(0)
  const axis = call.axis(call.attributes.int('axis', -1), x.shape)
  const epsilon = call.attributes.float('epsilon', 1e-5)
  const size = sizeOf(x.shape.slice(axis))
  const rows = x.reshape([-1, size])
  const y = layerNorm(rows, { epsilon }).reshape(x.shape).mul(call.float(1))
  const bias = call.optionalFloat(2)
  const kept = x.shape.map((length, i) => (i < axis ? length : 1))
  const statistic = (f: () => Tensor): Value => Value.ofTensor(f().reshape(kept), 'float32')
  return [
    call.like(bias === null ? y : y.add(bias)),
    call.wants(1) ? statistic(() => rows.mean({ axis: 1 })) : null,
    call.wants(2) ? statistic(() => rows.variance({ axis: 1, correction: 0 }).add(epsilon).rsqrt()) : null,
  ]
}

/** https://onnx.ai/onnx/operators/onnx__RMSNormalization.html */
function rmsNormalization(call: Call): Value {
  const x = call.float(0)
  const axis = call.axis(call.attributes.int('axis', -1), x.shape)
  const epsilon = call.attributes.float('epsilon', 1e-5)
  const rows = x.reshape([-1, sizeOf(x.shape.slice(axis))])
  return call.like(rmsNorm(rows, { epsilon }).reshape(x.shape).mul(call.float(1)))
}

/** x / (bias + α/size · Σ x²)^β over neighbouring channels: https://onnx.ai/onnx/operators/onnx__LRN.html */
function localResponse(call: Call): Value {
  const x = call.float(0)
  const { attributes } = call
  const size = attributes.int('size', 1)
  const channels = x.shape[1]
  const squares = x.square()
  const before = Math.floor((size - 1) / 2)
  let sum = squares.mul(0)
  for (let shift = -before; shift < size - before; shift++) {
    if (Math.abs(shift) >= channels) continue
    const part = squares.slice([null, [Math.max(0, shift), Math.min(channels, channels + shift)]])
    sum = sum.add(
      part.shape[1] === channels
        ? part
        : pad(
            part,
            x.shape.map((_, i) => (i === 1 ? [Math.max(0, -shift), Math.max(0, shift)] : [0, 0])),
          ),
    )
  }
  const scale = sum.mul(attributes.float('alpha', 1e-4) / size).add(attributes.float('bias', 1))
  return call.like(x.div(scale.pow(attributes.float('beta', 0.75))))
}

/** https://onnx.ai/onnx/operators/onnx__LpNormalization.html: a norm of 0 gives zeros. */
function lpNormalization(call: Call): Value {
  const x = call.float(0)
  const axis = call.axis(call.attributes.int('axis', -1), x.shape)
  const options = { axis, keepDims: true }
  const norm = call.attributes.int('p', 2) === 1 ? x.abs().sum(options) : x.square().sum(options).sqrt()
  return call.like(x.div(norm.equal(0).where(1, norm)))
}

/** https://onnx.ai/onnx/operators/onnx__MeanVarianceNormalization.html */
function meanVariance(call: Call): Value {
  const x = call.float(0)
  const axis = (call.attributes.ints('axes') ?? [0, 2, 3]).map(a => call.axis(a, x.shape))
  const centered = x.sub(x.mean({ axis, keepDims: true }))
  const deviation = centered.square().mean({ axis, keepDims: true }).sqrt()
  return call.like(centered.div(deviation.add(1e-9)))
}

export const normalizationOperators: Operators = {
  BatchNormalization: batchNormalization,
  GroupNormalization: groupNormalization,
  InstanceNormalization: instanceNormalization,
  LRN: localResponse,
  LayerNormalization: layerNormalization,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVariance,
  RMSNormalization: rmsNormalization,
}
