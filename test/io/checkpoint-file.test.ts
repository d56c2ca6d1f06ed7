import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError, Generator, type StateTree, Tensor, tensor, ValueError } from '../../src/index.ts'
import { readCheckpoint, writeCheckpoint } from '../../src/io/checkpoint-file.ts'
import { crc32 } from '../../src/io/checksum.ts'
import { readSafetensors } from '../../src/io/safetensors.ts'
import { errorOf } from '../setup/errors.ts'

/** A state with tensors as plain data, for comparison. */
const plain = (state: StateTree): unknown => {
  if (state instanceof Tensor) return [state.dtype, state.shape, [...state.values()]]
  if (Array.isArray(state)) return state.map(plain)
  if (state instanceof Map) return new Map([...state].map(([key, value]) => [key, plain(value)]))
  if (typeof state === 'object' && state !== null && !ArrayBuffer.isView(state))
    return Object.fromEntries(Object.entries(state).map(([key, value]) => [key, plain(value as StateTree)]))
  return state
}

const through = (state: StateTree): unknown => plain(readCheckpoint(writeCheckpoint('test', state)))

const example: StateTree = {
  numbers: [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, 2 ** 53],
  texts: ['', '"tensorloom.checksum":"12345678', '\u0000 ü 漢'],
  flags: [true, false, null],
  arrays: {
    f32: Float32Array.of(1, Number.NaN),
    f64: Float64Array.of(0.1),
    i32: Int32Array.of(-1),
    u8: Uint8Array.of(255),
  },
  __metadata__: Int32Array.of(7),
  map: new Map<string, StateTree>([
    ['a.b', tensor([[1, 2]])],
    ['__proto__', 1],
  ]),
  'a.b': tensor([3], { dtype: 'int32' }),
  a: { b: tensor([true, false]) },
  empty: {},
}

describe('a state in a file', () => {
  it('comes back with the same bits', () => {
    expect(through(example)).toEqual(plain(example))
    expect(Object.is((through(example) as { numbers: number[] }).numbers[1], -0)).toBe(true)
  })

  it('comes back whatever it is', () => {
    const state = fc.letrec<{ tree: StateTree }>(tie => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.constant(null),
        fc.boolean(),
        fc.double(),
        fc.string(),
        fc.array(fc.double()).map(values => Float64Array.from(values)),
        fc.array(tie('tree')),
        fc.dictionary(
          fc.string().filter(key => !key.startsWith('$')),
          tie('tree'),
        ),
        fc.array(fc.tuple(fc.string(), tie('tree'))).map(pairs => new Map(pairs)),
      ),
    })).tree
    fc.assert(
      fc.property(state, tree => {
        expect(through(tree)).toEqual(plain(tree))
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it('shows its tensors by path to every reader of safetensors', () => {
    const { tensors } = readSafetensors(
      writeCheckpoint('test', { model: new Map([['dense.kernel', tensor([1, 2])]]) }),
    )
    expect(tensors.get('model.dense.kernel')).toEqual({
      dtype: 'F32',
      shape: [2],
      data: Float32Array.of(1, 2),
    })
  })

  it.each<[string, unknown, RegExp]>([
    ['a function', { a: { f: () => 1 } }, /"a\.f" of a state: it is a function/],
    ['an object of a class', { a: new Date() }, /"a" of a state: it is an object of class Date/],
    ['a big integer', [1n], /"0" of a state: it is a bigint/],
    ['another array', { a: new Int8Array(2) }, /a Int8Array/],
    ['a reserved key', { $map: 1 }, /"\$map" \("\$" is reserved\)/],
  ])('cannot hold %s', (_, state, message) => {
    const error = errorOf(() => writeCheckpoint('test', state as StateTree))
    expect(error).toBeInstanceOf(ValueError)
    expect(String(error)).toMatch(message)
  })
})

describe('a damaged checkpoint', () => {
  const whole = writeCheckpoint('test', example)

  it('is noticed, wherever a bit has changed', () => {
    const random = new Generator(1)
    for (let i = 0; i < 8_000; i++) {
      const bytes = whole.slice()
      bytes[random.below(bytes.length)] ^= 1 << random.below(8)
      expect(errorOf(() => readCheckpoint(bytes))).toBeInstanceOf(FormatError)
    }
  })

  it('is noticed, wherever it was cut off or lengthened', () => {
    for (let length = 0; length < whole.length; length++)
      expect(errorOf(() => readCheckpoint(whole.slice(0, length)))).toBeInstanceOf(FormatError)
    expect(errorOf(() => readCheckpoint(Uint8Array.of(...whole, 0)))).toBeInstanceOf(FormatError)
  })

  it('makes no other error even where its checksum is right', () => {
    const random = new Generator(2)
    const text = new TextDecoder('latin1').decode(whole)
    const place = text.indexOf('"tensorloom.checksum":"') + '"tensorloom.checksum":"'.length
    const header = Number(new DataView(whole.buffer).getBigUint64(0, true))
    let read = 0
    for (let i = 0; i < 12_000; i++) {
      const bytes = whole.slice()
      for (let n = 1 + random.below(3); n > 0; n--) {
        const at = 8 + random.below(header)
        bytes[at] = random.below(4) === 0 ? random.below(256) : whole[8 + random.below(header)]
      }
      bytes.set(new TextEncoder().encode('00000000'), place)
      bytes.set(new TextEncoder().encode(crc32(bytes)), place)
      try {
        readCheckpoint(bytes)
        read++
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
    }
    expect(read).toBeGreaterThan(100)
    expect(Object.prototype).not.toHaveProperty('numbers')
  })

  it('of another kind or version is refused', () => {
    const older = new TextEncoder().encode('{}')
    expect(String(errorOf(() => readCheckpoint(older)))).toContain('FormatError')
  })
})
