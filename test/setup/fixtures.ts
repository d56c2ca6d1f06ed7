import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Data that is not part of the repository lies under `TENSORLOOM_FIXTURES`. Unset, tests that need it do not exist;
 * set, a missing folder is a failure.
 */
export const fixturesRoot = (): string | null => process.env.TENSORLOOM_FIXTURES || null

/** A folder or file under the fixtures. */
export function fixture(...path: string[]): string {
  const full = join(fixturesRoot() ?? '', ...path)
  if (!existsSync(full)) throw new Error(`TENSORLOOM_FIXTURES is set, but ${full} does not exist`)
  return full
}
