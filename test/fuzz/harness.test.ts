import { describe, expect, it } from 'vitest'
import { FormatError, Generator } from '../../src/index.ts'
import { mutateBytes } from '../../tools/fuzz/mutate-bytes.ts'
import { mutateJson } from '../../tools/fuzz/mutate-json.ts'
import { runCommandLine } from '../../tools/fuzz/command-line.ts'
import { decode, encode, reader, Violation } from '../../tools/fuzz/reader.ts'
import { fuzz } from '../../tools/fuzz/run.ts'

const good = encode('{"size":4,"list":[1,2,{"deep":"[3]"}]}')
const isGood = (file: Uint8Array): boolean => decode(file) === decode(good)

/** A reader that does something wrong with every file but the good one. */
const broken = (damage: (file: Uint8Array) => unknown, use?: () => void) =>
  reader({
    name: 'broken',
    parser: 'own',
    errors: [FormatError],
    bytesPerByte: 10,
    seeds: async () => [[good]],
    read: ([file]) => (isGood(file) ? null : damage(file)),
    use,
  })

const failuresOf = async (...args: Parameters<typeof broken>): Promise<readonly string[]> =>
  (await fuzz(broken(...args), { rounds: 20, seed: 1 })).failures

const spin = (milliseconds: number): void => {
  const started = process.cpuUsage()
  let used = 0
  while (used < milliseconds * 1000) {
    for (let i = 0; i < 1e5; i++) Math.sqrt(i)
    const { user, system } = process.cpuUsage(started)
    used = user + system
  }
}

describe('the fuzzer finds', () => {
  it('errors of another kind', async () => {
    const failures = await failuresOf(() => {
      throw new TypeError('oh')
    })
    expect(failures[0]).toMatch(/^broken --only \d+ --seed 1: TypeError: oh/)
  })

  it('files that take too long', async () => {
    const slow = broken(() => spin(30))
    const { failures } = await fuzz(slow, { rounds: 1, seed: 1, mostMilliseconds: 20 })
    expect(failures[0]).toMatch(/took \d{2,} ms of the processor/)
  })

  it('memory that the size of the file does not bound', async () => {
    const kept: Uint8Array[] = []
    expect((await failuresOf(() => kept.push(new Uint8Array(1e7))))[0]).toMatch(/allocated 1\d{7} bytes/)
  })

  it('changes of what objects inherit', async () => {
    const failures = await failuresOf(() => Object.assign(Object.prototype, { polluted: true }))
    Reflect.deleteProperty(Object.prototype, 'polluted')
    expect(failures[0]).toMatch(/changed what all objects inherit/)
  })

  it('results that do not work, and that are not what they say', async () => {
    const misuse = (error: Error) => () => {
      throw error
    }
    expect((await failuresOf(() => null, misuse(new RangeError('x'))))[0]).toMatch(/and then: RangeError/)
    expect((await failuresOf(() => null, misuse(new Violation('two sizes'))))[0]).toMatch(/two sizes/)
    expect(await failuresOf(() => null, misuse(new FormatError({ operation: 'a', problem: 'b' })))).toEqual(
      [],
    )
  })
})

describe('damage', () => {
  it('is the same for the same seed, and of many kinds', () => {
    const made = (seed: number) => {
      const random = new Generator(seed)
      return Array.from({ length: 200 }, () => [
        decode(mutateBytes(good, random)),
        mutateJson(decode(good), random),
      ])
    }
    expect(made(1)).toEqual(made(1))
    expect(new Set(made(1).flat()).size).toBeGreaterThan(250)
    expect(isGood(good)).toBe(true)
  })

  it('of JSON stays JSON, reaches texts that are JSON, and names prototypes', () => {
    const random = new Generator(2)
    const all = Array.from({ length: 2000 }, () => mutateJson(decode(good), random))
    for (const text of all) expect(() => JSON.parse(text)).not.toThrow()
    expect(all.some(text => /"deep":"\[(?!3\])/.test(text))).toBe(true)
    expect(all.some(text => text.includes('"__proto__":{"polluted"'))).toBe(true)
  })
})

describe('the command', () => {
  it('prints a table, and says what is wrong with its arguments', async () => {
    const { exitCode, stdout } = await runCommandLine(['ndjson', '--rounds', '20'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^\| reader .*\n\| -.*\n\| ndjson +\| own +\| +20 \|/)
    expect((await runCommandLine(['nothing'])).exitCode).toBe(2)
    expect((await runCommandLine(['--rounds', 'x'])).stderr).toMatch(/--rounds takes a whole number, got "x"/)
    expect((await runCommandLine(['--help'])).stdout).toMatch(/Exit code/)
  })
})
