import { Worker } from 'node:worker_threads'

/** A file that keeps the processor so long will never be done. */
const MOST_SECONDS = 60

/** Ends the process, and says where it stood, when nothing has moved for a minute. */
const program = `
const { workerData: { counter, seconds, names } } = require('node:worker_threads')
const { writeSync } = require('node:fs')
const view = new Int32Array(counter)
let last = -1
setInterval(() => {
  const now = Atomics.load(view, 0)
  if (now === last) {
    writeSync(2, names[Atomics.load(view, 1)] + ' hangs in file ' + Atomics.load(view, 2) + '\\n')
    process.kill(process.pid, 'SIGKILL')
  }
  last = now
}, seconds * 1000)
`

export interface Watchdog {
  /** Says that a file begins. */
  beat(reader: string, round: number): void
  stop(): Promise<number>
}

/** Watches from another thread, since a file that hangs lets nothing else run in this one. */
export function watch(names: readonly string[]): Watchdog {
  const counter = new SharedArrayBuffer(12)
  const view = new Int32Array(counter)
  const worker = new Worker(program, {
    eval: true,
    execArgv: [],
    workerData: { counter, names, seconds: MOST_SECONDS },
  })
  worker.unref()
  return {
    beat(reader, round) {
      Atomics.store(view, 1, names.indexOf(reader))
      Atomics.store(view, 2, round)
      Atomics.add(view, 0, 1)
    },
    stop: () => worker.terminate(),
  }
}
