// Takes the pictures of the demonstration that the documentation shows: npx tsx tools/demo-screenshots.ts [demo|digits]
import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { launch } from '../test/browser/chromium.ts'
import { demoFiles } from '../test/browser/demo-files.ts'
import { serve } from '../test/browser/server.ts'

const folder = fileURLToPath(new URL('../docs/images/', import.meta.url))
const MOST_BYTES = 120_000

/** A 9 that is open at its top, in parts of the pad: the loop from there to its right side, then the stem. */
const NINE: readonly (readonly [number, number])[] = [
  ...Array.from({ length: 25 }, (_, i) => {
    const angle = ((-100 - 260 * (i / 24)) * Math.PI) / 180
    return [0.48 + 0.165 * Math.cos(angle), 0.36 + 0.15 * Math.sin(angle)] as const
  }),
  ...Array.from({ length: 13 }, (_, i) => [0.65 - 0.07 * (i / 12) ** 2, 0.2 + 0.63 * (i / 12)] as const),
]

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

/** Draws what the network cannot be certain of. */
async function drawDigit(page: Page): Promise<void> {
  await page.locator('#digit-samples button').first().waitFor()
  const box = await page.locator('#pad').boundingBox()
  if (box === null) throw new Error('the pad is not to be seen')
  for (const [i, [x, y]] of NINE.entries()) {
    await page.mouse.move(box.x + x * box.width, box.y + y * box.height)
    if (i === 0) await page.mouse.down()
  }
  await page.mouse.up()
  await page.locator('#digit-status').filter({ hasText: 'Read as' }).waitFor()
}

/** The views, by the names of their pictures. */
const VIEWS = {
  demo: { address: '/', prepare: train },
  digits: { address: '/#digits', prepare: drawDigit },
} as const

const chosen = process.argv[2]
const server = await serve(await demoFiles(), { isolated: true })
const browser = await launch()
try {
  await mkdir(folder, { recursive: true })
  for (const [name, { address, prepare }] of Object.entries(VIEWS)) {
    if (chosen !== undefined && chosen !== name) continue
    for (const theme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: theme })
      await page.goto(`${server.origin}${address}`)
      await prepare(page)
      await page.mouse.move(0, 0)
      await page.evaluate(
        'new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))',
      )
      // Where a transition is on its way, it is to be over.
      await page.waitForTimeout(400)
      const picture = await sharp(await page.screenshot({ fullPage: true }))
        .png({ palette: true, effort: 10 })
        .toBuffer()
      if (picture.length > MOST_BYTES) throw new Error(`${name}-${theme}.png has ${picture.length} bytes`)
      await writeFile(`${folder}${name}-${theme}.png`, picture)
      console.log(`docs/images/${name}-${theme}.png: ${Math.round(picture.length / 1024)} KiB`)
      await page.close()
    }
  }
} finally {
  await browser.close()
  await server.close()
}
