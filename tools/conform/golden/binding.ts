import { type Tensor, transpose } from '../../../src/index.ts'
import type { Dense } from '../../../src/nn/dense.ts'
import type { LSTM } from '../../../src/nn/lstm.ts'
import type { Parameter } from '../../../src/nn/parameter.ts'
import type { Call } from './call.ts'

/**
 * A layer's parameter under its PyTorch name. Weights are stored transposed there: [out, in] for a kernel
 * [in, out]. This is the border of layouts: inside the library only Keras' layout exists.
 */
export interface Binding {
  readonly parameter: Parameter
  readonly transposed: boolean
}

/** Parameters of a model by PyTorch's names. */
export type Bindings = ReadonlyMap<string, Binding>

/** Overwrites the parameter with a tensor in PyTorch's layout. */
export function load({ parameter, transposed }: Binding, value: Tensor): void {
  parameter.assign(transposed ? transpose(value.detach()) : value.detach())
}

/** The parameter's values, or its gradient, in PyTorch's layout. */
export function inTorchLayout({ transposed }: Binding, value: Tensor): Tensor {
  return transposed ? transpose(value.detach()) : value
}

/** Loads the case's parameters into layers, and has their gradients read back from there. */
export function bindAll(call: Call<Tensor>, bindings: Bindings): void {
  for (const [name, binding] of bindings) {
    load(binding, call.parameter(name))
    call.readGradientFrom(name, () => {
      const { grad } = binding.parameter
      return grad === null ? null : inTorchLayout(binding, grad)
    })
  }
}

/** The bindings of a Dense layer that PyTorch calls Linear. */
export function linearBindings(prefix: string, layer: Dense): [string, Binding][] {
  const bindings: [string, Binding][] = [[`${prefix}weight`, { parameter: layer.kernel, transposed: true }]]
  if (layer.bias !== null) bindings.push([`${prefix}bias`, { parameter: layer.bias, transposed: false }])
  return bindings
}

/** The bindings of an LSTM with separate biases; the suffix is `l0`, `l1_reverse`, …. */
export function lstmBindings<WithState extends boolean>(
  prefix: string,
  suffix: string,
  layer: LSTM<number, number, WithState>,
): [string, Binding][] {
  const bindings: [string, Binding][] = [
    [`${prefix}weight_ih_${suffix}`, { parameter: layer.kernel, transposed: true }],
    [`${prefix}weight_hh_${suffix}`, { parameter: layer.recurrentKernel, transposed: true }],
  ]
  const { bias, recurrentBias } = layer
  if (bias !== null) bindings.push([`${prefix}bias_ih_${suffix}`, { parameter: bias, transposed: false }])
  if (recurrentBias !== null) {
    bindings.push([`${prefix}bias_hh_${suffix}`, { parameter: recurrentBias, transposed: false }])
  }
  return bindings
}
