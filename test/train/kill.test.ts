import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Generator, jsonlLogger, ValueError } from '../../src/index.ts'
import { rejection } from '../setup/errors.ts'
import { type Outcome, trained } from './checkpoint-runs.ts'

const folder = mkdtempSync(join(tmpdir(), 'killed-'))
const program = join(folder, 'child.mjs')
let expected: Outcome
let expectedLog: string

beforeAll(async () => {
  await build({
    entryPoints: [fileURLToPath(new URL('kill-child.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  })
  const log = join(folder, 'expected.jsonl')
  expected = await trained(true, {}, [], [jsonlLogger({ file: log, batches: true })])
  expectedLog = readFileSync(log, 'utf8')
})
afterAll(() => rmSync(folder, { recursive: true }))

const start = (place: string, deadly: number): ChildProcess =>
  spawn(process.execPath, [program, place, String(deadly)], { stdio: ['ignore', 'pipe', 'inherit'] })

/** Resolves when the process is no more, with the signal that ended it. */
const ended = (child: ChildProcess): Promise<string | null> =>
  new Promise(resolve => child.once('close', (_, signal) => resolve(signal)))

/** Calls `then` once so many batches are done. */
function afterBatches(child: ChildProcess, batches: number, then: () => void): void {
  let seen = 0
  child.stdout?.on('data', (dots: Uint8Array) => {
    seen += dots.length
    if (seen >= batches) then()
  })
}

/** Goes on in this process where the killed one ended. */
const resumed = (place: string): Promise<Outcome> => {
  const checkpoint = { dir: join(place, 'checkpoints'), everySteps: 1, keep: 2 }
  const logger = jsonlLogger({ file: join(place, 'log.jsonl'), batches: true })
  return trained(true, { checkpoint, resume: true }, [], [logger])
}

describe('a process that is killed by SIGKILL', () => {
  const random = new Generator(20)
  const cases = Array.from({ length: 20 }, (_, i) => {
    const amid = i % 2 === 0
    // Twelve steps take some 24 batches and 140 operations on files.
    return { amid, at: 1 + random.below(amid ? 110 : 23), place: join(folder, `run-${i}`) }
  })
  const outcomes = new Map<string, string | null>()

  beforeAll(async () => {
    const queue = [...cases]
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const child = start(next.place, next.amid ? next.at : 0)
        if (!next.amid) afterBatches(child, next.at, () => child.kill('SIGKILL'))
        outcomes.set(next.place, await ended(child))
      }
    }
    await Promise.all([work(), work()])
  })

  it.each(cases)('at $at (amid files: $amid) loses nothing: $place', async ({ place }) => {
    expect(outcomes.get(place)).toBe('SIGKILL')
    expect(await resumed(place)).toEqual(expected)
    expect(readFileSync(join(place, 'log.jsonl'), 'utf8')).toBe(expectedLog)
    const left = readdirSync(join(place, 'checkpoints'))
    expect(left.filter(name => !name.startsWith('checkpoint-'))).toEqual([])
    expect(left.length).toBe(2)
  })
})

describe('two processes with one directory of checkpoints', () => {
  it('are not both let in while the other lives', async () => {
    const place = join(folder, 'shared')
    const child = start(place, 0)
    const gone = ended(child)
    await new Promise<void>(resolve => afterBatches(child, 1, resolve))
    child.kill('SIGSTOP')
    const error = await rejection(resumed(place))
    child.kill('SIGKILL')
    expect(error).toBeInstanceOf(ValueError)
    expect(String(error)).toContain(`process ${child.pid}`)
    await gone
    expect(await resumed(place)).toEqual(expected)
  })
})
