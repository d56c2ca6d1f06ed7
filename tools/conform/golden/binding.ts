import { concat, permute, slice, split, squeeze, stack, type Tensor } from '../../../src/index.ts'
import type { Dense } from '../../../src/nn/dense.ts'
import type { GRU } from '../../../src/nn/gru.ts'
import type { LSTM } from '../../../src/nn/lstm.ts'
import type { Parameter } from '../../../src/nn/parameter.ts'
import type { SimpleRNN } from '../../../src/nn/simple-rnn.ts'
import type { Call } from './call.ts'

/**
 * A layer's parameter under its PyTorch name. Weights are stored transposed there: [out, in] for a kernel
 * [in, out], [out, in, ...window] for [...window, in, out]. This is the border of layouts: inside the library only Keras' layout exists.
 */
export interface Binding {
  readonly parameter: Parameter
  readonly transposed: boolean
  /** PyTorch's GRU has the gates r, z, n where Keras has z, r, h. */
  readonly swapsGates?: boolean
  /** Only this row of the parameter: a GRU keeps both biases in one. */
  readonly row?: 0 | 1
  /** PyTorch's tensor holds these as well, below the first: queries, keys and values of attention. */
  readonly below?: readonly Parameter[]
}

/** Parameters of a model by PyTorch's names. */
export type Bindings = ReadonlyMap<string, Binding>

/** Overwrites the parameter with a tensor in PyTorch's layout. */
export function load(binding: Binding, value: Tensor): void {
  const { below, ...first } = binding
  if (below !== undefined) {
    const parameters = parametersOf(binding)
    const parts = split(value.detach(), parameters.length)
    for (const [i, parameter] of parameters.entries()) load({ ...first, parameter }, parts[i])
    return
  }
  const { parameter, transposed, row } = binding
  const gates = binding.swapsGates ? swapGates(value.detach()) : value.detach()
  const own = transposed ? toKernel(gates) : gates
  if (row === undefined) parameter.assign(own)
  else {
    const other = rowOf(parameter.detach(), 1 - row)
    parameter.assign(stack(row === 0 ? [own, other] : [other, own], { axis: 0 }))
  }
}

/** All parameters of a binding. */
export const parametersOf = ({ parameter, below = [] }: Binding): Parameter[] => [parameter, ...below]

/** What `read` gives of the parameters (values, gradients) in PyTorch's layout; null where it gives nothing. */
export function readTorch(binding: Binding, read: (parameter: Parameter) => Tensor | null): Tensor | null {
  const parts = parametersOf(binding).flatMap(parameter => {
    const value = read(parameter)
    return value === null ? [] : [inTorchLayout(binding, value)]
  })
  if (parts.length === 0) return null
  return parts.length === 1 ? parts[0] : concat(parts, { axis: 0 })
}

/** The parameter's values, or its gradient, in PyTorch's layout. */
function inTorchLayout({ transposed, swapsGates, row }: Binding, value: Tensor): Tensor {
  const part = row === undefined ? value.detach() : rowOf(value.detach(), row)
  const turned = transposed ? toWeight(part) : part
  return swapsGates ? swapGates(turned) : turned
}

/** The axes of a weight, which reads [out, in, ...window], in the order [...window, in, out]; and the other way round. */
const toKernel = (x: Tensor): Tensor => permute(x, [...x.shape.keys()].slice(2).concat(1, 0))
const toWeight = (x: Tensor): Tensor =>
  permute(x, [x.rank - 1, x.rank - 2, ...[...x.shape.keys()].slice(0, -2)])

const rowOf = (x: Tensor, row: number): Tensor => squeeze(slice(x, [[row, row + 1]]), { axis: 0 })

/** Swaps the first two of three blocks. */
function swapGates(x: Tensor): Tensor {
  const units = x.shape[0] / 3
  const block = (i: number): Tensor => slice(x, [[i * units, (i + 1) * units]])
  return concat([block(1), block(0), block(2)], { axis: 0 })
}

/** Loads the case's parameters into layers, and has their gradients read back from there. */
export function bindAll(call: Call<Tensor>, bindings: Bindings): void {
  for (const [name, binding] of bindings) {
    load(binding, call.parameter(name))
    call.readGradientFrom(name, () => readTorch(binding, parameter => parameter.grad))
  }
}

/** The bindings of a Dense layer that PyTorch calls Linear. */
export function linearBindings(prefix: string, layer: Dense): [string, Binding][] {
  const bindings: [string, Binding][] = [[`${prefix}weight`, { parameter: layer.kernel, transposed: true }]]
  if (layer.bias !== null) bindings.push([`${prefix}bias`, { parameter: layer.bias, transposed: false }])
  return bindings
}

/** The bindings of an LSTM or a simple recurrence with separate biases; the suffix is `l0`, `l1_reverse`, …. */
export function lstmBindings<WithState extends boolean>(
  prefix: string,
  suffix: string,
  layer: LSTM<number, number, WithState> | SimpleRNN<number, number, WithState>,
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

/** The bindings of a GRU whose reset gate comes after the product. */
export function gruBindings<WithState extends boolean>(
  prefix: string,
  suffix: string,
  { kernel, recurrentKernel, bias }: GRU<number, number, WithState>,
): [string, Binding][] {
  const bindings: [string, Binding][] = [
    [`${prefix}weight_ih_${suffix}`, { parameter: kernel, transposed: true, swapsGates: true }],
    [`${prefix}weight_hh_${suffix}`, { parameter: recurrentKernel, transposed: true, swapsGates: true }],
  ]
  if (bias === null) return bindings
  const part = { parameter: bias, transposed: false, swapsGates: true }
  bindings.push([`${prefix}bias_ih_${suffix}`, { ...part, row: 0 }])
  bindings.push([`${prefix}bias_hh_${suffix}`, { ...part, row: 1 }])
  return bindings
}
