import { concat, split } from '../../ops/concat.ts'
import { permute } from '../../ops/permute.ts'
import { reshape, squeeze } from '../../ops/reshape.ts'
import { slice } from '../../ops/slice.ts'
import { zeros } from '../../tensor/creation.ts'
import type { Tensor } from '../../tensor/tensor.ts'

/** Some parameters of a layer, and the tensors that PyTorch keeps them in. */
export interface Rule {
  /** Names within the layer. */
  readonly own: readonly string[]
  /** Names within PyTorch's module. */
  readonly torch: readonly string[]
  /** Ours, in the order of `own`, from PyTorch's. */
  readonly read: (torch: readonly Tensor[]) => readonly Tensor[]
  /** PyTorch's from ours. */
  readonly write: (own: readonly Tensor[]) => readonly Tensor[]
}

const one =
  (change: (x: Tensor) => Tensor) =>
  ([x]: readonly Tensor[]): readonly Tensor[] => [change(x)]
const itself = (x: Tensor): Tensor => x

/** The same tensor under another name. */
export const same = (own: string, torch: string): Rule => ({
  own: [own],
  torch: [torch],
  read: one(itself),
  write: one(itself),
})

/** PyTorch's weights are [out, in, ...window], a kernel is [...window, in, out]. */
export const kernel = (own: string, torch: string): Rule => ({
  own: [own],
  torch: [torch],
  read: one(toKernel),
  write: one(toWeight),
})

/** PyTorch's depthwise weights are [channels·multiplier, 1, ...window], ours [...window, channels, multiplier]. */
export const depthwiseKernel = (own: string, torch: string, multiplier: number): Rule => ({
  own: [own],
  torch: [torch],
  read: one(weight => {
    const [outputs, , ...window] = weight.shape
    const kernels = permute(reshape(weight, [outputs, ...window]), [...window.map((_, i) => i + 1), 0])
    return reshape(kernels, [...window, outputs / multiplier, multiplier])
  }),
  write: one(own => {
    const window = own.shape.slice(0, -2)
    const outputs = own.shape[own.rank - 1] * own.shape[own.rank - 2]
    const kernels = reshape(own, [...window, outputs])
    return reshape(permute(kernels, [window.length, ...window.keys()]), [outputs, 1, ...window])
  }),
})

/** A single bias where PyTorch has two that are added: the second is written as zeros. */
export const summedBias = (own: string, torch: readonly [string, string]): Rule => ({
  own: [own],
  torch,
  read: ([first, second]) => [first.add(second)],
  write: ([bias]) => [bias, zeros(bias.shape)],
})

/** A GRU's gates are z, r, h here and r, z, n in PyTorch. */
export const gruKernel = (own: string, torch: string): Rule => ({
  own: [own],
  torch: [torch],
  read: one(weight => toKernel(swapGates(weight))),
  write: one(value => swapGates(toWeight(value))),
})

/** A GRU's two biases are the rows of one here. */
export const gruBias = (own: string, torch: readonly [string, string]): Rule => ({
  own: [own],
  torch,
  read: biases => [
    concat(
      biases.map(bias => reshape(swapGates(bias), [1, bias.size])),
      { axis: 0 },
    ),
  ],
  write: ([bias]) => [0, 1].map(row => swapGates(squeeze(slice(bias, [[row, row + 1]]), { axis: 0 }))),
})

/** Several kernels (or biases) of ours that PyTorch keeps below each other: queries, keys and values of attention. */
export const stacked = (own: readonly string[], torch: string): Rule => ({
  own,
  torch: [torch],
  read: ([all]) => split(all, own.length, { axis: 0 }).map(part => (part.rank > 1 ? toKernel(part) : part)),
  write: parts => [
    concat(
      parts.map(part => (part.rank > 1 ? toWeight(part) : part)),
      { axis: 0 },
    ),
  ],
})

/** The rule for a module inside: both sides get a prefix. */
export const within = (own: string, torch: string, rules: readonly Rule[]): Rule[] =>
  rules.map(rule => ({
    ...rule,
    own: rule.own.map(name => `${own}.${name}`),
    torch: rule.torch.map(name => `${torch}.${name}`),
  }))

const toKernel = (x: Tensor): Tensor => permute(x, [...x.shape.keys()].slice(2).concat(1, 0))
const toWeight = (x: Tensor): Tensor =>
  permute(x, [x.rank - 1, x.rank - 2, ...[...x.shape.keys()].slice(0, -2)])

/** Swaps the first two of three blocks of the first axis. */
function swapGates(x: Tensor): Tensor {
  const [first, second, third] = split(x, 3, { axis: 0 })
  return concat([second, first, third], { axis: 0 })
}
