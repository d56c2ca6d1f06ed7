import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../tools/conform/command-line.ts'

const fixtures = join(import.meta.dirname, '..')

describe('the command line of the conformance runner', () => {
  let folder = ''

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conform-'))
    const simple = await readFile(join(fixtures, 'safetensors/simple.safetensors'))
    await writeFile(join(folder, 'simple.safetensors'), simple)
    const files = [
      { file: 'simple.safetensors', valid: false, why: 'it is said to be damaged' },
      { file: 'simple.safetensors', valid: true, metadata: null, tensors: {} },
      { file: 'absent.safetensors', valid: true, metadata: null, tensors: {} },
    ]
    await writeFile(join(folder, 'manifest.json'), JSON.stringify({ files }))
  })

  afterAll(() => rm(folder, { recursive: true }))

  it.each([
    ['safetensors', 31],
    ['text', 84],
  ])('exits with 0 when every case of %s passes', async (suite, cases) => {
    const { exitCode, stdout } = await runCommandLine([
      suite,
      join(fixtures, suite === 'text' ? 'golden' : suite),
    ])
    expect(stdout).toBe(`typescript: ${cases} cases, ${cases} passed, 0 failed, 0 not applicable`)
    expect(exitCode).toBe(0)
  })

  it('exits with 1 and says what failed', async () => {
    const { exitCode, stdout } = await runCommandLine(['safetensors', folder])
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/3 cases, 0 passed, 3 failed/)
    expect(stdout).toMatch(/read without complaint, but: it is said to be damaged/)
    expect(stdout).toMatch(/tensor "bias": not expected/)
    expect(stdout).toMatch(/absent.safetensors.*ENOENT|ENOENT.*absent.safetensors/s)
  })

  it('prints JSON on request', async () => {
    const { stdout } = await runCommandLine(['safetensors', folder, '--json'])
    expect(JSON.parse(stdout ?? '').summary).toEqual({ cases: 3, passed: 0, failed: 3, notApplicable: 0 })
  })

  it.each([
    ['no arguments', [], /expected a suite and a folder/],
    ['an unknown suite', ['toString', '.'], /there is no suite "toString"/],
    ['an unknown option', ['text', '.', '--fast'], /--fast/],
    ['a folder that does not exist', ['text', 'no/such/folder'], /cannot read the folder no\/such\/folder/],
    ['a folder without cases', ['text', join(fixtures, 'safetensors')], /holds no file/],
  ])('exits with 2 for %s', async (_what, args, message) => {
    const { exitCode, stderr } = await runCommandLine(args)
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(message)
  })
})
