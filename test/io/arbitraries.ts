import fc from 'fast-check'
import type { RawTensor } from '../../src/io/safetensors.ts'

/** Bit patterns, so that NaN payloads, infinities and subnormals occur. */
const wordArrays = {
  8: (length: number) => fc.bigUint64Array({ minLength: length, maxLength: length }),
  4: (length: number) => fc.uint32Array({ minLength: length, maxLength: length }),
  2: (length: number) => fc.uint16Array({ minLength: length, maxLength: length }),
  1: (length: number) => fc.uint8Array({ minLength: length, maxLength: length }),
}

const shapes = fc.array(fc.nat({ max: 4 }), { maxLength: 3 })

/** A tensor of any dtype and of small shape, with any values that its file can hold. */
export const tensors: fc.Arbitrary<RawTensor> = shapes.chain(shape => {
  const length = shape.reduce((product, size) => product * size, 1)
  const make = <W>(words: fc.Arbitrary<W>, build: (words: W) => RawTensor) => words.map(build)
  return fc.oneof(
    make(wordArrays[8](length), w => ({ dtype: 'F64', shape, data: new Float64Array(w.buffer) })),
    make(wordArrays[8](length), w => ({ dtype: 'I64', shape, data: new BigInt64Array(w.buffer) })),
    make(wordArrays[8](length), data => ({ dtype: 'U64', shape, data })),
    make(wordArrays[4](length), w => ({ dtype: 'F32', shape, data: new Float32Array(w.buffer) })),
    make(wordArrays[4](length), w => ({ dtype: 'I32', shape, data: new Int32Array(w.buffer) })),
    make(wordArrays[4](length), data => ({ dtype: 'U32', shape, data })),
    make(wordArrays[2](length), w => ({ dtype: 'BF16', shape, data: brainFloats(w) })),
    make(wordArrays[2](length), w => ({ dtype: 'I16', shape, data: new Int16Array(w.buffer) })),
    make(wordArrays[2](length), data => ({ dtype: 'U16', shape, data })),
    make(wordArrays[1](length), w => ({ dtype: 'I8', shape, data: new Int8Array(w.buffer) })),
    make(wordArrays[1](length), data => ({ dtype: 'U8', shape, data })),
    make(wordArrays[1](length), w => ({ dtype: 'BOOL', shape, data: w.map(byte => byte & 1) })),
  )
})

function brainFloats(words: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(words, word => word << 16).buffer)
}

/** Names of every sort: those of Object.prototype, numbers, other scripts. */
export const names = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', '0', '1', 'layers.0.kernel'),
)

export const files = fc.record({
  tensors: fc.uniqueArray(fc.tuple(names, tensors), { selector: ([name]) => name, maxLength: 6 }),
  metadata: fc.option(
    fc
      .uniqueArray(fc.tuple(names, fc.string({ unit: 'grapheme' })), {
        selector: ([name]) => name,
        maxLength: 3,
      })
      .map(entries => new Map(entries)),
  ),
})
