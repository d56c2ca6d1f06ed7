import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseTsv, readTsv } from '../../examples/text-classifier/read-tsv.ts'

const folder = mkdtempSync(join(tmpdir(), 'read-tsv-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('readTsv', () => {
  it('reads names as labels, through a byte order mark and line ends of any kind', () => {
    const path = join(folder, 'named.tsv')
    writeFileSync(path, '\ufeffspam\tWin a prize\r\nham\t明天见\n\nham\twith\ttab\r\n')
    expect(readTsv(path)).toEqual({
      labels: ['ham', 'spam'],
      examples: [
        { label: 1, text: 'Win a prize' },
        { label: 0, text: '明天见' },
        { label: 0, text: 'with\ttab' },
      ],
    })
  })

  it('orders numbers by value, any number of them', () => {
    expect(parseTsv('10\ta\n9\tb\n-1\tc', 'numbers').labels).toEqual(['-1', '9', '10'])
  })

  it('takes odd names as labels', () => {
    const { labels, examples } = parseTsv('constructor\ta\n__proto__\tb', 'odd')
    expect(labels).toEqual(['__proto__', 'constructor'])
    expect(examples.map(({ label }) => label)).toEqual([1, 0])
  })

  it('numbers a second file as the first', () => {
    const labels = ['a', 'b', 'c']
    expect(parseTsv('c\tx', 'valid', labels)).toEqual({ labels, examples: [{ label: 2, text: 'x' }] })
    expect(() => parseTsv('c\tx\nd\ty', 'valid.tsv', labels)).toThrow(
      'valid.tsv, line 2: needs one of the labels a, b, c, got "d"',
    )
  })

  it.each([
    [
      'a line without a tab',
      '1\tgood\n\nno tab here',
      'file.tsv, line 3: needs label<TAB>text, got no tab in "no tab here"',
    ],
    ['a line without a label', '1\tgood\n\tbad', 'line 2: needs a label'],
    ['a line without a text', '1\t ', 'line 1: needs a text'],
    ['an empty file', '', 'file.tsv: needs lines of label<TAB>text, got an empty file'],
    ['a file of blank lines', '\ufeff\r\n \n', 'empty file'],
  ])('refuses %s', (_, contents, message) => {
    expect(() => parseTsv(contents, 'file.tsv')).toThrow(message)
  })

  it('refuses what is not UTF-8', () => {
    const path = join(folder, 'latin.tsv')
    writeFileSync(path, Buffer.from([0x31, 0x09, 0xe9, 0x0a]))
    expect(() => readTsv(path)).toThrow(/latin.tsv: needs UTF-8/)
  })
})
