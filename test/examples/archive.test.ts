import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { tryFolder } from '../../examples/text-classifier/archive.ts'

const folder = mkdtempSync(join(tmpdir(), 'archive-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('a folder that is tried out', () => {
  it('is not there afterwards, nor those above it that were made for it', () => {
    tryFolder(join(folder, 'a/b/c'))
    tryFolder(`${join(folder, 'd')}/`)
    expect(readdirSync(folder)).toEqual([])
  })

  it('stays where it was there before, with what is in it', () => {
    const there = join(folder, 'there')
    mkdirSync(there)
    tryFolder(there)
    writeFileSync(join(there, 'model.json'), '{}')
    tryFolder(there)
    tryFolder(join(there, 'inner'))
    expect(readdirSync(there)).toEqual(['model.json'])
  })

  it('must not be a file', () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    expect(() => tryFolder(file)).toThrow(/needs a folder that can be written to/)
    expect(existsSync(file)).toBe(true)
  })
})
