import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { rootPath } from '../readme/snippets.ts'

const folder = mkdtempSync(join(tmpdir(), 'compilers-'))
afterAll(() => rmSync(folder, { recursive: true }))

// The public types, and the tests of types.
const project = join(folder, 'tsconfig.json')
const settings = {
  extends: join(rootPath, 'tsconfig.json'),
  compilerOptions: { typeRoots: [join(rootPath, 'node_modules/@types')] },
  files: [join(rootPath, 'src/index.ts')],
  include: [join(rootPath, 'test/types/*.test-d.ts')],
}
writeFileSync(project, JSON.stringify(settings))

it.each([
  ['5.9', 'typescript/lib/tsc.js'],
  ['7.', 'typescript-7/lib/tsc.js'],
])(
  'TypeScript %s accepts the library and its type tests',
  async (version, path) => {
    const compiler = join(rootPath, 'node_modules', path)
    const run = async (...options: string[]): Promise<string> => {
      const result = await promisify(execFile)(process.execPath, [compiler, ...options]).catch(
        ({ stdout }: { stdout: string }) => ({ stdout }),
      )
      return result.stdout
    }
    expect(await run('--version')).toMatch(`Version ${version}`)
    expect(await run('--noEmit', '-p', project)).toBe('')
  },
  240_000,
)
