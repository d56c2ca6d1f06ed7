import type { Callback, FitInfo } from './callback.ts'
import type { Logs } from './history.ts'

const BAR = 24
const LEAST_BAR = 6
const REDRAW_EVERY_MS = 80

/** Where progress goes: a terminal is redrawn in place, anything else gets whole lines. */
export interface ProgressOutput {
  readonly isTerminal: boolean
  /** Width of the terminal, where it is known: a bar that wraps could not be redrawn. */
  readonly columns?: number
  write(text: string): void
}

/** The process' terminal where there is one, else the console. */
export function defaultOutput(): ProgressOutput {
  const stream = typeof process === 'object' ? process.stdout : undefined
  if (stream !== undefined && typeof stream.write === 'function') {
    return {
      isTerminal: stream.isTTY === true,
      get columns() {
        return stream.columns
      },
      write: text => void stream.write(text),
    }
  }
  return { isTerminal: false, write: text => console.log(text.trimEnd()) }
}

/** `1m 05s`, `12s`, `340ms` */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`
  const seconds = Math.round(ms / 1000)
  return seconds < 60
    ? `${seconds}s`
    : `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`
}

const formatLogs = (logs: Logs): string =>
  Object.entries(logs)
    .map(
      ([name, value]) =>
        `${name}: ${Math.abs(value) >= 1e-3 || value === 0 ? value.toFixed(4) : value.toExponential(2)}`,
    )
    .join(' - ')

/** Cells for the bar beside a text, on a line that must stay shorter than the terminal. */
const roomFor = (columns: number, text: string): number => Math.min(BAR, columns - text.length - 3)

function bar(part: number, cells: number): string {
  const filled = Math.round(part * cells)
  return '━'.repeat(filled) + '─'.repeat(cells - filled)
}

/**
 * A progress display: on a terminal a bar with rate and time left, elsewhere one line per epoch.
 *
 *     Epoch 2/5 ━━━━━━━━━━━━━━────────── 75/125 3,120/s 1s left - loss: 0.2113
 */
export function progress(
  output: ProgressOutput = defaultOutput(),
  now: () => number = () => performance.now(),
): Callback {
  let info: Pick<FitInfo, 'epochs' | 'batches' | 'examples'> = { epochs: 0, batches: 0, examples: 0 }
  let epoch = 0
  /** Batches of this epoch that an earlier run has done. */
  let skipped = 0
  let batches = 0
  let started = 0
  let drawn = 0
  let cells = BAR
  const title = (): string => `Epoch ${epoch + 1}/${info.epochs}`
  /** Per second: examples where their number is known, else batches. */
  const rateOf = (batches: number, elapsed: number): string => {
    const per = info.examples === null || info.batches === null ? 1 : info.examples / info.batches
    const rate = Math.round((batches * per * 1000) / Math.max(1, elapsed)).toLocaleString('en-US')
    return info.examples === null ? `${rate} batches/s` : `${rate} examples/s`
  }
  return {
    name: 'progress',
    isObserver: true,
    onTrainBegin: given => {
      info = given
      epoch = given.initialEpoch
      skipped = given.initialBatch
      started = now()
      drawn = 0
      cells = BAR
    },
    onEpochBegin: given => {
      epoch = given
      skipped = 0
      started = now()
      drawn = 0
    },
    onBatchEnd: (batch, logs) => {
      batches = batch + 1
      const time = now()
      if (!output.isTerminal || time - drawn < REDRAW_EVERY_MS) return
      drawn = time
      const elapsed = time - started
      const done = batch + 1 - skipped
      const rate = rateOf(done, elapsed)
      if (info.batches === null) {
        const line = `${title()} ${batch + 1} batches ${rate} - ${formatLogs(logs)}`
        output.write(`\r\x1b[2K${line.slice(0, Math.max(0, (output.columns ?? line.length + 1) - 1))}`)
        return
      }
      const part = (batch + 1) / info.batches
      const left = formatDuration((elapsed / done) * (info.batches - batch - 1))
      const figures = `${batch + 1}/${info.batches} ${rate.replace(' examples', '')} ${left} left - ${formatLogs(logs)}`
      const columns = output.columns ?? Number.POSITIVE_INFINITY
      // It only ever shrinks: figures change their length with every redraw.
      cells = Math.min(cells, roomFor(columns, title() + figures))
      const line = cells < LEAST_BAR ? `${title()} ${figures}` : `${title()} ${bar(part, cells)} ${figures}`
      output.write(`\r\x1b[2K${line.slice(0, Math.max(0, columns - 1))}`)
    },
    onEpochEnd: (_, logs) => {
      const elapsed = now() - started
      const start = output.isTerminal ? '\r\x1b[2K' : ''
      const rate = rateOf(batches - skipped, elapsed)
      output.write(`${start}${title()} - ${formatDuration(elapsed)} - ${rate} - ${formatLogs(logs)}\n`)
    },
  }
}
