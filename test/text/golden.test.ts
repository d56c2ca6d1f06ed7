import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadTextCases, runTextCase, type TextCase } from '../../tools/conform/text.ts'

const cases = loadTextCases(readFileSync(new URL('../golden/text.json', import.meta.url), 'utf8'))

describe('the golden text cases', () => {
  it.each(cases.map(textCase => [textCase.name, textCase] as const))('%s', (_, textCase) => {
    expect(runTextCase(textCase)).toMatchObject({ passed: true })
  })

  it('are all there', () => {
    expect(cases).toHaveLength(84)
  })
})

describe('the comparison of a text case', () => {
  const pad = cases.find(({ name }) => name === 'pad/0')!
  const words = cases.find(({ name }) => name === 'words/0')!
  const tokenizer = cases.find(({ name }) => name === 'tokenizer/tricky')!
  const changed = (textCase: TextCase, fields: object) => runTextCase({ ...textCase, ...fields } as TextCase)

  it.each([
    ['a wrong word', changed(words, { words: ['hello', 'world', 'hello', 'word'] })],
    ['a missing word', changed(words, { words: ['hello', 'world', 'hello'] })],
    ['a missing row', changed(pad, { padded: [] })],
    ['a wrong nesting', changed(pad, { padded: 7 })],
    ['a wrong sequence', changed(tokenizer, { sequences: [] })],
    ['a swapped index', changed(tokenizer, { first_index: 2 })],
    ['a wrong number of documents', changed(tokenizer, { document_count: 13 })],
    ['a wrong count', changed(tokenizer, { word_counts: { hello: 3 } })],
    ['a wrong matrix', changed(tokenizer, { matrix: { tfidf: [] } })],
    ['an unknown mode', changed(tokenizer, { matrix: { median: [] } })],
    ['an unknown operation', changed(words, { op: 'hashing_trick' })],
    ['a call that throws', changed(words, { config: { filters: '', lower: true, split: '' } })],
  ])('fails on %s', (_, result) => {
    expect(result.passed).toBe(false)
    expect(result.worst).toBe(Number.POSITIVE_INFINITY)
    expect(result.problem).toMatch(/needs/)
  })

  it('takes matrix values within the tolerance, and no others', () => {
    const padded = (factor: number) => ({ ...pad, sequences: [[20]], padded: [[20 * factor]] }) as TextCase
    expect(runTextCase(padded(1 + 0.9e-5)).passed).toBe(true)
    expect(runTextCase(padded(1 + 1.1e-5)).passed).toBe(false)
    expect(runTextCase(padded(Number.NaN)).passed).toBe(false)
  })

  it('refuses a file of another format', () => {
    expect(() => loadTextCases('{"format":"golden-1","cases":[]}')).toThrow(/golden-1/)
  })
})
