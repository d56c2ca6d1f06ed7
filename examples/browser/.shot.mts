import { launch } from '/work/main/test/browser/chromium.ts'
const { serve } = await import('/work/main/test/browser/server.ts')
const { readdir, readFile } = await import('node:fs/promises')
const { join } = await import('node:path')
const out = '/tmp/worker/demo-out'
const files = new Map<string, Uint8Array>()
for (const f of await readdir(out, { recursive: true, withFileTypes: true }))
  if (f.isFile()) {
    const p = join(f.parentPath, f.name)
    files.set(p.slice(out.length), await readFile(p))
  }
const server = await serve(files, { isolated: true })
const url = server.origin
const b = await launch()
for (const theme of ['light', 'dark'] as const) {
  const page = await b.newPage({ viewport: { width: 1280, height: 1000 }, colorScheme: theme })
  page.on('console', m => {
    if (m.type() !== 'debug') console.log(theme, m.type(), m.text())
  })
  page.on('pageerror', e => console.log('pageerror', e.stack))
  page.on('requestfailed', r => console.log('failed', r.url(), r.failure()?.errorText))
  await page.goto(url)
  await page.waitForTimeout(1000)
  if (theme === 'light') await page.screenshot({ path: '/tmp/worker/before.png', fullPage: true })
  await page.getByRole('button', { name: 'Train' }).click()
  const t = Date.now()
  await page
    .waitForFunction(
      () =>
        /Trained|Stopped|Error|error/.test(document.getElementById('status')!.textContent!) ||
        document.getElementById('status')!.classList.contains('error'),
      undefined,
      { timeout: 40000 },
    )
    .catch(e => console.log(e.message))
  console.log(
    theme,
    Date.now() - t,
    await page.textContent('#status'),
    await page.textContent('#figure-rate'),
    await page.textContent('#figure-val-accuracy'),
  )
  await page.waitForTimeout(400)
  await page.screenshot({ path: `/tmp/worker/${theme}.png`, fullPage: true })
  await page.close()
}
await b.close()
await server.close()
