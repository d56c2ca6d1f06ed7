import { openDisk } from '../../io/files.ts'
import { fromSource } from '../../io/refuse-model.ts'
import { show } from '../../io/refuse.ts'
import { readSafetensors } from '../../io/safetensors.ts'
import { serializeStateDict, toTensor } from '../../io/state-dict.ts'
import type { Module } from '../../nn/module.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { fromPyTorch, type PyTorchNames, toPyTorch } from './convert.ts'

/**
 * Loads weights that PyTorch has written with `safetensors.torch.save_file(model.state_dict(), path)`.
 *
 * @throws FormatError for a damaged file; ValueError and UnsupportedError as `fromPyTorch`
 * @example await loadPyTorch(model, 'model.safetensors', { dense: 'fc' })
 */
export async function loadPyTorch(
  model: Module<unknown>,
  source: string | URL | Uint8Array,
  names: PyTorchNames = {},
): Promise<void> {
  const [place, bytes] = await read(source)
  const weights = fromSource(`loadPyTorch ${place}`, () => {
    const tensors = new Map<string, Tensor>()
    for (const [name, tensor] of readSafetensors(bytes).tensors) {
      // A whole number: how many batches a normalisation has seen.
      if (!name.endsWith('num_batches_tracked')) tensors.set(name, toTensor(name, tensor))
    }
    return tensors
  })
  model.loadStateDict(fromPyTorch(model, weights, names))
}

async function read(source: string | URL | Uint8Array): Promise<[place: string, bytes: Uint8Array]> {
  if (source instanceof Uint8Array) return ['the bytes', source]
  const disk = await openDisk('loadPyTorch')
  const path = disk.toPath(source)
  return [show(path), await disk.read(path)]
}

/**
 * The weights as a safetensors file for `model.load_state_dict(safetensors.torch.load_file(path))` in PyTorch. With
 * `strict=False` there where the model has counters of batches.
 *
 * @throws UnsupportedError for layers without a counterpart in PyTorch
 * @example await writeFile('model.safetensors', serializePyTorch(model, { dense: 'fc' }))
 */
export const serializePyTorch = (model: Module<unknown>, names: PyTorchNames = {}): Uint8Array =>
  serializeStateDict(toPyTorch(model, names), { metadata: { format: 'pt' } })
