import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInChromium } from './chromium.ts'
import { changeTheme, type DemoPage, openDemo, violations } from './demo-page.ts'

type Place = readonly [x: number, y: number]

describeInChromium('the digit pad', () => {
  let demo: DemoPage
  let page: Page

  beforeAll(async () => {
    demo = await openDemo('/#digits')
    page = demo.page
    await status(/^Nothing is drawn/)
  })
  afterAll(() => demo?.close())

  const status = (text: RegExp): Promise<void> =>
    page.locator('#digit-status').filter({ hasText: text }).waitFor()
  const percentages = (): Promise<string[]> => page.locator('#digit-bars .number').allTextContents()
  const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click()

  /** Draws from place to place, in parts of the pad. */
  const draw = async (...places: readonly Place[]): Promise<void> => {
    const pad = page.locator('#pad')
    await pad.scrollIntoViewIfNeeded()
    const box = await pad.boundingBox()
    if (box === null) throw new Error('the pad is not to be seen')
    const [[startX, startY], ...others] = places.map(([x, y]) => [
      box.x + x * box.width,
      box.y + y * box.height,
    ])
    await page.mouse.move(startX, startY)
    await page.mouse.down()
    for (const [x, y] of others) await page.mouse.move(x, y, { steps: 8 })
    // The answer does not wait for the pen to be lifted.
    await page.locator('#digit-bars .best').waitFor()
    await page.mouse.up()
  }
  /** How much of a picture differs from its first pixel, which is paper. */
  const inkOf = (id: string): Promise<number> =>
    page.locator(id).evaluate(element => {
      const { width, height } = element as HTMLCanvasElement
      // A copy for reading: the browser warns of canvases that are drawn on and read again and again.
      const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
      copy?.drawImage(element as HTMLCanvasElement, 0, 0)
      const pixels = copy?.getImageData(0, 0, width, height).data ?? []
      const differing = Array.from(pixels).filter((value, i) => Math.abs(value - pixels[i % 4]) > 24)
      return differing.length / pixels.length
    })

  it('is chosen by the address, which follows the tabs and their keys', async () => {
    expect(await page.getByRole('tab', { name: 'Digits' }).getAttribute('aria-selected')).toBe('true')
    expect(await page.locator('#panel-texts').isVisible()).toBe(false)
    await page.getByRole('tab', { name: 'Digits' }).press('ArrowLeft')
    expect(await page.locator('#panel-texts').isVisible()).toBe(true)
    expect(new URL(page.url()).hash).toBe('#texts')
    await page.getByRole('tab', { name: 'Texts' }).press('End')
    expect(await page.locator('#panel-digits').isVisible()).toBe(true)
    expect(new URL(page.url()).hash).toBe('#digits')
  })

  it('says how its network was trained', async () => {
    expect(Number.parseFloat((await page.locator('#network-accuracy').textContent()) ?? '')).toBeGreaterThan(
      98,
    )
    expect(await page.locator('#network-training').textContent()).toMatch(/60,000 handwritten digits/)
  })

  it('is accessible while empty, in both themes', async () => {
    expect(await percentages()).toEqual(Array(10).fill('–'))
    expect(await violations(page)).toEqual([])
    await changeTheme(page)
    expect(await violations(page)).toEqual([])
    await changeTheme(page)
  })

  it('reads what is drawn, and takes it back', async () => {
    await draw([0.5, 0.2], [0.49, 0.8])
    await status(/^Read as 1 /)
    expect(await inkOf('#digit-seen')).toBeGreaterThan(0.03)
    expect(await inkOf('#digit-influence')).toBeGreaterThan(0.01)
    expect(await inkOf('#first-maps canvas >> nth=0')).toBeGreaterThan(0)
    await press('Clear')
    await status(/^Nothing is drawn/)
    expect(await inkOf('#pad')).toBe(0)
    expect(await inkOf('#digit-seen')).toBe(0)

    await draw([0.3, 0.22], [0.7, 0.2], [0.45, 0.82])
    await status(/^Read as 7 /)
    await draw([0.38, 0.52], [0.66, 0.52])
    await press('Undo')
    await status(/^Read as 7 /)
    expect(await inkOf('#pad')).toBeGreaterThan(0.02)
  })

  it('reads a digit of each kind that is loaded by the keyboard', async () => {
    for (let digit = 0; digit < 10; digit++) {
      await page.getByRole('button', { name: String(digit), exact: true }).press('Enter')
      await status(new RegExp(`^Read as ${digit} `))
      const values = (await percentages()).map(Number.parseFloat)
      expect(values.indexOf(Math.max(...values))).toBe(digit)
      expect(await page.locator('#digit-best').textContent()).toBe(String(digit))
    }
  })

  it('is accessible with a digit, in both themes', async () => {
    expect(await violations(page)).toEqual([])
    await changeTheme(page)
    expect(await violations(page)).toEqual([])
    await changeTheme(page)
  })

  it('asked nobody else, and complained about nothing', () => {
    expect(demo.requests.filter(address => !address.startsWith(demo.origin))).toEqual([])
    expect(demo.complaints).toEqual([])
  })
})
