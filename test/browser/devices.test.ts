import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { GOLDEN_FILES } from '../engine/gpu/device-suite.ts'
import { describeInChromium, launch } from './chromium.ts'
import { pageFiles } from './page-files.ts'
import type { Outcome } from './pages/device-suite.ts'
import { serve, type Server } from './server.ts'
import { visit } from './visit.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Every device of these is a program here: thousands of products take their time. */
const SLOW_DEVICE_MS = 300_000

const WEBGPU_FLAGS = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']

async function suiteFiles(): Promise<Map<string, string | Uint8Array>> {
  const golden = GOLDEN_FILES.map(async file => [
    file,
    JSON.parse(await readFile(join(root, 'test/golden', file), 'utf8')) as unknown,
  ])
  const files = await pageFiles('device-suite.ts', { inside: true })
  return files
    .set('/golden.json', JSON.stringify(Object.fromEntries(await Promise.all(golden))))
    .set('/gpu.js', await readFile(join(root, 'node_modules/gpu.js/dist/gpu-browser.min.js')))
}

describeInChromium('the GPU in Chromium', () => {
  let server: Server
  let browser: Browser
  beforeAll(async () => {
    server = await serve(await suiteFiles(), { isolated: true })
    browser = await launch(WEBGPU_FLAGS)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  it.each(['webgl2', 'webgpu'])(
    'computes what WebAssembly computes, by %s',
    async mode => {
      const { value } = await visit<Outcome>(browser, `${server.origin}/?${mode}`, SLOW_DEVICE_MS)
      expect(value.wrong).toEqual([])
      expect(value.backend).toBe(mode)
      expect(value.count).toBeGreaterThan(100)
    },
    SLOW_DEVICE_MS,
  )
})
