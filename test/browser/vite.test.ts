import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInChromium, launch } from './chromium.ts'
import { run as runInNode } from './pages/classifier.ts'
import { serve } from './server.ts'
import { visit } from './visit.ts'

const here = dirname(fileURLToPath(import.meta.url))

const START = `import { run } from ${JSON.stringify(join(here, 'pages/classifier.ts'))}
globalThis.outcome = run().then(value => ({ value }), error => ({ error: String(error?.stack ?? error) }))`

const HTML =
  '<!doctype html><title>test</title><link rel="icon" href="data:,"><script type="module" src="./start.ts"></script>'

/** The files that Vite makes of a page with default options. */
async function buildPage(folder: string): Promise<Map<string, Uint8Array>> {
  await writeFile(join(folder, 'index.html'), HTML)
  await writeFile(join(folder, 'start.ts'), START)
  const { build } = await import('vite')
  await build({ root: folder, configFile: false, logLevel: 'error', build: { outDir: 'out' } })
  const out = join(folder, 'out')
  const files = await readdir(out, { recursive: true, withFileTypes: true })
  const entries = files
    .filter(file => file.isFile())
    .map(async file => {
      const path = join(file.parentPath, file.name)
      return [path.slice(out.length).replaceAll('\\', '/'), await readFile(path)] as const
    })
  return new Map(await Promise.all(entries))
}

describeInChromium('a page that Vite has built', () => {
  let browser: Browser
  let folder: string
  beforeAll(async () => {
    browser = await launch()
    folder = await mkdtemp(join(tmpdir(), 'tensorloom-vite-'))
  })
  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('trains a classifier to the bits that Node gives', async () => {
    const server = await serve(await buildPage(folder))
    try {
      const { value, complaints } = await visit<Awaited<ReturnType<typeof runInNode>>>(browser, server.origin)
      expect(complaints).toEqual([])
      expect(value.probabilities).toEqual((await runInNode()).probabilities)
    } finally {
      await server.close()
    }
  })
})
