import { describe, expect, it } from 'vitest'
import { fromCsv } from '../../src/data-files/index.ts'
import { limitsFor } from '../../src/formats/keras/content.ts'
import { extract } from '../../src/formats/keras/extract.ts'
import { modelOf } from '../../src/formats/keras/load.ts'
import { serializeKeras } from '../../src/formats/keras/index.ts'
import { loadTfjsModel, toTfjsModel } from '../../src/formats/tfjs/index.ts'
import { loadTokenizer } from '../../src/formats/tokenizers/index.ts'
import {
  Adam,
  dense,
  FormatError,
  LabelEncoder,
  lstm,
  manualSeed,
  restoreCheckpoint,
  Sequential,
  sequential,
  serializeCheckpoint,
  ShapeError,
  tensor,
  ValueError,
} from '../../src/index.ts'
import { readCheckpoint, writeCheckpoint } from '../../src/io/checkpoint-file.ts'
import { readGenerator } from '../../src/io/generator-state.ts'
import type { StateTree } from '../../src/io/state-tree.ts'
import { graph } from '../../tools/fuzz/models.ts'
import { errorOf, rejection } from '../setup/errors.ts'
import { hdf5 } from '../formats/keras/files.ts'

const small = (): Sequential => new Sequential([dense({ units: 2, name: 'd' })], { inputShape: [3] })

async function readAll(text: string): Promise<unknown[]> {
  const rows: unknown[] = []
  for await (const row of fromCsv([text])) rows.push(row)
  return rows
}

describe('a CSV file', () => {
  it('with a quote inside a cell is refused with a FormatError', async () => {
    const error = await rejection(readAll('a,b\n1,x"y"\n'))
    expect(error).toBeInstanceOf(FormatError)
    expect(error.message).toMatch(/Opening Quote.*line 2/)
  })
})

describe('a model of TensorFlow.js at an address', () => {
  const asked: string[] = []
  const loadFrom = (path: string) => {
    const { modelJson, weights } = toTfjsModel(small())
    const json = structuredClone(modelJson) as { weightsManifest: { paths: string[] }[] }
    json.weightsManifest[0].paths = [path]
    const fetch = async (url: string) => {
      asked.push(url)
      const bytes = url.endsWith('.json') ? new TextEncoder().encode(JSON.stringify(json)) : weights
      return { ok: true, status: 200, statusText: '', arrayBuffer: async () => Uint8Array.from(bytes).buffer }
    }
    return loadTfjsModel('https://host.test/a/b/', { fetch })
  }

  it.each([
    '%2e%2e/x',
    '.\t./x',
    ' https://other.test/x',
    'h\nttps://other.test/x',
    '\t//other.test/x',
    '..%2fx',
  ])('is not read from elsewhere: %j', async path => {
    asked.length = 0
    const error = await rejection(loadFrom(path))
    expect(error).toBeInstanceOf(FormatError)
    expect(error.message).toMatch(/does not lie beside the model/)
    expect(asked).toEqual(['https://host.test/a/b/model.json'])
  })

  it('is read from a folder below', async () => {
    asked.length = 0
    await loadFrom('shards/w 1.bin')
    expect(asked).toEqual(['https://host.test/a/b/model.json', 'https://host.test/a/b/shards/w%201.bin'])
  })
})

describe('a description', () => {
  it('of layers that are larger than the file is refused before they are made', async () => {
    const { modelJson, weights } = toTfjsModel(small())
    const text = JSON.stringify(modelJson).replace('"units":2', '"units":1000000000000')
    const error = await rejection(loadTfjsModel({ modelJson: text, weights }))
    expect(error).toBeInstanceOf(FormatError)
    expect(error.message).toMatch(/shape \[3, 1000000000000\]: the file does not hold so many weights/)
    const { config, h5 } = await contentOf(small())
    const large = config.replace('"units":2', '"units":100000000')
    expect(errorOf(() => modelOf('x', { config: large, h5 }))).toBeInstanceOf(FormatError)
  })

  it('of a layer that reads nothing is refused', async () => {
    const { config, h5 } = await contentOf(graph())
    const json = JSON.parse(config) as {
      config: { layers: { class_name: string; inbound_nodes: unknown }[] }
    }
    const layer = json.config.layers.find(each => each.class_name === 'LSTM')
    Object.assign(layer ?? {}, { inbound_nodes: [{ args: [], kwargs: {} }] })
    const error = errorOf(() => modelOf('x', { config: JSON.stringify(json), h5 }))
    expect(error).toBeInstanceOf(FormatError)
    expect(error.message).toMatch(/it reads nothing/)
  })
})

