import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInChromium } from './chromium.ts'
import { changeTheme, type DemoPage, openDemo, violations } from './demo-page.ts'

const SENTENCE = 'The film started dully, but it ended brilliantly.'

describeInChromium('the demonstration page', () => {
  let demo: DemoPage
  let page: Page

  beforeAll(async () => {
    demo = await openDemo()
    page = demo.page
  })
  afterAll(() => demo?.close())

  const status = (text: RegExp): Promise<void> =>
    page.locator('#status').filter({ hasText: text }).waitFor({ timeout: 50_000 })
  const modelStatus = (text: RegExp): Promise<void> =>
    page.locator('#model-status').filter({ hasText: text }).waitFor()
  const answer = (): Promise<string[]> => page.locator('.verdict').allTextContents()

  it('is accessible before training, in both themes', async () => {
    expect(await violations(page)).toEqual([])
    await changeTheme(page)
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
    expect(await violations(page)).toEqual([])
    await changeTheme(page)
  })

  it('stops a training when it is told to, and keeps what was learnt', async () => {
    await page.getByLabel('Epochs').fill('100')
    await page.getByRole('button', { name: 'Train', exact: true }).click()
    await status(/^Epoch \d+ of 100/)
    await page.getByRole('button', { name: 'Stop' }).click()
    await status(/^Stopped/)
    expect(await answer()).toHaveLength(2)
    expect(await page.getByRole('button', { name: 'Train', exact: true }).isEnabled()).toBe(true)
  })

  it('trains, and shows how far it is', async () => {
    await page.getByLabel('Epochs').fill('5')
    await page.getByRole('button', { name: 'Train', exact: true }).click()
    await status(/^Trained for 5 epochs/)
    expect(await page.locator('#epoch-rows tr').count()).toBe(5)
    expect(await page.locator('#figure-rate').textContent()).toMatch(/^[\d,]+\/s$/)
    expect(
      Number.parseFloat((await page.locator('#figure-val-accuracy').textContent()) ?? ''),
    ).toBeGreaterThan(90)
    expect(await page.locator('#loss-chart').getAttribute('aria-label')).toMatch(/after epoch 5/)
    expect(await page.locator('#speed-rows tr').count()).toBe(1)
  })

  it('says what it thinks of a sentence, and why', async () => {
    await page.getByLabel('A sentence of yours').fill(SENTENCE)
    const [blame, praise] = (await answer()).map(text => Number.parseFloat(/[\d.]+ %/.exec(text)?.[0] ?? ''))
    expect(praise).toBeGreaterThan(50)
    expect(blame + praise).toBeCloseTo(100)
    const words = await page.locator('.words li > :first-child').allTextContents()
    expect(words).toEqual(['the', 'film', 'started', 'dully', 'but', 'it', 'ended', 'brilliantly'])
  })

  it('is accessible after training, in both themes', async () => {
    expect(await violations(page)).toEqual([])
    await changeTheme(page)
    expect(await violations(page)).toEqual([])
    await changeTheme(page)
  })

  it('keeps the model in the browser and in a file', async () => {
    const expected = await answer()
    await page.getByRole('button', { name: 'Save in browser' }).click()
    await modelStatus(/^Saved/)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ])
    const file = await readFile(await download.path())
    await page.reload()
    await page.getByRole('button', { name: 'Reload' }).click()
    await modelStatus(/^Reloaded/)
    await page.getByLabel('A sentence of yours').fill(SENTENCE)
    expect(await answer()).toEqual(expected)

    await page.reload()
    const upload = { name: 'model.safetensors', mimeType: 'application/octet-stream', buffer: file }
    await page.getByLabel('Open a file').setInputFiles(upload)
    await modelStatus(/^Opened model.safetensors/)
    await page.getByLabel('A sentence of yours').fill(SENTENCE)
    expect(await answer()).toEqual(expected)
    await page.getByLabel('Open a file').setInputFiles({ ...upload, buffer: file.subarray(0, 100) })
    await page.locator('#model-status.error').waitFor()
  })

  it('learns from texts of one’s own, and says what is wrong with them', async () => {
    await page.getByLabel('Your own texts').check()
    const texts = page.getByLabel('One text a line: label, comma, text')
    const examples = await texts.inputValue()
    await texts.fill('only one line')
    expect(await page.locator('#data-summary').textContent()).toMatch(/Line 1 is not of the form/)
    await texts.fill(`${examples}\nmild, a day like any other`)
    await page.getByLabel('Epochs').fill('2')
    await page.getByRole('button', { name: 'Train', exact: true }).click()
    await status(/^Trained for 2 epochs/)
    expect(await answer()).toHaveLength(3)
  })

  it('complained about nothing', () => {
    expect(demo.complaints).toEqual([])
  })
})
