import { takeAlongAxis } from '../../../ops/gather.ts'
import { fromCold, type Tensor } from '../../../tensor/tensor.ts'
import type { Call, Operators } from '../call.ts'
import { refuse } from '../refuse.ts'
import type { Value } from '../value.ts'

/**
 * −weight[class]·logProbability[class], reduced as the node says; classes are along axis 1.
 * https://onnx.ai/onnx/operators/onnx__NegativeLogLikelihoodLoss.html
 */
function likelihoodLoss(call: Call, logProbabilities: Tensor): Value {
  const target = call.input(1)
  const classes = logProbabilities.shape[1]
  const ignored = call.attributes.has('ignore_index') ? call.attributes.int('ignore_index', 0) : null
  const numbers = target.numbers()
  const weights = call.optional(2)?.numbers() ?? null
  const chosen = new Int32Array(numbers.length)
  const factors = new Float32Array(numbers.length)
  for (let i = 0; i < numbers.length; i++) {
    if (numbers[i] === ignored) continue
    if (!(numbers[i] >= 0 && numbers[i] < classes))
      return refuse(call.node.label, `there is no class ${numbers[i]}`)
    chosen[i] = numbers[i]
    factors[i] = weights === null ? 1 : weights[numbers[i]]
  }
  const [batch, ...rest] = target.shape
  const index = fromCold(chosen, [batch, 1, ...rest], 'int32')
  const factor = fromCold(factors, target.shape, 'float32')
  const picked = takeAlongAxis(logProbabilities, index, { axis: 1 }).reshape(target.shape)
  const losses = picked.mul(factor).neg()
  const reduction = call.attributes.string('reduction', 'mean')
  if (reduction === 'none') return call.like(losses)
  if (reduction === 'sum') return call.like(losses.sum())
  if (reduction !== 'mean') return refuse(call.node.label, `there is no reduction "${reduction}"`)
  return call.like(losses.sum().div(factor.sum()))
}

/** https://onnx.ai/onnx/operators/onnx__SoftmaxCrossEntropyLoss.html */
function crossEntropyLoss(call: Call): readonly (Value | null)[] {
  const logProbabilities = call.float(0).logSoftmax({ axis: 1 })
  return [likelihoodLoss(call, logProbabilities), call.wants(1) ? call.like(logProbabilities) : null]
}

export const lossOperators: Operators = {
  NegativeLogLikelihoodLoss: call => likelihoodLoss(call, call.float(0)),
  SoftmaxCrossEntropyLoss: crossEntropyLoss,
}
