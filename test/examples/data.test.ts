import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { embeddedData, fileData, holdOut } from '../../examples/text-classifier/data.ts'
import { InputError } from '../../examples/text-classifier/input-error.ts'

const folder = mkdtempSync(join(tmpdir(), 'data-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, contents: string): string {
  writeFileSync(join(folder, name), contents)
  return join(folder, name)
}

const examples = Array.from({ length: 57 }, (_, i) => ({ label: i % 3, text: `text ${i}` }))
const texts = (part: readonly { text: string }[]): string[] => part.map(({ text }) => text)

describe('holding out a tenth', () => {
  it('loses nothing and doubles nothing', () => {
    const { train, valid } = holdOut(examples, 1)
    expect(valid).toHaveLength(5)
    expect(texts([...train, ...valid]).sort()).toEqual(texts(examples).sort())
  })

  it('depends on the seed alone', () => {
    expect(holdOut(examples, 1)).toEqual(holdOut(examples, 1))
    expect(texts(holdOut(examples, 2).valid)).not.toEqual(texts(holdOut(examples, 1).valid))
  })

  it('needs ten texts', () => {
    expect(() => holdOut(examples.slice(0, 9), 1)).toThrow('at least 10 texts')
    expect(holdOut(examples.slice(0, 10), 1).valid).toHaveLength(1)
  })
})

describe('data from files', () => {
  const rows = examples.map(({ label, text }) => `class${label}\t${text}`).join('\n')

  it('numbers the classes of the second file as the first does', () => {
    const data = fileData(file('train.tsv', rows), file('valid.tsv', 'class2\tnew'), 1)
    expect(data.labels).toEqual(['class0', 'class1', 'class2'])
    expect(data.train).toHaveLength(57)
    expect(data.valid).toEqual([{ label: 2, text: 'new' }])
  })

  it('holds a tenth out without a second file', () => {
    const { train, valid } = fileData(file('all.tsv', rows), undefined, 1)
    expect([train.length, valid.length]).toEqual([52, 5])
  })

  it.each([
    ['a missing file', () => join(folder, 'none.tsv'), 'none.tsv: there is no such file.'],
    ['a folder', () => folder, 'this is a folder, and a file is needed.'],
    ['one class', () => file('one.tsv', '1\ta\n1\tb'), 'one.tsv: needs two classes or more, got only "1".'],
    ['no tab', () => file('csv.tsv', '1,a\n0,b'), 'csv.tsv, line 1: needs label<TAB>text'],
    ['nothing', () => file('empty.tsv', ''), 'an empty file'],
  ])('refuses %s in one line', (_, path, message) => {
    const read = (): unknown => fileData(path(), undefined, 1)
    expect(read).toThrow(InputError)
    expect(read).toThrow(message)
    expect(read).toThrow(/^[^\n]+$/)
  })
})

it('the embedded data has two classes and a validation set', () => {
  const { labels, train, valid } = embeddedData(200)
  expect([labels.length, train.length, valid.length]).toEqual([2, 160, 40])
})
