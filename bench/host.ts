/**
 * A process that holds one library and serves the harness over stdin and stdout, a line each way, so that
 * libraries share neither heap nor compiled code. `bench/pytorch.py` speaks the same protocol:
 *
 *   setup ID PATH     prepare the task (PATH.bin and PATH.json hold its data): {"ready": true, "warm": seconds of a
 *                     late warm-up run, "losses": [at step 1, at step 10]} or {"cannot": reason}
 *   run ID SECONDS    one slice: {"seconds": [seconds per run, …]}
 *   cpu ID SECONDS    the same in CPU time, of the least sample: other programs hardly count
 *   leak ID STEPS     bytes that a step leaves behind: {"bytes": number, "steps": number}
 *   versions          {"versions": {name: version}}
 *   teardown ID       {"done": true}
 *
 * Answers follow the mark "@bench "; every other line is the library's own chatter. Failures: {"error": text}.
 */
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { type Contender, type Library, type Timed, timed, warmUp } from './harness.ts'

const { library } = (await import(pathToFileURL(process.argv[2]).href)) as { library: Library }

let current: { id: string; contender: Contender; timing: Timed } | undefined

/** Loss of steps 1 and 10 of a fresh contender. */
const firstLosses = async (contender: Contender): Promise<[number, number] | undefined> => {
  const { loss } = contender
  if (!loss) return undefined
  const losses: number[] = []
  for (let step = 1; step <= 10; step++) {
    await contender.run()
    if (step === 1 || step === 10) losses.push(loss.call(contender))
  }
  return [losses[0], losses[1]]
}

const setup = async (id: string) => {
  const entry = library.entries[id]
  if (!entry) return { cannot: 'not written' }
  if (typeof entry !== 'function') return entry
  const contender = entry()
  await contender.setup()
  if (id === 'W11') {
    current = { id, contender, timing: timed(contender, 1) }
    return { ready: true }
  }
  const losses = await firstLosses(contender)
  const warm = await warmUp(contender)
  current = { id, contender, timing: timed(contender, warm) }
  return { ready: true, losses, warm }
}

/** CPU seconds per run, all threads together, of the fastest of many short samples. */
const cpuSlice = async (contender: Contender, seconds: number): Promise<number> => {
  const end = performance.now() + seconds * 1000
  let least = Number.POSITIVE_INFINITY
  let runs = 1
  do {
    const before = process.cpuUsage()
    for (let i = 0; i < runs; i++) await contender.run()
    const { user, system } = process.cpuUsage(before)
    const used = (user + system) / 1e6
    // Samples of 5 ms and more: the clock has steps.
    if (used < 0.005) runs *= 2
    else least = Math.min(least, used / runs)
  } while (performance.now() < end || least === Number.POSITIVE_INFINITY)
  return least
}

const residentBytes = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().rss
}

/** Growth of the resident memory per step after a warm-up; stops early once 1 GB is gone. */
const leak = async (contender: Contender, steps: number) => {
  for (let step = 0; step < 10; step++) await contender.run()
  const before = residentBytes()
  let step = 0
  while (step < steps && process.memoryUsage().rss - before < 1e9) {
    await contender.run()
    step++
  }
  return { bytes: Math.round((residentBytes() - before) / step), steps: step }
}

const answer = async (command: string, id: string, argument: string): Promise<object> => {
  if (command === 'versions') return { versions: library.versions }
  if (command === 'setup') return setup(id)
  if (!current || current.id !== id) return { error: `"${id}" is not set up` }
  if (command === 'run') return { seconds: await current.timing.slice(Number(argument)) }
  if (command === 'cpu') return { seconds: [await cpuSlice(current.contender, Number(argument))] }
  if (command === 'leak') return leak(current.contender, Number(argument))
  if (command === 'teardown') {
    await current.contender.teardown?.()
    current = undefined
    return { done: true }
  }
  return { error: `unknown command "${command}"` }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command, id = '', argument = ''] = line.trim().split(' ')
  let reply: object
  try {
    reply = await answer(command, id, argument)
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : String(error) }
  }
  process.stdout.write(`\n@bench ${JSON.stringify(reply)}\n`)
}
process.exit(0)
