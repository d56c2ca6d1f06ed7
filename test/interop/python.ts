import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const candidates = [process.env.TENSORLOOM_PYTHON, 'python3', '/usr/bin/python3'].filter(
  command => command !== undefined,
)

/** A Python that has the module, or why there is none. */
export interface Python {
  readonly command: string
  /** What the tests are called after: empty where they run. */
  readonly missing: string
}

export function pythonWith(moduleName: string): Python {
  const command = candidates.find(
    candidate => spawnSync(candidate, ['-c', `import ${moduleName}`]).status === 0,
  )
  const tried = candidates.join(', ')
  return {
    command: command ?? '',
    missing: command === undefined ? ` (not run: no ${moduleName} in ${tried})` : '',
  }
}

/** What a script of the folder `python` writes to its output, parsed. */
export function runScript<Result>({ command }: Python, script: string, ...args: readonly string[]): Result {
  const output = execFileSync(command, [join(import.meta.dirname, 'python', script), ...args], {
    encoding: 'utf8',
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  })
  return JSON.parse(output) as Result
}

/** An empty folder that disappears when the file's tests are over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tensorloom-interop-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
