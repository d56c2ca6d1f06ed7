import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInChromium, launch } from './chromium.ts'
import { pageFiles } from './page-files.ts'
import type { run } from './pages/worker.ts'
import { serve, type ServerOptions } from './server.ts'
import { visit } from './visit.ts'

type Outcome = Awaited<ReturnType<typeof run>>

describeInChromium('a page that trains in a worker', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())

  const settings: readonly (readonly [string, ServerOptions])[] = [
    ['with buffers that move', {}],
    ['with shared buffers, where it is cross-origin isolated', { isolated: true }],
  ]
  it.each(settings)('gets the bits of its own thread, and can leave, %s', async (_, options) => {
    const server = await serve(await pageFiles('worker.ts'), options)
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
