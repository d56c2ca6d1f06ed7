import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromCsv, fromImageFolder, fromNdjson, fromTsv } from '../../src/data-files/index.ts'
import { FormatError, ValueError } from '../../src/errors.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'data-files-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

describe('fromCsv', () => {
  const text = '\uFEFFname,size,note\n"Ann ""A"", Lee",1.5,\r\nBob,-2e3,"two\nlines"\n\n'
  const rows = [
    { name: 'Ann "A", Lee', size: 1.5, note: null },
    { name: 'Bob', size: -2000, note: 'two\nlines' },
  ]

  it('reads paths, URLs, Blobs, streams and pieces cut anywhere', async () => {
    const path = file('a.csv', text)
    const bytes = new TextEncoder().encode(text)
    const sources = [
      path,
      pathToFileURL(path),
      new Blob([text]),
      new Blob([text]).stream(),
      Array.from(bytes, byte => Uint8Array.of(byte)),
      [...text],
    ]
    for (const source of sources) expect(await fromCsv(source).toArray()).toEqual(rows)
  })

  it('can be gone through again', async () => {
    const data = fromCsv(file('b.csv', text))
    expect(await data.toArray()).toEqual(await data.toArray())
  })

  it('reads megabytes without a warning of the process', async () => {
    const warnings: string[] = []
    const note = (warning: Error) => warnings.push(String(warning))
    process.on('warning', note)
    try {
      const line = '1,"some text, quoted",2.5\n'
      const path = file('large.csv', `a,b,c\n${line.repeat(100_000)}`)
      let sum = 0
      for await (const { a, c } of fromCsv(path)) sum += Number(a) + Number(c)
      expect(sum).toBe(350_000)
      expect(await fromCsv(path).take(3).toArray()).toHaveLength(3)
    } finally {
      await new Promise(resolve => setImmediate(resolve))
      process.off('warning', note)
    }
    expect(warnings).toEqual([])
  })

  it('takes names, types, missing values, comments and other delimiters', async () => {
    const options = {
      header: ['id', 'value'],
      delimiter: ';',
      comment: '#',
      types: { id: 'text' },
      missing: ['?', ''],
    } as const
    expect(await fromCsv(['# made by hand\n007;?\n008;1\n'], options).toArray()).toEqual([
      { id: '007', value: null },
      { id: '008', value: 1 },
    ])
    expect(await fromCsv(['1,2\n'], { header: false }).toArray()).toEqual([{ 0: 1, 1: 2 }])
  })

  it('names the line of a row that does not fit', async () => {
    const read = (content: string, options = {}) => fromCsv([content], options).toArray()
    await expect(read('a,b\n1,2\n1\n')).rejects.toThrow(FormatError)
    await expect(read('a,b\n1,2\n1\n')).rejects.toThrow(/needs 2 cells in each row, got 1 in line 3/)
    await expect(read('a\nx\n', { types: { a: 'number' } })).rejects.toThrow(/column "a", got "x" in line 2/)
    await expect(read('a,a\n1,2\n')).rejects.toThrow(/column "a" twice/)
    await expect(read('a\n"open\n')).rejects.toThrow(FormatError)
    await expect(read('a\n1\n', { types: { b: 'text' } })).rejects.toThrow(ValueError)
    expect(() => fromCsv('x', { separator: ';' } as never)).toThrow(/has no option "separator"/)
  })

  it('leaves bad rows out where somebody wants to know of them', async () => {
    const lines: (string | undefined)[] = []
    const options = {
      types: { a: 'number' },
      onBadRow: ({ location }: FormatError) => void lines.push(location),
    } as const
    expect(await fromCsv(['a,b\n1,2\n1\nx,2\n3,4\n'], options).toArray()).toEqual([
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ])
    expect(lines).toEqual(['line 3', 'line 4'])
  })

  it('says which file is missing, or not text', async () => {
    const missing = fromCsv(join(folder, 'none.csv')).toArray()
    await expect(missing).rejects.toThrow(FormatError)
    await expect(missing).rejects.toThrow(/none\.csv is not there/)
    await expect(fromNdjson(pathToFileURL(folder)).toArray()).rejects.toThrow(/is a folder, not a file/)
    await expect(fromCsv(file('c.csv', Uint8Array.of(0x61, 0xff, 0x0a))).toArray()).rejects.toThrow(
      /is not UTF-8/,
    )
  })

  it('reads from a server, and names a failure', async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/a.csv' ? 200 : 404
      response.end(text)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    try {
      expect(await fromCsv(new URL(`http://127.0.0.1:${port}/a.csv`)).toArray()).toEqual(rows)
      const missing = fromCsv(new URL(`http://127.0.0.1:${port}/b.csv`)).toArray()
      await expect(missing).rejects.toThrow(/answered 404 Not Found/)
    } finally {
      server.close()
    }
  })

  it('stops reading when it has enough', async () => {
    let pieces = 0
    const endless = {
      async *[Symbol.asyncIterator]() {
        yield 'a\n'
        for (;;) {
          pieces++
          yield '1\n'.repeat(1000)
        }
      },
    }
    expect(await fromCsv(endless).take(5).toArray()).toHaveLength(5)
    expect(pieces).toBeLessThan(200)
  })

  it('keeps a column that is named like a part of every object', async () => {
    const [row] = await fromCsv(['__proto__,constructor\n1,2\n']).toArray()
    expect(Object.entries(row)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ])
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
  })
})

