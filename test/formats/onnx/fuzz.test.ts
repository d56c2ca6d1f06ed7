import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FormatError, TensorloomError, UnsupportedError } from '../../../src/errors.ts'
import { exportOnnx } from '../../../src/formats/onnx/index.ts'
import { readOnnx } from '../../../src/formats/onnx/load.ts'
import type { OnnxModel } from '../../../src/formats/onnx/model.ts'
import { Generator } from '../../../src/tensor/random.ts'
import { noGrad, ones, zeros } from '../../../src/index.ts'
import { examples } from './exported-models.ts'
import { createReader } from './graphs.ts'

/** A longer run: TENSORLOOM_FUZZ_FILES=20000 npx vitest run test/formats/onnx/fuzz.test.ts */
const FILES = Number(process.env.TENSORLOOM_FUZZ_FILES ?? 2500)

/** What a weight may take in memory per byte of the file: numbers are widened to float32 at most twice. */
const MOST_PER_BYTE = 8

const folder = join(import.meta.dirname, '..', '..', 'onnx-pytorch')

async function originals(): Promise<Uint8Array[]> {
  const names = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory())
  const exported = ['lstm masked', 'conv2d stack', 'transformer', 'encoder and decoder']
  return [
    ...names.map(({ name }) => new Uint8Array(readFileSync(join(folder, name, 'model.onnx')))),
    ...(await Promise.all(
      examples.filter(({ name }) => exported.includes(name)).map(({ make }) => exportOnnx(make().model)),
    )),
  ]
}

type Mutation = (bytes: Uint8Array, random: Generator, others: readonly Uint8Array[]) => Uint8Array

const concatenated = (...parts: readonly Uint8Array[]): Uint8Array => {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let start = 0
  for (const part of parts) {
    result.set(part, start)
    start += part.length
  }
  return result
}

/** Two places in order. */
function range(bytes: Uint8Array, random: Generator, longest: number): [number, number] {
  const start = random.below(bytes.length)
  return [start, Math.min(bytes.length, start + 1 + random.below(longest))]
}

const replaced = (bytes: Uint8Array, place: number, value: number): Uint8Array => {
  const copy = bytes.slice()
  copy[place] = value
  return copy
}

const mutations: readonly Mutation[] = [
  (bytes, random) => {
    const place = random.below(bytes.length)
    return replaced(bytes, place, bytes[place] ^ (1 << random.below(8)))
  },
  (bytes, random) => replaced(bytes, random.below(bytes.length), [0, 1, 127, 128, 255][random.below(5)]),
  (bytes, random) => bytes.slice(0, random.below(bytes.length)),
  (bytes, random) => {
    const [start, end] = range(bytes, random, 40)
    return concatenated(bytes.subarray(0, start), bytes.subarray(end))
  },
  (bytes, random) => {
    const [start, end] = range(bytes, random, 40)
    return concatenated(bytes.subarray(0, end), bytes.subarray(start))
  },
  (bytes, random, others) => {
    const other = others[random.below(others.length)]
    return concatenated(
      bytes.subarray(0, random.below(bytes.length)),
      other.subarray(random.below(other.length)),
    )
  },
  (bytes, random) => {
    // A varint as long as there can be: a size without bounds.
    const place = random.below(bytes.length)
    return concatenated(
      bytes.subarray(0, place),
      new Uint8Array(9).fill(255),
      Uint8Array.of(1),
      bytes.subarray(place + 1),
    )
  },
]

/** Runs what could be read after all, on inputs of the sizes that it asks for. */
function tryToRun(model: OnnxModel): void {
  const inputs = model.inputs.map(({ shape, type }) => {
    const sizes = (shape ?? []).map(size => (typeof size === 'number' && size >= 0 ? Math.min(size, 16) : 2))
    return type?.startsWith('float') ? ones(sizes.slice(0, 5)) : zeros(sizes.slice(0, 5), { dtype: 'int32' })
  })
  noGrad(() => model.forward(inputs.length === 1 ? inputs[0] : inputs))
}

describe('damaged ONNX files', () => {
  it(`are refused with a FormatError, or read into no more memory than they take (${FILES} files)`, async () => {
    const random = new Generator(20)
    const sources = await originals()
    let refused = 0
    let ran = 0
    for (let file = 0; file < FILES; file++) {
      const source = sources[file % sources.length]
      let bytes = source
      for (let round = 0; round <= random.below(3) && bytes.length > 0; round++) {
        bytes = mutations[random.below(mutations.length)](bytes, random, sources)
      }
      const model = attempt(
        () => readOnnx(createReader, bytes, { maximumElements: 2 ** 16 }),
        [FormatError, UnsupportedError],
        file,
      )
      if (model === null) refused++
      else {
        const weights = [...model.stateDict().values()].reduce((sum, { size }) => sum + 4 * size, 0)
        expect(weights, `weights of file ${file}`).toBeLessThanOrEqual(MOST_PER_BYTE * bytes.length)
        if (attempt(() => tryToRun(model), [TensorloomError], file) !== null) ran++
      }
    }
    expect(refused).toBeGreaterThan(FILES / 4)
    expect(ran).toBeGreaterThan(0)
    expect(Object.keys(Object.prototype)).toEqual([])
  })
})

/** What `body` gives, or null where it throws one of these errors; anything else fails the test. */
function attempt<T>(
  body: () => T,
  allowed: readonly (new (...facts: never[]) => Error)[],
  file: number,
): T | null {
  try {
    return body()
  } catch (error) {
    if (allowed.some(type => error instanceof type)) return null
    throw new Error(`file ${file} threw ${String(error)}`, { cause: error })
  }
}
