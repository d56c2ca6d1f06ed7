import { describe, expect, it } from 'vitest'
import { ValueError } from '../../src/errors.ts'
import { textToWordSequence } from '../../src/text/text-to-words.ts'

describe('textToWordSequence', () => {
  it('cuts only at the separator: other white space stays inside words', () => {
    expect(textToWordSequence('a\u00a0b c\rd')).toEqual(['a\u00a0b', 'c\rd'])
  })

  it('lowers as Python does: dotted capital I and final sigma', () => {
    expect(textToWordSequence('İ ΟΔΟΣ ẞ')).toEqual(['i\u0307', 'οδος', 'ß'])
  })

  it('replaces every filtered character by the whole separator', () => {
    expect(textToWordSequence('a.b$&c', { filters: '.', split: '$&' })).toEqual(['a', 'b', 'c'])
  })

  it('filters code points, not halves of them', () => {
    expect(textToWordSequence('a😀b😁c', { filters: '😀' })).toEqual(['a', 'b😁c'])
  })

  it.each([']', '\\', '^', '-', '[', '^-]'])('takes %j as a filter literally', filters => {
    expect(textToWordSequence(`x${filters[0]}y.z`, { filters })).toEqual(['x', 'y.z'])
  })

  it('names what is wrong', () => {
    expect(() => textToWordSequence(5 as never)).toThrow(ValueError)
    expect(() => textToWordSequence('a', { split: '' })).toThrow(/textToWordSequence needs split.*got ""/)
  })
})
