// Takes the pictures of the demonstration that the README shows: npx tsx tools/demo-screenshots.ts
import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { launch } from '../test/browser/chromium.ts'
import { demoFiles } from '../test/browser/demo-files.ts'
import { serve } from '../test/browser/server.ts'

const folder = fileURLToPath(new URL('../docs/images/', import.meta.url))
const MOST_BYTES = 200_000

/** Trains on every device that there is. */
async function train(page: Page): Promise<void> {
  const devices = await page
    .locator('#device option[value^="wasm"]:not([disabled])')
    .evaluateAll(options => options.map(option => (option as HTMLOptionElement).value))
  for (const device of devices.reverse()) {
    await page.locator('#device').selectOption(device)
    await page.getByRole('button', { name: 'Train', exact: true }).click()
    await page.locator('#status').filter({ hasText: 'Starting' }).waitFor()
    await page.locator('#status').filter({ hasText: 'Trained' }).waitFor({ timeout: 120_000 })
  }
}

const server = await serve(await demoFiles(), { isolated: true })
const browser = await launch()
try {
  await mkdir(folder, { recursive: true })
  for (const theme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: theme })
    await page.goto(server.origin)
    await train(page)
    await page.mouse.move(0, 0)
    await page.evaluate('new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))')
    // Where a transition is on its way, it is to be over.
    await page.waitForTimeout(400)
    const picture = await sharp(await page.screenshot({ fullPage: true }))
      .png({ palette: true, effort: 10 })
      .toBuffer()
    if (picture.length > MOST_BYTES) throw new Error(`the ${theme} picture has ${picture.length} bytes`)
    await writeFile(`${folder}demo-${theme}.png`, picture)
    console.log(`docs/images/demo-${theme}.png: ${Math.round(picture.length / 1024)} KiB`)
    await page.close()
  }
} finally {
  await browser.close()
  await server.close()
}
