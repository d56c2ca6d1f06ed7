import { ValueError } from '../errors.ts'
import { suggestName } from '../suggest.ts'
import { type ActivationInPlace, overwriteWith } from '../ops/overwrite.ts'
import { elu, hardSigmoidKeras, leakyRelu, softplus } from '../ops/parametric.ts'
import { logSoftmax, softmax } from '../ops/softmax.ts'
import { gelu, mish, relu, relu6, selu, sigmoid, silu, softsign, tanh } from '../ops/unary.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** Activations by name; softmax runs over the last axis. */
const ACTIVATIONS = {
  linear: (x: Tensor): Tensor => x,
  relu: (x: Tensor): Tensor => relu(x),
  relu6: (x: Tensor): Tensor => relu6(x),
  leakyRelu: (x: Tensor): Tensor => leakyRelu(x),
  elu: (x: Tensor): Tensor => elu(x),
  selu: (x: Tensor): Tensor => selu(x),
  gelu: (x: Tensor): Tensor => gelu(x),
  /** The tanh approximation of gelu. */
  geluTanh: (x: Tensor): Tensor => gelu(x, { approximate: 'tanh' }),
  silu: (x: Tensor): Tensor => silu(x),
  mish: (x: Tensor): Tensor => mish(x),
  tanh: (x: Tensor): Tensor => tanh(x),
  sigmoid: (x: Tensor): Tensor => sigmoid(x),
  hardSigmoid: (x: Tensor): Tensor => hardSigmoidKeras(x),
  softplus: (x: Tensor): Tensor => softplus(x),
  softsign: (x: Tensor): Tensor => softsign(x),
  softmax: (x: Tensor): Tensor => softmax(x),
  logSoftmax: (x: Tensor): Tensor => logSoftmax(x),
} as const

export type ActivationName = keyof typeof ACTIVATIONS

/**
 * Applies an activation.
 * @throws ValueError for an unknown name
 */
export function activate(name: ActivationName, x: Tensor): Tensor {
  checkActivation(name)
  return ACTIVATIONS[name](x)
}

const IN_PLACE: ReadonlySet<string> = new Set<ActivationInPlace>(['relu', 'tanh', 'sigmoid'])
const isInPlace = (name: ActivationName): name is ActivationInPlace => IN_PLACE.has(name)

/** The same for an x that the layer has just computed by a product or a convolution and needs no more: it may be overwritten. */
export const activateFresh = (name: ActivationName, x: Tensor): Tensor =>
  isInPlace(name) ? overwriteWith(name, x) : activate(name, x)

/** Refuses a name that is not an activation's. */
export function checkActivation(name: string): asserts name is ActivationName {
  if (Object.hasOwn(ACTIVATIONS, name)) return
  throw new ValueError({
    operation: 'activation',
    problem: `"${String(name)}" is unknown.`,
    hint: suggestName(String(name), Object.keys(ACTIVATIONS)),
  })
}
