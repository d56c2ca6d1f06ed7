import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readDigits } from '../../examples/digits/data.ts'
import { readIdx } from '../../examples/digits/idx.ts'
import { picture } from '../../examples/digits/picture.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'digits-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** An IDX file of unsigned bytes. */
function idx(shape: readonly number[], bytes: readonly number[]): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length)
  header[2] = 0x08
  header[3] = shape.length
  for (const [axis, length] of shape.entries()) header.writeUInt32BE(length, 4 + 4 * axis)
  return Buffer.concat([header, Buffer.from(bytes)])
}

function write(name: string, content: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

describe('readIdx', () => {
  it('reads shape and bytes, gzipped or not', () => {
    const file = idx([2, 3], [1, 2, 3, 4, 5, 6])
    for (const content of [file, gzipSync(file)]) {
      const { bytes, shape } = readIdx(write('a', content))
      expect([...bytes]).toEqual([1, 2, 3, 4, 5, 6])
      expect(shape).toEqual([2, 3])
    }
  })

  it('refuses other formats and files that were cut short', () => {
    expect(() => readIdx(write('a', Buffer.from('label,text')))).toThrow(/needs an IDX file/)
    expect(() => readIdx(write('a', idx([2, 3], [1])))).toThrow(/needs 6 values for \[2,3\], got 1/)
    expect(() => readIdx(write('a', Buffer.from([0, 0, 8, 3, 0])))).toThrow(/header of 3 axes/)
  })
})

describe('readDigits', () => {
  it('scales pixels to 0 … 1 and keeps the first ones', () => {
    write('t10k-images-idx3-ubyte', idx([2, 1, 2], [0, 255, 51, 0]))
    write('t10k-labels-idx1-ubyte', idx([2], [7, 3]))
    const { images, labels } = readDigits(folder, 'test', 1)
    expect(images.shape).toEqual([1, 1, 2, 1])
    expect([...images.data]).toEqual([0, 1])
    expect([...labels]).toEqual([7])
  })

  it('names what is missing or does not fit', () => {
    expect(() => readDigits(folder, 'train', 1)).toThrow(/has no train file of images/)
    write('train-images-idx3-ubyte', idx([2, 1, 1], [0, 0]))
    write('train-labels-idx1-ubyte', idx([1], [7]))
    expect(() => readDigits(folder, 'train', 1)).toThrow(/has 2 images, but 1 labels/)
  })
})

it('draws two rows of pixels to a line', () => {
  expect(picture([0, 1, 0, 1, 1, 0, 1, 0], 2)).toBe(' █\n█')
})
