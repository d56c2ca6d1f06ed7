import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  deserializeModel,
  FormatError,
  load,
  readSafetensors,
  serializeModel,
  writeSafetensors,
} from '../../src/index.ts'
import { crc32 } from '../../src/io/checksum.ts'
import { everyLayer, smallTokenizer, temporaryFolder, textClassifier } from './saved-models.ts'

const folder = temporaryFolder()

/** Nested JSON as the tests change it. */
type Draft = { [key: string]: unknown; layers: { name: string; className: string; config: Draft }[] }

/** The bytes of a model whose description was changed by hand. */
function edited(change: (draft: Draft) => unknown, model = textClassifier()): Uint8Array {
  const { tensors, metadata } = readSafetensors(serializeModel(model))
  const draft: Draft = JSON.parse(metadata?.get('tensorloom.model') ?? '')
  const text = change(draft)
  const json = typeof text === 'string' ? text : JSON.stringify(draft)
  return writeSafetensors(tensors, new Map([...(metadata ?? []), ['tensorloom.model', json]]))
}

function refusal(bytes: Uint8Array): FormatError {
  try {
    deserializeModel(bytes)
  } catch (error) {
    if (error instanceof FormatError) return error
    throw error
  }
  throw new Error('it was loaded')
}

const set =
  (layer: number, option: string, value: unknown) =>
  ({ layers }: Draft) => {
    layers[layer].config[option] = value
  }

describe('load refuses', () => {
  it.each<[string, (draft: Draft) => unknown, RegExp]>([
    [
      'a newer version',
      d => Object.assign(d, { version: 2 }),
      /written by a newer version.*\(format 2; .* up to 1\)/,
    ],
    [
      'a version that is none',
      d => Object.assign(d, { version: '1' }),
      /version: expected a whole number ≥ 1, got "1"/,
    ],
    [
      'another format',
      d => Object.assign(d, { format: 'x' }),
      /format: expected "tensorloom-model", got "x"/,
    ],
    [
      'another class',
      d => Object.assign(d, { className: 'Graph' }),
      /className: expected "Sequential" or "Functional", got "Graph"/,
    ],
    ['text that is no JSON', () => '{"format": ', /the model: it is not JSON/],
    ['JSON that is no object', () => '[]', /the model: expected an object, got \[\]/],
    ['a number beyond all bounds', d => JSON.stringify(d).replace('"units":2', '"units":1e999'), /Infinity/],
    ['endless nesting', () => '{"a":'.repeat(9999) + '1' + '}'.repeat(9999), /nested deeper than 64/],
    [
      'layers that are no array',
      d => Object.assign(d, { layers: JSON.parse('{}') }),
      /layers: expected an array/,
    ],
    [
      'a layer that is no object',
      d => Object.assign(d, { layers: JSON.parse('[1]') }),
      /layers\[0\]: expected an object, got 1/,
    ],
    [
      'an unknown layer',
      d => Object.assign(d.layers[1], { className: 'Oracle' }),
      /layers\[1\]\.className: .*"Oracle" is unknown/,
    ],
    [
      'a class by an inherited name',
      d => Object.assign(d.layers[1], { className: 'constructor' }),
      /"constructor" is unknown/,
    ],
    [
      'a count of another type',
      set(2, 'units', '1'),
      /layers\[2\]\.config\.units: expected a whole number.*"1"/,
    ],
    [
      'a missing count',
      set(0, 'inputDim', undefined),
      /inputDim: expected a whole number ≥ 1, got undefined/,
    ],
    ['a flag of another type', set(0, 'maskZero', 'no'), /config\.maskZero: expected a boolean, got "no"/],
    ['an unknown option', set(2, 'unitz', 1), /layers\[2\]\.config: Dense has no option "unitz"/],
    [
      'an option called __proto__',
      d => JSON.stringify(d).replace('"units":1,', '"units":1,"__proto__":{},'),
      /__proto__/,
    ],
    ['an unknown activation', set(2, 'activation', 'reluu'), /"reluu" is unknown/],
    [
      'a size that the file does not hold',
      set(0, 'inputDim', 2 ** 50),
      /"embedding\.embeddings".*\[7, 3\].*needs \[1125899906842624, 3\]/,
    ],
    ['an input shape that does not fit', d => Object.assign(d, { inputShape: [4, 9] }), /layers: /],
    [
      'an input shape of fractions',
      d => Object.assign(d, { inputShape: [1.5] }),
      /inputShape: sizes are whole numbers/,
    ],
    [
      'a name with a dot',
      d => Object.assign(d.layers[2], { name: 'a.b' }),
      /layers\[2\]\.name: a name has letters and no dots/,
    ],
    ['a name that is taken', d => Object.assign(d.layers[2], { name: 'lstm' }), /tensor "lstm\.kernel"/],
    [
      'an unknown optimizer',
      d => JSON.stringify(d).replace('"adam"', '"toString"'),
      /compile\.optimizer\.name: "toString" is not known/,
    ],
    [
      'a learning rate that is none',
      d => JSON.stringify(d).replace('0.01', '-1'),
      /compile\.optimizer\.options: .*learningRate/,
    ],
    ['an unknown loss', d => JSON.stringify(d).replace('binaryCross', 'binaryKross'), /compile\.loss\.name/],
    [
      'an unknown metric',
      d => JSON.stringify(d).replace('["accuracy"]', '["accuracie"]'),
      /compile\.metrics\[0\]: .*accuracie/,
    ],
  ])('%s', (_, change, message) => {
    expect(refusal(edited(change)).message).toMatch(message)
  })

  it('tensors that are missing, too many or of another kind', () => {
    const { tensors, metadata } = readSafetensors(serializeModel(textClassifier()))
    const bias = { dtype: 'F32', shape: [1], data: new Float32Array(1) } as const
    const change = (name: string, value: Parameters<typeof tensors.set>[1] | null): string => {
      const copy = new Map(tensors)
      if (value === null) copy.delete(name)
      else copy.set(name, value)
      return refusal(writeSafetensors(copy, metadata)).message
    }
    expect(change('dense.bias', null)).toMatch(/tensor "dense\.bias": it is missing, layers\[2\] needs it/)
    expect(change('__proto__', bias)).toMatch(/tensor "__proto__": the model has no parameter of this name/)
    expect(change('dense.bias', { ...bias, shape: [1, 1] })).toMatch(/it has the shape \[1, 1\].*needs \[1\]/)
    const integers = { dtype: 'I32', shape: [1], data: new Int32Array(1) } as const
    expect(change('dense.bias', integers)).toMatch(/F32, F16 or BF16, this is I32/)
  })

  it('every truncation of a file', () => {
    const bytes = serializeModel(textClassifier())
    for (let length = 0; length < bytes.length; length++) refusal(bytes.slice(0, length))
  })

  it('a safetensors file that holds no model', () => {
    expect(refusal(writeSafetensors(new Map())).message).toMatch(/holds weights, but no model/)
  })
})

