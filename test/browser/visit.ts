import type { Browser, BrowserContext } from 'playwright-core'

/** What a page gave, and what it complained about. */
export interface Visit<T> {
  readonly value: T
  readonly complaints: readonly string[]
}

/** Opens a page and waits for the outcome of its module. Throws what the module throws. */
export async function visit<T>(
  browser: Browser | BrowserContext,
  address: string,
  timeout = 50_000,
): Promise<Visit<T>> {
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', error => complaints.push(error.message))
  try {
    // Modules run before a page counts as loaded. Where a policy forbids eval, nothing can be waited for but promises.
    await page.goto(address, { waitUntil: 'load', timeout })
    const outcome = (await page.evaluate('globalThis.outcome')) as { value: T; error?: string } | undefined
    if (outcome === undefined) throw new Error(`the page's module did not run: ${complaints.join('; ')}`)
    if (outcome.error !== undefined) throw new Error(`in the page: ${outcome.error}`)
    return { value: outcome.value, complaints }
  } finally {
    await page.close()
  }
}