it('fromTsv takes quotes as they are', async () => {
  expect(await fromTsv(['1\tshe said "no\n'], { header: ['label', 'text'] }).toArray()).toEqual([
    { label: 1, text: 'she said "no' },
  ])
})

describe('fromNdjson', () => {
  it('reads a value per line, cut anywhere, with or without a last line end', async () => {
    const text = '{"a":"ä"}\r\n\n[1]\n3'
    const bytes = Array.from(new TextEncoder().encode(text), byte => Uint8Array.of(byte))
    for (const source of [[text], bytes, file('a.ndjson', text)]) {
      expect(await fromNdjson(source).toArray()).toEqual([{ a: 'ä' }, [1], 3])
    }
  })

  it('names the line that is not JSON', async () => {
    await expect(fromNdjson(['1\n\n{\n']).toArray()).rejects.toThrow(/has no JSON in line 3/)
  })
})

describe('fromImageFolder', () => {
  const image = (path: string, colour: { r: number; g: number; b: number }, width = 8, height = 6) =>
    sharp({ create: { width, height, channels: 3, background: colour } })
      .png()
      .toFile(path)

  it('says that a folder is not there', async () => {
    const missing = fromImageFolder(join(folder, 'no-pets'), { size: [2, 4] })
    await expect(missing).rejects.toThrow(FormatError)
    await expect(missing).rejects.toThrow(/no-pets is not there/)
  })

  it('reads classes from subfolders and brings images to one size', async () => {
    const pets = join(folder, 'pets')
    for (const name of ['dog', 'cat']) mkdirSync(join(pets, name), { recursive: true })
    await image(join(pets, 'cat', '1.png'), { r: 255, g: 0, b: 51 })
    await image(join(pets, 'dog', '1.png'), { r: 0, g: 0, b: 0 }, 3, 9)
    writeFileSync(join(pets, 'dog', 'notes.txt'), 'no image')
    const { classNames, images } = await fromImageFolder(pets, { size: [2, 4] })
    expect(classNames).toEqual(['cat', 'dog'])
    const [cat, dog] = await images.toArray()
    expect(cat.x.shape).toEqual([2, 4, 3])
    expect([...cat.x.data.slice(0, 3)]).toEqual([1, 0, Math.fround(0.2)])
    expect([cat.y, dog.y]).toEqual([0, 1])
    const grey = await fromImageFolder(pets, { size: [2, 4], channels: 1 })
    const [batch] = await grey.images
      .map(({ x, y }) => ({ x, y }))
      .batch({ batchSize: 2 })
      .toArray()
    expect(batch.x.shape).toEqual([2, 2, 4, 1])
  })

  it('names a file that is no image, and a folder without any', async () => {
    const broken = join(folder, 'broken', 'a')
    mkdirSync(broken, { recursive: true })
    await expect(fromImageFolder(join(folder, 'broken'), { size: [2, 2] })).rejects.toThrow(/found no images/)
    writeFileSync(join(broken, 'x.png'), 'text')
    const { images } = await fromImageFolder(join(folder, 'broken'), { size: [2, 2] })
    await expect(images.toArray()).rejects.toThrow(/x\.png could not be read as an image/)
    await expect(fromImageFolder(folder, { size: [0, 2] })).rejects.toThrow(ValueError)
  })
})