describe('load accepts', () => {
  it('weights in half precision, as another tool may have written them', () => {
    const { tensors, metadata } = readSafetensors(serializeModel(textClassifier()))
    const halves = [...tensors].map(([name, tensor]) => [name, { ...tensor, dtype: 'F16' }] as const)
    const bytes = writeSafetensors(halves as Parameters<typeof writeSafetensors>[0], metadata)
    expect(deserializeModel(bytes).model.parameters()).toHaveLength(6)
  })

  it('bytes at any offset of a buffer', () => {
    const bytes = serializeModel(everyLayer())
    const padded = new Uint8Array(bytes.length + 3)
    padded.set(bytes, 3)
    expect(serializeModel(deserializeModel(padded.subarray(3)).model)).toEqual(bytes)
  })
})

describe('load of a directory', () => {
  let directory: string
  const part = (name: string): string => join(directory, name)
  let count = 0
  beforeAll(() => mkdirSync(join(folder, 'empty')))

  async function damaged(change: () => void): Promise<Error> {
    directory = join(folder, `directory-${count++}`)
    await textClassifier().save(directory, { tokenizer: smallTokenizer() })
    change()
    const error: unknown = await load(directory).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(FormatError)
    return error as FormatError
  }

  it('notices files of two different saves', async () => {
    const other = join(folder, 'other')
    await everyLayer().save(other)
    const { message } = await damaged(() =>
      writeFileSync(part('model.safetensors'), readFileSync(join(other, 'model.safetensors'))),
    )
    expect(message).toMatch(/model\.safetensors" is not the file that model\.json was saved with/)
    const sameSize = await damaged(() => {
      const bytes = readFileSync(part('tokenizer.json'))
      bytes[20] ^= 1
      writeFileSync(part('tokenizer.json'), bytes)
    })
    expect(sameSize.message).toMatch(/tokenizer\.json" is not the file.*CRC-32/)
  })

  it('names the part that is missing or damaged', async () => {
    const weights = await damaged(() => rmSync(part('model.safetensors')))
    expect(weights.message).toMatch(/^load ".*model\.safetensors" found no such file/)
    const tokenizer = await damaged(() => rmSync(part('tokenizer.json')))
    expect(tokenizer.message).toMatch(/^load ".*tokenizer\.json" found no such file/)
    const model = await damaged(() => rmSync(part('model.json')))
    expect(model.message).toMatch(/found no model\.json/)
    const truncated = await damaged(() => truncateSync(part('model.json'), 100))
    expect(truncated.message).toMatch(/^load ".*model\.json" cannot read the model: it is not JSON/)
    const text = await damaged(() => writeFileSync(part('model.json'), Uint8Array.of(0x7b, 0xff)))
    expect(text.message).toMatch(/not valid UTF-8/)
  })

  it('checks the tokenizer as Tokenizer.fromJSON does', async () => {
    const { message } = await damaged(() => {
      const text = '{"format": "tensorloom-tokenizer", "version": 9}'
      writeFileSync(part('tokenizer.json'), text)
      const model = JSON.parse(readFileSync(part('model.json'), 'utf8'))
      model.files['tokenizer.json'] = { bytes: text.length, crc32: crc32(new TextEncoder().encode(text)) }
      writeFileSync(part('model.json'), JSON.stringify(model))
    })
    expect(message).toMatch(/tokenizer\.json" reads up to version 1, got version 9/)
  })

  it('says what is wrong with the path', async () => {
    directory = join(folder, 'paths')
    await textClassifier().save(directory)
    const messageOf = (path: string) => load(path).catch(String)
    expect(await messageOf(join(folder, 'nowhere'))).toMatch(/FormatError: load ".*nowhere" found neither/)
    expect(await messageOf(join(folder, 'empty'))).toMatch(/found no model\.json in the directory/)
    expect(await messageOf(part('model.json'))).toMatch(/pass the directory/)
    expect(await messageOf(part('model.safetensors'))).toMatch(/load the directory that it is part of/)
    writeFileSync(part('picture.png'), Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0))
    expect(await messageOf(part('picture.png'))).toMatch(/picture\.png" cannot read the header/)
  })
})

describe('crc32', () => {
  it('is that of zlib', () => expect(crc32(new TextEncoder().encode('123456789'))).toBe('cbf43926'))
})
