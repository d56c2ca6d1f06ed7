// The longest task of a page's main thread while a model trains in a worker: npx tsx bench/responsiveness.ts
//
// Long tasks are those of the browser's own account (50 ms and more); the longest wait is that of a message that the page
// sends to itself over and over. On a busy machine both count what other programs take, too: of several rounds the best
// says what the page needs.
import type { Page } from 'playwright-core'
import { launch } from '../test/browser/chromium.ts'
import { demoFiles } from '../test/browser/demo-files.ts'
import { pageFiles } from '../test/browser/page-files.ts'
import { serve } from '../test/browser/server.ts'

interface Figures {
  readonly longTasks: number[]
  readonly longestWait: number
}

/** Starts to watch the main thread; `globalThis.figures()` gives what was seen. */
const WATCH = `
  const longTasks = []
  new PerformanceObserver(list => longTasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ entryTypes: ['longtask'] })
  const { port1, port2 } = new MessageChannel()
  let last = performance.now(), longestWait = 0
  port1.onmessage = () => {
    const now = performance.now()
    longestWait = Math.max(longestWait, now - last)
    last = now
    port2.postMessage(0)
  }
  port2.postMessage(0)
  globalThis.figures = () => ({ longTasks, longestWait })
`

/** Examples of 200 numbers, of which there are so many that all take 240 MB. */
const BIG_DATA = (worker: boolean): string => `
  const { dense, sequential } = await import('/tensorloom.js')
  const count = 300_000, width = 200
  const data = new Float32Array(count * width).fill(0.5)
  const model = sequential(dense({ units: 32, activation: 'relu', inputSize: width }), dense({ units: 1, inputSize: 32 }))
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
  const targets = new Float32Array(count)
  await new Promise(resolve => setTimeout(resolve, 300))
  ${WATCH}
  await model.fit({ data, shape: [count, width] }, { data: targets, shape: [count, 1] },
    { epochs: 1, batchSize: 256, verbose: false, worker: ${worker} })
  return globalThis.figures()
`

const ROUNDS = 5

async function report(what: string, measure: () => Promise<Figures>): Promise<void> {
  const rounds: Figures[] = []
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measure())
  const longest = Math.min(...rounds.map(({ longTasks }) => Math.max(0, ...longTasks)))
  const wait = Math.min(...rounds.map(({ longestWait }) => longestWait))
  const task = longest === 0 ? 'none of 50 ms' : `${longest.toFixed(0)} ms`
  console.log(`${what.padEnd(42)} longest task ${task.padStart(14)}   longest wait ${wait.toFixed(1)} ms`)
}

/** Trains in the demonstration. Nothing but the page's own work may run meanwhile: it is not asked, but tells. */
const DEMONSTRATION = `
  ${WATCH}
  const status = document.getElementById('status')
  const trained = new Promise(resolve => {
    new MutationObserver(() => { if (/^Trained/.test(status.textContent)) resolve() })
      .observe(status, { childList: true, characterData: true, subtree: true })
  })
  document.getElementById('train').click()
  await trained
  return globalThis.figures()
`

async function demonstration(page: Page, origin: string): Promise<Figures> {
  await page.goto(origin)
  await page.waitForTimeout(500)
  return page.evaluate(`(async () => {${DEMONSTRATION}})()`)
}

async function bigData(page: Page, origin: string, worker: boolean): Promise<Figures> {
  await page.route('**/start.js', route => route.fulfill({ contentType: 'text/javascript', body: '' }))
  await page.goto(origin)
  return page.evaluate(`(async () => {${BIG_DATA(worker)}})()`)
}

const files = new Map([...(await demoFiles()), ...(await pageFiles('worker.ts'))])
const demo = await serve(await demoFiles(), { isolated: true })
const plain = await serve(files)
const isolated = await serve(files, { isolated: true })
const browser = await launch()
async function inNewPage(measure: (page: Page) => Promise<Figures>): Promise<Figures> {
  const page = await browser.newPage()
  try {
    return await measure(page)
  } finally {
    await page.close()
  }
}
try {
  await report('the demonstration, with charts', () => inNewPage(page => demonstration(page, demo.origin)))
  const settings = [
    ['240 MB of data, shared with the worker', isolated.origin, true],
    ['240 MB of data, moved to the worker', plain.origin, true],
    ['240 MB of data, without a worker', plain.origin, false],
  ] as const
  for (const [what, origin, worker] of settings)
    await report(what, () => inNewPage(page => bigData(page, origin, worker)))
} finally {
  await browser.close()
  for (const server of [demo, plain, isolated]) await server.close()
}