async function contentOf(model: Parameters<typeof serializeKeras>[0]) {
  const bytes = await serializeKeras(model)
  const { config, h5 } = await extract(bytes, limitsFor(bytes.length))
  return { config: config ?? '', h5 }
}

describe('lists without end', () => {
  const deep: unknown = JSON.parse('['.repeat(20_000) + ']'.repeat(20_000))

  it('are refused where a tokenizer or a preprocessor has numbers and names', async () => {
    const model = { type: 'WordLevel', vocab: { a: 0 }, unk_token: 'a' }
    for (const damaged of [
      { ...model, type: deep },
      { ...model, vocab: { a: deep } },
    ])
      expect(await rejection(loadTokenizer({ model: damaged }))).toBeInstanceOf(FormatError)
    expect(errorOf(() => LabelEncoder.fromJSON({ format: deep }))).toBeInstanceOf(FormatError)
  })
})

describe('a file of Keras', () => {
  it('whose list claims more files than it can hold is refused at once', async () => {
    const bytes = await serializeKeras(small())
    const end = bytes.length - 22
    // Number of files, and where their list begins: zeros, which read like files without a name.
    new DataView(bytes.buffer, bytes.byteOffset).setUint16(end + 8, 65_534, true)
    const places = new DataView(bytes.buffer, bytes.byteOffset)
    places.setUint32(
      end + 16,
      bytes.findIndex((_, i) => i > 64 && bytes.slice(i, i + 64).every(byte => byte === 0)),
      true,
    )
    await expect(extract(bytes, limitsFor(bytes.length))).rejects.toThrow(/more files than it can hold/)
  })

  it('may hold numbers of 64 bits', async () => {
    const file = await hdf5({ 'a/b': { data: Float64Array.of(0.5, -3, 1e-3), shape: [3] } })
    const { h5 } = await extract(file, limitsFor(file.length))
    expect(h5.datasets.get('a/b')?.values).toEqual(Float32Array.of(0.5, -3, 1e-3))
  })
})

describe('a checkpoint', () => {
  const parts = (seed: number) => {
    manualSeed(seed)
    const layer = lstm({ units: 2, inputSize: 3, stateful: true })
    const model = sequential(layer, dense({ units: 1, inputSize: 2 }))
    model.forward(tensor([[[1, 2, seed]]]))
    return { layer, model, optimizer: new Adam(model.parameters(), { learningRate: 0.01 }) }
  }

  it.each<[string, Record<string, StateTree>]>([
    ['what a layer carries', { carried: new Map([['lstm', 5]]) }],
    ['a state of another size', { carried: new Map([['lstm', { h: tensor([[1]]), c: tensor([[1]]) }]]) }],
    ['half a state', { carried: new Map([['lstm', { h: tensor([[1, 2]]) }]]) }],
    ['the generator', { generator: { key: 1, words: [1, 2, 3] } }],
  ])('that is damaged in %s changes nothing', (_, damage) => {
    const state = readCheckpoint(serializeCheckpoint(parts(1))) as Record<string, StateTree>
    const file = writeCheckpoint('test', { ...state, ...damage })
    const { layer, model, optimizer } = parts(2)
    const weights = () => [...model.stateDict().values()].map(value => [...value.data()])
    const carried = () => [layer.state?.h.toArray(), layer.state?.c.toArray()]
    const before = [weights(), optimizer.stateDict(), carried()]
    const error = errorOf(() => restoreCheckpoint(file, { model, optimizer }))
    expect(error instanceof FormatError || error instanceof ValueError, String(error)).toBe(true)
    expect([weights(), optimizer.stateDict(), carried()]).toEqual(before)
  })

  it('has a generator of four words of 32 bits, not all zero', () => {
    expect(readGenerator({ key: 7, words: [1, 2, 3, 2 ** 32 - 1] })?.words).toEqual([1, 2, 3, 2 ** 32 - 1])
    for (const words of [
      [0, 0, 0, 0],
      [1, 2, 3, 4, 5],
      [1, 2, 3, 0.5],
      [1, 2, 3, 2 ** 32],
    ])
      expect(() => readGenerator({ key: 7, words })).toThrow(FormatError)
  })
})

it('a stateful layer takes back only a state of its own size', () => {
  const layer = lstm({ units: 2, inputSize: 3, stateful: true })
  layer.resetState({ h: tensor([[1, 2]]), c: tensor([[3, 4]]) })
  expect(errorOf(() => layer.resetState({ h: tensor([[1, 2]]), c: tensor([[3]]) }))).toBeInstanceOf(
    ShapeError,
  )
  expect(() => layer.resetState({ h: tensor([[1, 2]]) } as never)).toThrow(
    /2 × \[batch, 2\], got \[1, 2\], nothing/,
  )
  expect(layer.state?.c.toArray()).toEqual([[3, 4]])
})
