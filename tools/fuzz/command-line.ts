import { parseArgs } from 'node:util'
import type { Reader } from './reader.ts'
import { readers } from './readers/index.ts'
import { formatOutcomes } from './report.ts'
import { fuzz, type Outcome } from './run.ts'
import { watch } from './watchdog.ts'

const ROUNDS = { own: 20_000, 'third-party': 2000 }

const help = `Usage: npm run fuzz -- [reader …] [--rounds N] [--seed S] [--only ROUND] [--json]

Gives readers damaged files, and checks that each is read or refused with an error of the library, in bounded time and
memory, without changing what objects inherit and without opening files elsewhere.

  --rounds  files for each reader; default ${ROUNDS.own}, and ${ROUNDS['third-party']} where the parser is not ours
  --seed    of the generator that damages files; default 1
  --only    a single round, as a failure names it

Readers: ${readers.map(({ name }) => name).join(', ')}

Exit code: 0 all kept, 1 a promise was broken, 2 wrong arguments.`

export interface CommandResult {
  readonly exitCode: 0 | 1 | 2
  readonly stdout?: string
  readonly stderr?: string
}

class UsageError extends Error {}

export async function runCommandLine(args: readonly string[]): Promise<CommandResult> {
  try {
    const { values, positionals } = parse(args)
    if (values.help) return { exitCode: 0, stdout: help }
    const rounds = values.rounds === undefined ? null : count('rounds', values.rounds)
    const only = values.only === undefined ? undefined : count('only', values.only)
    const seed = count('seed', values.seed)
    const outcomes = await runAll(chosen(positionals), reader => ({
      rounds: rounds ?? ROUNDS[reader.parser],
      seed,
      only,
    }))
    return {
      exitCode: outcomes.some(({ failures }) => failures.length > 0) ? 1 : 0,
      stdout: values.json ? JSON.stringify(outcomes, null, 2) : formatOutcomes(outcomes),
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { exitCode: 2, stderr: `${error.message}\n\n${help}` }
  }
}

async function runAll(
  list: readonly Reader[],
  optionsOf: (reader: Reader) => { rounds: number; seed: number; only: number | undefined },
): Promise<Outcome[]> {
  const watchdog = watch(list.map(({ name }) => name))
  const outcomes: Outcome[] = []
  for (const reader of list) {
    const onRound = (round: number): void => watchdog.beat(reader.name, round)
    outcomes.push(await fuzz(reader, { ...optionsOf(reader), onRound }))
  }
  await watchdog.stop()
  return outcomes
}

function chosen(names: readonly string[]): readonly Reader[] {
  const unknown = names.find(name => readers.every(reader => reader.name !== name))
  if (unknown !== undefined) throw new UsageError(`there is no reader "${unknown}"`)
  return names.length === 0 ? readers : readers.filter(({ name }) => names.includes(name))
}

function count(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new UsageError(`--${name} takes a whole number, got "${text}"`)
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        rounds: { type: 'string' },
        seed: { type: 'string', default: '1' },
        only: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
