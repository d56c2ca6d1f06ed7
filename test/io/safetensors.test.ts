import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError, ValueError } from '../../src/errors.ts'
import { type RawTensor, readSafetensors } from '../../src/io/safetensors.ts'
import { writeSafetensors } from '../../src/io/safetensors-writer.ts'
import { loadManifest, runManifestEntry } from '../../tools/conform/safetensors.ts'
import { files } from './arbitraries.ts'

const folder = join(import.meta.dirname, '../safetensors')
const manifest = await loadManifest(folder)

/** A file made by hand: any header over any data. */
function fileOf(header: string | Uint8Array, dataLength = 0): Uint8Array {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : header
  const file = new Uint8Array(8 + json.length + dataLength)
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true)
  file.set(json, 8)
  return file
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

function describeTensor({ dtype, shape, data }: RawTensor) {
  return { dtype, shape, array: data[Symbol.toStringTag], bytes: [...bytesOf(data)] }
}

describe('the files of the manifest', () => {
  it.each(manifest)('$file is read or refused as it says', async entry => {
    const result = await runManifestEntry(folder, entry)
    expect(result.problem).toBeUndefined()
    expect(result.status).toBe('passed')
  })
})

describe('readSafetensors', () => {
  const name = '"w"'
  const empty = '"shape":[0],"data_offsets":[0,0]'

  it.each([
    ['the length it claims', fileOf('{}').subarray(0, 9), /header length .* 2 bytes, but only 1 follow/],
    ['a header above the maximum', lengthOnly(100_000_001n), /100000001 bytes, more than the 100000000/],
    ['leading whitespace', fileOf(' {}'), /does not begin with "{"/],
    ['a byte order mark', fileOf('\ufeff{}'), /does not begin with "{"/],
    ['bytes that are not UTF-8', fileOf(Uint8Array.of(0x7b, 0xff, 0x7d)), /not valid UTF-8/],
    ['half a surrogate pair in a name', fileOf(`{"\\ud800":{"dtype":"U8",${empty}}}`), /not valid Unicode/],
    ['a dtype of 8-bit floats', fileOf(`{${name}:{"dtype":"F8_E4M3",${empty}}}`), /"w": its dtype "F8_E4M3"/],
    ['a dtype named like a method', fileOf(`{${name}:{"dtype":"toString",${empty}}}`), /dtype "toString"/],
    [
      'a shape that is a string',
      fileOf(`{${name}:{"dtype":"U8","shape":"2","data_offsets":[0,2]}}`, 2),
      /shape/,
    ],
    [
      'a dimension of minus zero',
      fileOf(`{${name}:{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}`),
      /shape/,
    ],
    ['a tensor that is null', fileOf(`{${name}:null}`), /"w": expected an object/],
    ['an inherited dtype', fileOf(`{${name}:{"__proto__":{"dtype":"U8"},${empty}}}`), /dtype is missing/],
    ['metadata that is null', fileOf('{"__metadata__":null}'), /"__metadata__": expected an object/],
    ['a boolean of 2', booleanOfTwo(), /offset 1 is 2, not 0 or 1/],
  ])('refuses %s', (_what, file, message) => {
    expect(() => readSafetensors(file)).toThrow(FormatError)
    expect(() => readSafetensors(file)).toThrow(message)
  })

  it('refuses deep nesting without exhausting the stack', () => {
    const header = `{"w":${'['.repeat(200_000)}${']'.repeat(200_000)}}`
    expect(() => readSafetensors(fileOf(header))).toThrow(FormatError)
  })

  it('keeps a tensor called __proto__', () => {
    const { tensors } = readSafetensors(
      fileOf(`{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1),
    )
    expect([...tensors.keys()]).toEqual(['__proto__'])
  })

  it('takes an ArrayBuffer, and a view into a larger one', () => {
    const file = writeSafetensors([['x', { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }]])
    const shifted = new Uint8Array(file.length + 3)
    shifted.set(file, 3)
    for (const input of [Uint8Array.from(file).buffer, shifted.subarray(3)]) {
      expect(readSafetensors(input).tensors.get('x')?.data).toEqual(Float32Array.of(1, 2))
    }
  })

  function lengthOnly(length: bigint): Uint8Array {
    const file = new Uint8Array(16)
    new DataView(file.buffer).setBigUint64(0, length, true)
    return file
  }

  function booleanOfTwo(): Uint8Array {
    const file = fileOf(`{"w":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}}`, 2)
    file[file.length - 1] = 2
    return file
  }
})

describe('writeSafetensors', () => {
  it('gives back what it was given, to the bit, whatever the dtype and the names', () => {
    fc.assert(
      fc.property(files, ({ tensors, metadata }) => {
        const file = readSafetensors(writeSafetensors(tensors, metadata))
        expect(file.metadata).toEqual(metadata)
        expect(file.tensors.size).toBe(tensors.length)
        for (const [name, tensor] of tensors) {
          expect(describeTensor(file.tensors.get(name)!)).toEqual(describeTensor(tensor))
        }
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it('begins the data on a multiple of 8 and aligns every tensor', () => {
    fc.assert(
      fc.property(files, ({ tensors, metadata }) => {
        const bytes = writeSafetensors(tensors, metadata)
        expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0)
        for (const { dtype, data } of readSafetensors(bytes).tensors.values()) {
          const isView = data.buffer === bytes.buffer || dtype === 'BF16' || dtype === 'F16'
          expect(isView).toBe(true)
        }
      }),
      { seed: 2, numRuns: 100 },
    )
  })

  it('writes the same bytes whatever the order', () => {
    fc.assert(
      fc.property(files, ({ tensors, metadata }) => {
        const reversedMetadata = metadata && new Map([...metadata].reverse())
        const reversed = writeSafetensors([...tensors].reverse(), reversedMetadata)
        expect(reversed).toEqual(writeSafetensors(tensors, metadata))
      }),
      { seed: 3, numRuns: 100 },
    )
  })

  it.each<[string, [string, RawTensor][], RegExp]>([
    [
      'an array of another type',
      [['x', wrongArray()]],
      /dtype F32 is written from a Float32Array, got Int32Array/,
    ],
    ['a shape of another size', [['x', u8([3], 2)]], /shape \[3\] has 3 elements, the array has 2/],
    ['a negative dimension', [['x', u8([-1, -2], 2)]], /non-negative integers/],
    ['a name that occurs twice', [['x', u8([1], 1)], ['x', u8([1], 1)]], /"x": the name occurs twice/], // biome-ignore format: one case, one line
    ['the reserved name', [['__metadata__', u8([1], 1)]], /reserves this name/],
    ['half a surrogate pair', [['\ud800', u8([1], 1)]], /not valid Unicode/],
    ['a boolean of 2', [['x', { dtype: 'BOOL', shape: [1], data: Uint8Array.of(2) }]], /0 or 1/],
  ])('refuses %s', (_what, tensors, message) => {
    expect(() => writeSafetensors(tensors)).toThrow(ValueError)
    expect(() => writeSafetensors(tensors)).toThrow(message)
  })

  function u8(shape: number[], length: number): RawTensor {
    return { dtype: 'U8', shape, data: new Uint8Array(length) }
  }

  function wrongArray(): RawTensor {
    const tensor: { dtype: 'F32'; shape: number[]; data: Float32Array } = JSON.parse(
      '{"dtype":"F32","shape":[1]}',
    )
    return Object.assign(tensor, { data: Int32Array.of(1) }) as RawTensor
  }
})

describe('damaged bytes', () => {
  const originals = manifest.filter(entry => entry.valid).map(entry => readFileSync(join(folder, entry.file)))

  it('give a FormatError or a valid result, never anything else', () => {
    let refused = 0
    const damage = fc.record({
      file: fc.nat({ max: originals.length - 1 }),
      edits: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
      length: fc.option(fc.nat(), { freq: 4 }),
    })
    fc.assert(
      fc.property(damage, ({ file, edits, length }) => {
        const original = originals[file]
        const bytes = Uint8Array.from(
          length === null ? original : original.subarray(0, length % original.length),
        )
        // Half of the edits go to the header length and the first bytes of the header.
        for (const [place, value] of edits) bytes[place % (value % 2 ? bytes.length : 24)] = value
        try {
          for (const tensor of readSafetensors(bytes).tensors.values()) {
            expect(tensor.data.length).toBe(tensor.shape.reduce((product, size) => product * size, 1))
          }
        } catch (error) {
          if (!(error instanceof FormatError)) throw error
          refused++
        }
      }),
      { seed: 4, numRuns: 5000 },
    )
    expect(refused).toBeGreaterThan(1000)
  })
})
