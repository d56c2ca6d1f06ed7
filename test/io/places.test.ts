import 'fake-indexeddb/auto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  DeviceError,
  dense,
  FormatError,
  indexedDbStore,
  type Loaded,
  load,
  manualSeed,
  modelToBlob,
  ones,
  sequential,
  Tensor,
  type TensorloomError,
  Tokenizer,
  ValueError,
} from '../../src/index.ts'
import { rejection } from '../setup/errors.ts'

manualSeed(5)
const model = sequential(dense({ units: 3, inputSize: 4, activation: 'tanh' }), dense({ units: 1 }))
const x = ones([2, 4])
const expected = model.predict(x).data()
const tokenizer = new Tokenizer()
tokenizer.fitOnTexts(['a b c'])

async function expectErrorAsync(
  body: () => Promise<unknown>,
  type: typeof TensorloomError,
  message: RegExp,
): Promise<TensorloomError> {
  const error = await rejection(body())
  expect(error).toBeInstanceOf(type)
  expect(error.message).toMatch(message)
  return error
}

function expectSame({ model: loaded }: Loaded): void {
  const prediction = loaded.predict(x)
  expect(prediction instanceof Tensor && prediction.data()).toEqual(expected)
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe('a Blob', () => {
  it('gives the model back, and what was saved beside it', async () => {
    const blob = modelToBlob(model, { tokenizer, metadata: { note: 'hi' } })
    const loaded = await load(blob)
    expectSame(loaded)
    expect(loaded.tokenizer?.wordIndex.get('b')).toBe(2)
    expect(loaded.metadata.get('note')).toBe('hi')
  })

  it('that holds something else is refused', async () => {
    await expectErrorAsync(() => load(new Blob(['no model, for sure'])), FormatError, /the Blob/)
  })
})

describe('a store in IndexedDB', () => {
  it('gives the model back, and the latest one', async () => {
    await sequential(dense({ units: 1, inputSize: 4 })).save(indexedDbStore('reviews'))
    await model.save(indexedDbStore('reviews'), { tokenizer })
    const loaded = await load(indexedDbStore('reviews'))
    expectSame(loaded)
    expect(loaded.tokenizer).not.toBeNull()
    expect(await indexedDbStore('reviews').names()).toEqual(['model.safetensors'])
  })

  it('says what is missing, and where', async () => {
    await expectErrorAsync(
      () => load(indexedDbStore('nothing')),
      FormatError,
      /"model.safetensors" found no such file in IndexedDB "nothing"/,
    )
  })

  it('keeps a copy of the bytes, and of the view only', async () => {
    const store = indexedDbStore('bytes')
    const bytes = Uint8Array.of(1, 2, 3, 4).subarray(1, 3)
    await store.write('a', bytes)
    bytes[0] = 9
    const read = await store.read('a')
    expect([...read]).toEqual([2, 3])
    expect(read.buffer.byteLength).toBe(2)
    await store.remove('a')
    await store.remove('a')
    expect(await store.names()).toEqual([])
  })

  it('lets one writer in at a time', async () => {
    const release = await indexedDbStore('locked').lock?.()
    await expectErrorAsync(async () => indexedDbStore('locked').lock?.(), ValueError, /being written to/)
    await release?.()
    const again = await indexedDbStore('locked').lock?.()
    await again?.()
  })

  it('names a full disk', async () => {
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore) {
      this.transaction.abort()
      const failed = { error: new DOMException('full', 'QuotaExceededError'), result: undefined }
      return failed as never
    })
    await expectErrorAsync(() => model.save(indexedDbStore('full')), DeviceError, /no more room/)
  })

  it('says that it needs a browser where there is none', async () => {
    vi.stubGlobal('indexedDB', undefined)
    await expectErrorAsync(
      () => model.save(indexedDbStore('x')),
      DeviceError,
      /needs a browser with IndexedDB/,
    )
  })

  it('needs a name', () => {
    expect(() => indexedDbStore('')).toThrow(ValueError)
  })
})

describe('a URL', () => {
  let server: Server
  let origin: string
  let folder: string
  const asked: (string | undefined)[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tensorloom-places-'))
    await model.save(join(folder, 'all.safetensors'), { tokenizer })
    await model.save(join(folder, 'directory'), { tokenizer })
    expect(await readdir(join(folder, 'directory'))).toContain('tokenizer.json')
    server = createServer((request, response) => {
      asked.push(request.headers.authorization)
      readFile(join(folder, request.url ?? '')).then(
        bytes => response.end(bytes),
        () => response.writeHead(request.url === '/broken' ? 503 : 404).end('no'),
      )
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  afterAll(async () => {
    await new Promise(resolve => server.close(resolve))
    await rm(folder, { recursive: true })
  })

  it('of a file or of a directory gives the model and the tokenizer', async () => {
    for (const source of [`${origin}/all.safetensors`, new URL('directory/', origin)]) {
      const loaded = await load(source)
      expectSame(loaded)
      expect(loaded.tokenizer?.wordIndex.get('c')).toBe(3)
    }
  })

  it('of a Blob is read, too', async () => {
    const url = URL.createObjectURL(modelToBlob(model))
    expectSame(await load(url))
    URL.revokeObjectURL(url)
  })

  it('is fetched as the caller says', async () => {
    const headers = { Authorization: 'Bearer secret' }
    asked.length = 0
    expectSame(await load(new URL('directory/', origin), { fetch: url => fetch(url, { headers }) }))
    expect(asked).toEqual(['Bearer secret', 'Bearer secret', 'Bearer secret'])
  })

  it.each([
    ['/nothing.safetensors', /404 Not Found.*\n.*a directory ends in/],
    ['/nothing/', /nothing\/model\.json" got the answer 404/],
    ['/broken', /503 Service Unavailable/],
  ])('%s names the answer of the server', async (path, message) => {
    await expectErrorAsync(() => load(origin + path), FormatError, message)
  })

  it('that cannot be reached says so, and keeps the cause', async () => {
    const error = await expectErrorAsync(
      () => load('http://127.0.0.1:9/x.safetensors'),
      FormatError,
      /could not fetch it/,
    )
    expect(error.cause).toBeInstanceOf(Error)
  })

  it("leaves the caller's own cancelling alone", async () => {
    const signal = AbortSignal.abort()
    const loading = load(`${origin}/all.safetensors`, { fetch: url => fetch(url, { signal }) })
    await expect(loading).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('cannot be saved to', async () => {
    await expectErrorAsync(() => model.save(new URL(origin)), ValueError, /writes to the disk or to a store/)
  })
})
