import type { StateDict } from '../nn/module.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { fromSource, refuseModel } from './refuse-model.ts'
import { show } from './refuse.ts'
import { type RawTensor, readSafetensors } from './safetensors.ts'
import { writeSafetensors } from './safetensors-writer.ts'

/** Text that travels with a file, by key. */
export type Metadata = Readonly<Record<string, string>> | ReadonlyMap<string, string>

export const metadataEntries = (metadata: Metadata): [string, string][] =>
  Symbol.iterator in metadata ? [...metadata] : Object.entries(metadata)

/**
 * Weights as a safetensors file, without the architecture: for modules that `save` cannot describe.
 *
 * @example await writeFile('net.safetensors', serializeStateDict(net.stateDict()))
 */
export function serializeStateDict(
  state: ReadonlyMap<string, Tensor>,
  options: { readonly metadata?: Metadata } = {},
): Uint8Array {
  const { metadata } = options
  return writeSafetensors(rawTensors(state), metadata === undefined ? null : metadataEntries(metadata))
}

/**
 * The weights of a safetensors file, for `loadStateDict`. F16 and BF16 are widened to float32.
 *
 * @throws FormatError when the file is damaged, or holds a tensor that is not of floating point
 * @example net.loadStateDict(deserializeStateDict(await readFile('net.safetensors')))
 */
export function deserializeStateDict(bytes: Uint8Array | ArrayBuffer): StateDict {
  return fromSource('deserializeStateDict', () => {
    const state: StateDict = new Map()
    for (const [name, tensor] of readSafetensors(bytes).tensors) state.set(name, toTensor(name, tensor))
    return state
  })
}

export function rawTensors(state: ReadonlyMap<string, Tensor>): [string, RawTensor][] {
  return [...state].map(([name, tensor]) => [
    name,
    { dtype: 'F32', shape: tensor.shape, data: tensor.data() },
  ])
}

/** A float32 tensor over a copy of the numbers. */
export function toTensor(name: string, { dtype, shape, data }: RawTensor): Tensor {
  if (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') return fromCold(data.slice(), shape, 'float32')
  return refuseModel(`tensor ${show(name)}`, `weights are F32, F16 or BF16, this is ${dtype}`)
}
