import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { command as Command } from '../../examples/text-classifier/command.ts'

vi.stubEnv('TENSORLOOM_EXAMPLE_QUICK', '1')
const { command }: { command: typeof Command } = await import('../../examples/text-classifier/command.ts')

const folder = mkdtempSync(join(tmpdir(), 'classifier-'))
afterAll(() => rmSync(folder, { recursive: true }))

const printed: string[] = []
beforeEach(() => {
  const print = (...parts: unknown[]): void => void printed.push(parts.join(' '))
  vi.spyOn(console, 'log').mockImplementation(print)
  vi.spyOn(console, 'error').mockImplementation(print)
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
})
afterEach(() => {
  printed.length = 0
  vi.restoreAllMocks()
})

/** Exit code and output of `npm start -- …args`. */
async function start(...args: string[]): Promise<{ code: number; output: string }> {
  const code = await command(args)
  return { code, output: printed.join('\n') }
}

const file = (name: string, rows: readonly string[]): string => {
  writeFileSync(join(folder, name), rows.join('\n'))
  return join(folder, name)
}

describe('npm start', () => {
  it('trains, draws, compares, saves, reloads and classifies', async () => {
    const { code, output } = await start(
      '--units',
      '16',
      '--embedding',
      '16',
      '--save',
      join(folder, 'corpus'),
    )
    expect(code).toBe(0)
    for (const part of [
      '480 texts to learn from, 120 held out',
      '● training  ○ held out',
      'bag of words',
      'LSTM',
    ])
      expect(output).toContain(part)
    expect(output).toContain('all 120 probabilities are the same, bit for bit')
    expect(output).toContain('The play began badly but ended superbly.')
  })

  it('learns three classes of Chinese from a file, character by character', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => [
      `好\t很好看${i}`,
      `坏\t很难看${i}`,
      `平\t还可以吧${i}`,
    ]).flat()
    const data = file('chinese.tsv', rows)
    const { code, output } = await start(
      ...['--data', data, '--batch', '2', '--learning-rate', '0.02', '--save', join(folder, 'chinese')],
    )
    expect(code).toBe(0)
    expect(output).toContain('classes: 坏, 好, 平')
    expect(output).toContain('characters')
    expect(output).toMatch(/LSTM +━+ 100\.0 %/)
  })

  it('gives the same figures for the same seed', async () => {
    const run = async (): Promise<string> => {
      printed.length = 0
      const { output } = await start('--units', '8', '--save', join(folder, 'seeded'))
      return output.replace(/Done in .*/, '')
    }
    expect(await run()).toBe(await run())
  })

  it('explains itself', async () => {
    expect(await start('--help')).toMatchObject({ code: 0, output: expect.stringContaining('--max-length') })
  })

  it.each([
    [2, ['--epochs', 'many'], '--epochs needs a whole number'],
    [2, ['--colour'], "Unknown option '--colour'"],
    [1, ['--save', file('taken', ['x'])], 'needs a folder that can be written to'],
    [1, ['--data', 'missing.tsv'], 'missing.tsv: there is no such file.'],
    [1, ['--data', file('one.tsv', ['1\tgood', '1\tgreat'])], 'needs two classes or more'],
  ])('ends with code %i and one line for %j', async (code, args, message) => {
    const result = await start(...args)
    expect(result.code).toBe(code)
    expect(result.output).toContain(message)
    expect(result.output).toMatch(/^Error: [^\n]+$/)
  })
})
