import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import {
  type ByteStore,
  DeviceError,
  directoryStore,
  FormatError,
  memoryStore,
  opfsStore,
  ValueError,
} from '../../src/index.ts'
import { rejection } from '../setup/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'store-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.each<[string, () => ByteStore]>([
  ['a directory', () => directoryStore(join(folder, 'files'))],
  ['a directory by its address', () => directoryStore(pathToFileURL(join(folder, 'by url')))],
  ['memory', () => memoryStore()],
])('%s', (_, make) => {
  it('keeps, replaces and removes files', async () => {
    const store = make()
    expect(await store.names()).toEqual([])
    await store.write('a', Uint8Array.of(1, 2))
    await store.write('b', Uint8Array.of())
    await store.write('a', Uint8Array.of(3))
    expect([...(await store.names())].sort()).toEqual(['a', 'b'])
    expect([...(await store.read('a'))]).toEqual([3])
    await store.remove('a')
    await store.remove('a')
    expect(await store.names()).toEqual(['b'])
    expect(await rejection(store.read('a'))).toBeInstanceOf(FormatError)
  })

  it('keeps a copy of what it is given', async () => {
    const store = make()
    const bytes = Uint8Array.of(1)
    await store.write('c', bytes)
    bytes[0] = 9
    const read = await store.read('c')
    read[0] = 8
    expect([...(await store.read('c'))]).toEqual([1])
  })
})

describe('the private file system of browsers', () => {
  it('is not here, and says so when it is used', async () => {
    expect(await rejection(opfsStore('x').names())).toBeInstanceOf(DeviceError)
    expect(() => opfsStore('')).toThrow(ValueError)
  })
})

describe('the lock of a directory', () => {
  const place = (name: string): string => join(folder, name)
  const writeLock = (name: string, writer: object | string): string => {
    mkdirSync(place(name), { recursive: true })
    const file = join(place(name), 'writer.lock')
    writeFileSync(
      file,
      typeof writer === 'string' ? writer : JSON.stringify({ token: 't', started: null, ...writer }),
    )
    return file
  }
  const locked = async (name: string) => directoryStore(place(name)).lock?.()

  it('keeps a second writer of this process out, until it is released', async () => {
    const release = await locked('own')
    expect(await rejection(locked('own') as Promise<unknown>)).toBeInstanceOf(ValueError)
    await release?.()
    await (await locked('own'))?.()
    expect(readdirSync(place('own'))).toEqual([])
  })

  it.each([
    ['a process that is no more', { pid: 2 ** 22 + 1, host: hostname() }],
    ['a process whose number another one has now', { pid: process.ppid, host: hostname(), started: '1' }],
    ['half a lock', '{"pid":'],
  ])('of %s counts for nothing', async (name, writer) => {
    writeLock(name, writer)
    const release = await locked(name)
    expect(JSON.parse(readFileSync(join(place(name), 'writer.lock'), 'utf8')).pid).toBe(process.pid)
    await release?.()
  })

  it('of another machine holds while it is touched', async () => {
    const file = writeLock('remote', { pid: 1, host: 'elsewhere' })
    const error = await rejection(locked('remote') as Promise<unknown>)
    expect(String(error)).toMatch(/process 1 on elsewhere.*writer\.lock/s)
    const old = new Date(Date.now() - 3_600_000)
    utimesSync(file, old, old)
    await (await locked('remote'))?.()
  })

  it('is not released by one whose lock was taken over', async () => {
    const release = await locked('taken')
    const other = writeLock('taken', { pid: process.ppid, host: 'elsewhere' })
    await release?.()
    expect(readFileSync(other, 'utf8')).toContain('elsewhere')
  })

  it('clears away what a killed writer left', async () => {
    mkdirSync(place('left'))
    writeFileSync(join(place('left'), 'a.safetensors.123.tmp'), 'half')
    writeFileSync(join(place('left'), 'a.safetensors'), 'whole')
    expect(await directoryStore(place('left')).names()).toEqual(['a.safetensors'])
    await (await locked('left'))?.()
    expect(readdirSync(place('left'))).toEqual(['a.safetensors'])
  })
})
