import type { Tensor } from '../../../tensor/tensor.ts'
import type { Call, Operator, Operators } from '../call.ts'
import type { Value } from '../value.ts'

// One step of an optimizer as an operator: https://onnx.ai/onnx/operators/onnx_aionnxpreviewtraining_Adagrad.html

/** A step for one tensor: its number, gradient and state; gives the tensor and the state after. */
type Update = (call: Call, rate: number, step: number, tensors: readonly Tensor[]) => readonly Tensor[]

/** Inputs are the rate, the step, then all tensors, all gradients, all first states, all second states. */
const optimizer =
  (kinds: number, update: Update): Operator =>
  call => {
    const count = (call.inputCount - 2) / kinds
    const [rate, step] = [call.number(0), call.number(1)]
    const results: Value[][] = Array.from({ length: kinds - 1 }, () => [])
    for (let i = 0; i < count; i++) {
      const tensors = Array.from({ length: kinds }, (_, kind) => call.float(2 + kind * count + i))
      update(call, rate, step, tensors).forEach((tensor, kind) => {
        results[kind].push(call.like(tensor, 2 + i))
      })
    }
    return results.flat()
  }

const adagrad: Update = ({ attributes }, rate, step, [x, g, squares]) => {
  const slowed = rate / (1 + step * attributes.float('decay_factor', 0))
  const gradient = x.mul(attributes.float('norm_coefficient', 0)).add(g)
  const sum = squares.add(gradient.square())
  return [x.sub(gradient.mul(slowed).div(sum.sqrt().add(attributes.float('epsilon', 1e-6)))), sum]
}

const adam: Update = ({ attributes }, rate, step, [x, g, first, second]) => {
  const [alpha, beta] = [attributes.float('alpha', 0.9), attributes.float('beta', 0.999)]
  const gradient = x.mul(attributes.float('norm_coefficient', 0)).add(g)
  const v = first.mul(alpha).add(gradient.mul(1 - alpha))
  const h = second.mul(beta).add(gradient.square().mul(1 - beta))
  const adjusted = step > 0 ? (rate * Math.sqrt(1 - beta ** step)) / (1 - alpha ** step) : rate
  const next = x.sub(v.mul(adjusted).div(h.sqrt().add(attributes.float('epsilon', 1e-6))))
  return [next.mul(1 - attributes.float('norm_coefficient_post', 0)), v, h]
}

const momentum: Update = ({ attributes }, rate, step, [x, g, v]) => {
  const alpha = attributes.float('alpha', 0)
  const beta = step > 0 ? attributes.float('beta', 0) : 1
  const gradient = x.mul(attributes.float('norm_coefficient', 0)).add(g)
  const velocity = v.mul(alpha).add(gradient.mul(beta))
  const isNesterov = attributes.string('mode', 'standard') === 'nesterov'
  return [x.sub((isNesterov ? gradient.add(velocity.mul(alpha)) : velocity).mul(rate)), velocity]
}

export const trainingOperators: Operators = {
  Adagrad: optimizer(3, adagrad),
  Adam: optimizer(4, adam),
  Momentum: optimizer(3, momentum),
}
