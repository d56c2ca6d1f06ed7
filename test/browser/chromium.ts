import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { describe } from 'vitest'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Where Chromium is: CHROMIUM_PATH, else one of its names in PATH. */
function findChromium(): string | null {
  const { CHROMIUM_PATH: given, PATH = '' } = process.env
  if (given !== undefined && given !== '') return given
  const places = PATH.split(delimiter).flatMap(folder => NAMES.map(name => join(folder, name)))
  return places.find(existsSync) ?? null
}

const path = findChromium()
const missing = path === null ? 'no Chromium in PATH, and CHROMIUM_PATH is not set' : null

/** Devices that must be there: without them tests fail, instead of being skipped. */
const required = (process.env.TENSORLOOM_REQUIRE_DEVICES ?? '').split(',').map(name => name.trim())

/**
 * Tests that need Chromium. Where it is missing they are skipped, and their name says why; where
 * TENSORLOOM_REQUIRE_DEVICES names a device of Chromium they fail.
 */
export function describeInChromium(title: string, body: () => void): void {
  const isRequired = required.some(name => name.endsWith('-chromium'))
  const name = missing === null ? title : `${title} (skipped: ${missing})`
  describe.runIf(missing === null || isRequired)(name, body)
}

/** Starts a browser without a window; `flags` go before the ones that a container needs. */
export async function launch(flags: readonly string[] = []): Promise<Browser> {
  if (path === null) throw new Error(`${missing}, but TENSORLOOM_REQUIRE_DEVICES wants it`)
  const isRoot = process.getuid?.() === 0
  return chromium.launch({
    executablePath: path,
    args: [...flags, '--disable-dev-shm-usage', ...(isRoot ? ['--no-sandbox'] : [])],
  })
}
