import { loadPyTorch, serializePyTorch } from '../../../src/formats/pytorch/index.ts'
import { FormatError, ShapeError, type Sequential, UnsupportedError, ValueError } from '../../../src/index.ts'
import { images, sequences, textClassifier } from '../models.ts'
import { type Files, reader, Violation } from '../reader.ts'
import { putTogether, takeApart } from '../safetensors-parts.ts'

const makers: readonly (() => Sequential)[] = [textClassifier, images, sequences]

const weightsOf = (net: Sequential): string =>
  [...net.stateDict().values()].map(tensor => tensor.data().join()).join(';')

export const pytorch = reader({
  name: 'pytorch',
  parser: 'own',
  errors: [FormatError, ValueError, ShapeError, UnsupportedError],
  bytesPerByte: 300,
  seeds: async (): Promise<Files[]> =>
    makers.map((make, i) => [...takeApart(serializePyTorch(make())), Uint8Array.of(i)]),
  assemble: ([header, data, maker], repair) => [putTogether([header, data], repair), maker],
  // The last part says which model the weights are for.
  async read([file, [maker = 0]]) {
    const net = makers[maker % makers.length]()
    const before = weightsOf(net)
    try {
      await loadPyTorch(net, file)
    } catch (error) {
      if (weightsOf(net) === before) throw error
      throw new Violation(`was refused, and has changed the model: ${String(error)}`)
    }
  },
})
