import type { Tensor } from '../../../tensor/tensor.ts'
import type { Call } from '../call.ts'
import { refuse } from '../refuse.ts'

/** An activation of a recurrent node, with its parameters filled in. */
export interface Step {
  readonly name: string
  readonly apply: (x: Tensor) => Tensor
}

interface Kind {
  /** Defaults of α and β; absent where the activation has none. */
  readonly alpha?: number
  readonly beta?: number
  readonly apply: (x: Tensor, alpha: number, beta: number) => Tensor
}

/** https://onnx.ai/onnx/operators/onnx__RNN.html */
const KINDS: Readonly<Record<string, Kind>> = {
  Affine: { alpha: 1, beta: 0, apply: (x, alpha, beta) => x.mul(alpha).add(beta) },
  Elu: { alpha: 1, apply: (x, alpha) => x.elu({ alpha }) },
  HardSigmoid: { alpha: 0.2, beta: 0.5, apply: (x, a, b) => x.mul(a).add(b).clip({ min: 0, max: 1 }) },
  LeakyRelu: { alpha: 0.01, apply: (x, alpha) => x.leakyRelu({ slope: alpha }) },
  Relu: { apply: x => x.relu() },
  ScaledTanh: { alpha: 1, beta: 1, apply: (x, alpha, beta) => x.mul(beta).tanh().mul(alpha) },
  Sigmoid: { apply: x => x.sigmoid() },
  Softplus: { apply: x => x.softplus() },
  Softsign: { apply: x => x.softsign() },
  Tanh: { apply: x => x.tanh() },
  ThresholdedRelu: { alpha: 1, apply: (x, alpha) => x.greater(alpha).where(x, 0) },
}

const byLowerCase = new Map(Object.entries(KINDS).map(([name, kind]) => [name.toLowerCase(), { name, kind }]))

/** The activations of one direction; parameters are handed out in order to those that have some. */
export function activationsOf(call: Call, missing: readonly string[], direction: number): Step[] {
  const names = call.attributes.strings('activations') ?? []
  const all = names.length === 0 ? [...missing, ...missing] : names
  const alphas = [...(call.attributes.floats('activation_alpha') ?? [])]
  const betas = [...(call.attributes.floats('activation_beta') ?? [])]
  const steps = all.map(given => {
    const found = byLowerCase.get(given.toLowerCase())
    if (found === undefined) return refuse(call.node.label, `there is no activation "${given}"`)
    const { name, kind } = found
    const alpha = kind.alpha === undefined ? 0 : (alphas.shift() ?? kind.alpha)
    const beta = kind.beta === undefined ? 0 : (betas.shift() ?? kind.beta)
    // What the fused operations know as hardSigmoid.
    const isKeras = name === 'HardSigmoid' && Math.fround(alpha) === Math.fround(0.2) && beta === 0.5
    return { name: isKeras ? 'KerasHardSigmoid' : name, apply: (x: Tensor) => kind.apply(x, alpha, beta) }
  })
  const count = missing.length
  const own = steps.slice(direction * count, (direction + 1) * count)
  return own.length === count ? own : refuse(call.node.label, `it names ${names.length} activations`)
}
