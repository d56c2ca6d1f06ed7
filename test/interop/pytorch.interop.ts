import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadPyTorch, serializePyTorch, type PyTorchNames } from '../../src/formats/pytorch/index.ts'
import * as t from '../../src/index.ts'
import { readSafetensors, type Tensor, tensor } from '../../src/index.ts'
import { distance, matrix } from './matrix.ts'
import { pythonWith, runScript, temporaryFolder } from './python.ts'

interface Pair {
  readonly make: () => t.Sequential
  readonly names: PyTorchNames
  /** Inputs are numbers of words. */
  readonly ids?: boolean
}

const first = { dataFormat: 'channelsFirst' } as const
const encoder = (options: object) =>
  t.transformerEncoderLayer({ numHeads: 2, intermediateDim: 16, inputSize: 8, epsilon: 1e-5, ...options })

/** The models of torch_models.py, layer by layer. */
const pairs: Readonly<Record<string, Pair>> = {
  mlp: {
    make: () =>
      t.sequential(
        t.dense({ units: 8, inputSize: 5, activation: 'relu' }),
        t.dense({ units: 3, inputSize: 8 }),
      ),
    names: { dense: 'hidden', dense_1: 'out' },
  },
  lstm: {
    make: () =>
      t.sequential(
        t.embedding({ inputDim: 20, outputDim: 6 }),
        t.lstm({ units: 5, inputSize: 6, returnSequences: true }),
        t.lstm({ units: 5, inputSize: 5, bias: 'separate' }),
        t.dense({ units: 2, inputSize: 5 }),
      ),
    names: { embedding: 'emb', lstm: 'rnn l0', lstm_1: 'rnn l1', dense: 'fc' },
    ids: true,
  },
  gru: {
    make: () =>
      t.sequential(
        t.embedding({ inputDim: 20, outputDim: 6 }),
        t.bidirectional({ layer: t.gru({ units: 4, inputSize: 6, returnSequences: true }) }),
        t.dense({ units: 2, inputSize: 8 }),
      ),
    names: { embedding: 'emb', bidirectional: 'rnn', dense: 'fc' },
    ids: true,
  },
  rnn: {
    make: () => t.sequential(t.simpleRNN({ units: 4, inputSize: 3, returnSequences: true })),
    names: { simple_rnn: 'rnn' },
  },
  convolution: {
    make: () =>
      t.sequential(
        t.conv2d({ filters: 4, kernelSize: 3, inputSize: 2, padding: 'same', ...first }),
        t.batchNormalization({ inputSize: 4, axis: 1, epsilon: 1e-5 }),
        t.activation({ activation: 'relu' }),
        t.maxPooling2d(first),
        t.flatten(),
        t.dense({ units: 3, inputSize: 48 }),
      ),
    names: { conv2d: 'conv', batch_normalization: 'bn', dense: 'fc' },
  },
  convolution1d: {
    make: () =>
      t.sequential(
        new t.Permute({ dims: [2, 1] }),
        t.conv1d({ filters: 5, kernelSize: 3, inputSize: 3 }),
        t.layerNormalization({ inputSize: 5, epsilon: 1e-5 }),
      ),
    names: { conv1d: 'conv', layer_normalization: 'norm' },
  },
  transformer: {
    make: () =>
      t.sequential(
        t.embedding({ inputDim: 20, outputDim: 8 }),
        encoder({ activation: 'relu' }),
        encoder({ activation: 'relu' }),
        t.globalAveragePooling1d(),
        t.dense({ units: 2, inputSize: 8 }),
      ),
    names: {
      embedding: 'emb',
      transformer_encoder_layer: 'encoder.layers.0',
      transformer_encoder_layer_1: 'encoder.layers.1',
      dense: 'fc',
    },
    ids: true,
  },
  transformer_norm_first: {
    make: () => t.sequential(encoder({ activation: 'gelu', normFirst: true })),
    names: { transformer_encoder_layer: 'encoder.layers.0' },
  },
}

const MOST = 1e-5
const python = pythonWith('torch')
const theirs = temporaryFolder()
const ours = join(theirs, 'ours')

/** A tensor of a file; ids come as numbers. */
function tensorOf(file: string, name: string, isIds: boolean): Tensor {
  const found = readSafetensors(readFileSync(file)).tensors.get(name)
  if (found?.dtype !== 'F32') throw new Error(`${file} has no ${name}`)
  const { data, shape } = found
  return isIds
    ? tensor(Int32Array.from(data), { shape: [...shape], dtype: 'int32' })
    : tensor(data, { shape: [...shape] })
}

describe.skipIf(python.missing !== '')(`PyTorch${python.missing}`, () => {
  const record = matrix('PyTorch')
  const names = Object.keys(pairs)
  const written =
    python.missing === '' ? runScript<{ models: string[] }>(python, 'torch_models.py', 'write', theirs) : null

  it('has the same models', () => expect(written?.models).toEqual(names))

  it.each(names)('%s: weights written there give the same output here', async name => {
    const { make, names: torchNames, ids = false } = pairs[name]
    const model = make()
    await loadPyTorch(model, join(theirs, `${name}.safetensors`), torchNames)
    const io = join(theirs, `${name}.io.safetensors`)
    const output = model.predict(tensorOf(io, 'input', ids))
    const wanted = tensorOf(io, 'output', false)
    expect(output.shape).toEqual(wanted.shape)
    expect(record(name, 'theirs → ours', distance(output.data(), wanted.data()))).toBeLessThan(MOST)
  })

  it('weights written here give the same outputs there, loaded strictly', () => {
    mkdirSync(ours)
    for (const [i, name] of names.entries()) {
      const { make, names: torchNames, ids = false } = pairs[name]
      t.manualSeed(i)
      const model = make()
      for (const [path, value] of model.namedState()) {
        const low = path.endsWith('movingVariance') ? 0.5 : -0.8
        value.assign(t.uniform(value.shape, { low, high: 1 }))
      }
      const x = tensorOf(join(theirs, `${name}.io.safetensors`), 'input', ids)
      const tensors = new Map([
        ['input', tensor(Float32Array.from(x.values()), { shape: [...x.shape] })],
        ['output', model.predict(x)],
      ])
      writeFileSync(join(ours, `${name}.safetensors`), serializePyTorch(model, torchNames))
      writeFileSync(join(ours, `${name}.io.safetensors`), t.serializeStateDict(tensors))
    }
    const differences = runScript<Record<string, number | null>>(python, 'torch_models.py', 'check', ours)
    for (const name of names) {
      const difference = differences[name] ?? Number.POSITIVE_INFINITY
      expect(record(name, 'ours → theirs', difference), name).toBeLessThan(MOST)
    }
  })
})
