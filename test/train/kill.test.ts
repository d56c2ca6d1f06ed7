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
/** Processes start slowly on a machine that has much else to do. */
const PATIENCE = 240_000
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
}, PATIENCE)
afterAll(() => rmSync(folder, { recursive: true }))

const start = (place: string, deadly: number): ChildProcess =>
  spawn(process.execPath, [program, place, String(deadly)], { stdio: ['ignore', 'pipe', 'ignore'] })

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
  }, PATIENCE)

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
  it('started at once: one trains, and the other says whom it would disturb', async () => {
    const place = join(folder, 'raced')
    const children = [start(place, 0), start(place, 0)]
    const ends = children.map(ended)
    const codes = children.map(child => new Promise<number | null>(resolve => child.once('exit', resolve)))
    // The one that was let in waits at its end to be killed; the other has ended by itself.
    const first = await Promise.race(codes.map((code, i) => code.then(() => i)))
    expect(await codes[first]).toBe(1)
    const other = children[1 - first]
    await new Promise<void>(resolve => afterBatches(other, 1, resolve))
    other.kill('SIGKILL')
    await Promise.all(ends)
    expect(await resumed(place)).toEqual(expected)
  })

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
