import { describe, expect, expectTypeOf, it } from 'vitest'
import { ShapeError, ValueError } from '../../src/errors.ts'
import { padSequences, type PaddedSequences } from '../../src/text/pad-sequences.ts'

describe('padSequences', () => {
  it('pads and truncates in front by default', () => {
    expect(padSequences([[1, 2, 3], [4], []], { maxLength: 2 })).toEqual({
      data: Int32Array.of(2, 3, 0, 4, 0, 0),
      shape: [3, 2],
    })
  })

  it('pads and truncates behind on demand', () => {
    const { data } = padSequences([[1, 2, 3], [4]], {
      maxLength: 2,
      padding: 'post',
      truncating: 'post',
      value: -1,
    })
    expect([...data]).toEqual([1, 2, 4, -1])
  })

  it('takes typed arrays, and makes float32 on demand', () => {
    const result = padSequences([Float64Array.of(0.5, Number.NaN), []], { dtype: 'float32', value: -0.5 })
    expect(result.data).toEqual(Float32Array.of(0.5, Number.NaN, -0.5, -0.5))
    expectTypeOf(result).toEqualTypeOf<PaddedSequences<Float32Array>>()
    expectTypeOf(padSequences([[1]]).shape).toEqualTypeOf<readonly [rows: number, length: number]>()
  })

  it('takes sequences of vectors', () => {
    const result = padSequences([[], [[1, 2]], [[3, 4], [5, 6]]], { padding: 'post' }) // biome-ignore format: one line
    expect(result).toEqual({ data: Int32Array.of(0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 5, 6), shape: [3, 2, 2] })
  })

  it('gives rows of length 0 when every sequence is empty', () => {
    expect(padSequences([[], []])).toEqual({ data: new Int32Array(0), shape: [2, 0] })
    expect(padSequences([], { maxLength: 3 }).shape).toEqual([0, 3])
  })

  const bad = (sequences: unknown, options: object = {}) => [sequences as number[][], options] as const

  it.each([
    ['no sequences without maxLength', bad([]), /0 sequences[\s\S]*maxLength/],
    ['maxLength 0', bad([[1]], { maxLength: 0 }), /maxLength.*got 0/],
    ['maxLength 1.5', bad([[1]], { maxLength: 1.5 }), /got 1.5/],
    ['an unknown padding', bad([[1]], { padding: 'left' }), /padding to be 'pre' or 'post', got "left"/],
    ['an unknown truncating', bad([[1]], { truncating: 'right' }), /truncating.*"right"/],
    ['an unknown dtype', bad([[1]], { dtype: 'int64' }), /dtype.*"int64"/],
    ['a value that is not whole', bad([[1]], { value: 0.5 }), /got 0.5 as value[\s\S]*float32/],
    ['an id that is not whole', bad([[1], [2, 2.5]]), /got 2.5 in sequence 1 at position 1/],
    ['a bad id in the part that is cut off', bad([[Number.NaN, 2]], { maxLength: 1 }), /NaN in sequence 0/],
    ['an id beyond 32 bits', bad([[2 ** 31]]), /2147483648/],
    ['a hole', bad([new Array(2)]), /undefined/],
    ['a text as sequence', bad(['a b']), /got "a b" as sequence 0/],
    ['words instead of ids', bad([['a']]), /got "a"[\s\S]*textsToSequences/],
    ['a sequence that is not wrapped', bad([1, 2]), /got 1 as sequence 0[\s\S]*\[ids\]/],
    ['a number', bad(5), /got 5/],
    ['words with float32', bad([['a']], { dtype: 'float32' }), /needs numbers, got "a"/],
  ])('refuses %s', (_, [sequences, options], message) => {
    expect(() => padSequences(sequences, options)).toThrow(ValueError)
    expect(() => padSequences(sequences, options)).toThrow(message)
  })

  it('refuses vectors of different sizes', () => {
    expect(() => padSequences([[[1, 2]], [[3]]])).toThrow(ShapeError)
    expect(() => padSequences([[[1, 2]], [[3]]])).toThrow(/2 numbers.*one of 1 numbers in sequence 1/)
    expect(() => padSequences([[[1, 2], 3]] as never)).toThrow(ShapeError)
  })
})
