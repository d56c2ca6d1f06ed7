import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInChromium, launch } from './chromium.ts'
import { pageFiles } from './page-files.ts'
import type { run } from './pages/worker.ts'
import { serve, type ServerOptions } from './server.ts'
import { visit } from './visit.ts'
import { viteFiles } from './vite-files.ts'

type Outcome = Awaited<ReturnType<typeof run>>

const page = fileURLToPath(new URL('./pages/worker.ts', import.meta.url))
const START = `import { run } from ${JSON.stringify(page)}
globalThis.outcome = run().then(value => ({ value }), error => ({ error: String(error?.stack ?? error) }))`
const HTML =
  '<!doctype html><title>test</title><link rel="icon" href="data:,"><script type="module" src="./start.ts"></script>'

/** The page as Vite builds it with default options: the worker becomes a file of its own. */
async function bundledFiles(): Promise<Map<string, Uint8Array>> {
  const root = await mkdtemp(join(tmpdir(), 'tensorloom-page-'))
  try {
    await writeFile(join(root, 'index.html'), HTML)
    await writeFile(join(root, 'start.ts'), START)
    return await viteFiles({ root, configFile: false })
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

type Files = ReadonlyMap<string, string | Uint8Array>

const settings: readonly (readonly [string, () => Promise<Files>, ServerOptions])[] = [
  ['with buffers that move', () => pageFiles('worker.ts'), {}],
  ['with shared buffers, cross-origin isolated', () => pageFiles('worker.ts'), { isolated: true }],
  ['built by Vite', bundledFiles, {}],
]

describeInChromium('a page that trains in a worker', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())

  it.each(settings)('gets the bits of its own thread, and can leave, %s', async (_, files, options) => {
    const server = await serve(await files(), options)
    try {
      const { value, complaints } = await visit<Outcome>(browser, server.origin)
      expect(complaints).toEqual([])
      expect(value).toMatchObject({ sameHistory: true, sameOutputs: true })
      expect(value.events).toEqual(['begin', 'epoch', 'epoch', 'epoch'])
      expect(value.steps).toBeGreaterThanOrEqual(5)
      expect(value.isIsolated).toBe(options.isolated === true)
    } finally {
      await server.close()
    }
  })
})
