// Weights of PyTorch in a model of the same layers. With --weights FILE the file that from-pytorch.py has written is read;
// without it, this writes such a file itself first.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadPyTorch, serializePyTorch } from '../src/formats/pytorch/index.ts'
import { dense, embedding, lstm, manualSeed, sequential, tensor } from '../src/index.ts'

const { values } = parseArgs({ options: { weights: { type: 'string' } } })

/** Our layers, and what PyTorch's module calls them. */
const names = { embedding: 'words', lstm: 'reader', dense: 'head' }
const make = () =>
  sequential(
    embedding({ inputDim: 100, outputDim: 8 }),
    lstm({ units: 16, inputSize: 8 }),
    dense({ units: 2, inputSize: 16 }),
  )

manualSeed(1)
const folder = mkdtempSync(join(tmpdir(), 'from-pytorch-'))
const path = values.weights ?? join(folder, 'net.safetensors')
const original = make()
if (values.weights === undefined) writeFileSync(path, serializePyTorch(original, names))

const model = make()
await loadPyTorch(model, path, names)
rmSync(folder, { recursive: true })

const ids = tensor([[1, 2, 3, 4, 5]], { dtype: 'int32' })
const output = model.predict(ids)
console.log(`output for the words 1 2 3 4 5: ${output.data().join(', ')}`)
if (values.weights === undefined && `${output}` !== `${original.predict(ids)}`) {
  throw new Error('The weights have changed on their way.')
}
