import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { launch } from './chromium.ts'
import { demoFiles } from './demo-files.ts'
import { serve } from './server.ts'

const axe = fileURLToPath(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url))

interface AxeResults {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly html: string }[]
  }[]
}

export interface DemoPage {
  readonly page: Page
  /** Errors and warnings of the page so far. */
  readonly complaints: readonly string[]
  /** Addresses that the page has asked for. */
  readonly requests: readonly string[]
  readonly origin: string
  close(): Promise<void>
}

/** Builds the demonstration and opens it in its light theme, without motion. */
export async function openDemo(address = '/'): Promise<DemoPage> {
  const server = await serve(await demoFiles(), { isolated: true })
  const browser = await launch()
  const page = await browser.newPage({ colorScheme: 'light', reducedMotion: 'reduce' })
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', error => complaints.push(error.message))
  page.on('request', request => requests.push(request.url()))
  await page.goto(`${server.origin}${address}`)
  return {
    page,
    complaints,
    requests,
    origin: server.origin,
    close: async () => {
      await browser.close()
      await server.close()
    },
  }
}

/** What axe finds wrong with what the page shows now. */
export async function violations(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: axe })
  const results = (await page.evaluate('axe.run()')) as AxeResults
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

/** Presses the button that changes between the light and the dark theme. */
export const changeTheme = (page: Page): Promise<void> =>
  page.getByRole('button', { name: 'Dark theme' }).click()
