import type { ProgressOutput } from '../train/progress.ts'

/** What a command reads from and writes to; tests hand in their own. */
export interface Environment {
  readonly input: AsyncIterable<string | Uint8Array>
  /** Results, for other programs. */
  write(text: string): void
  /** Progress and errors, for people. */
  report(text: string): void
  /** Where progress goes. */
  readonly progress: ProgressOutput
  /** Resolves when the user wants a running server to end. */
  untilStopped(): Promise<void>
}

/** Exit codes: what a shell script can tell apart. */
export const EXIT = {
  ok: 0,
  /** The work could not be done, or only in part. */
  failed: 1,
  /** The command line was wrong. */
  usage: 2,
} as const

/** A command line that cannot be followed. */
export class UsageError extends Error {}

/** Some of the work could not be done; it was said which. */
export class PartialFailure extends Error {}

/** The terminal and the process' signals. */
export const processEnvironment: Environment = {
  input: process.stdin,
  write: text => void process.stdout.write(text),
  report: text => void process.stderr.write(text),
  // The results are on the standard output.
  progress: {
    isTerminal: process.stderr.isTTY === true,
    get columns() {
      return process.stderr.columns
    },
    write: text => void process.stderr.write(text),
  },
  untilStopped: () =>
    new Promise(resolve => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
    }),
}
