import { refuseUnknown } from '../../nn/options.ts'
import type { Callback } from '../callback.ts'
import type { Logs } from '../history.ts'
import { CallbackFile, fileHooks } from './file-logger.ts'

export interface JsonlLoggerOptions {
  readonly file: string | URL
  /** A line per batch, too. Default false. */
  readonly batches?: boolean
  /** Goes on after what is in the file, instead of beginning anew. Default false. */
  readonly append?: boolean
}

/** JSON has no NaN and no infinity: they become texts. */
const plain = (logs: Logs): Record<string, number | string> =>
  Object.fromEntries(
    Object.entries(logs).map(([name, value]) => [name, Number.isFinite(value) ? value : String(value)]),
  )

/**
 * Writes a line of JSON per epoch, `{"epoch":0,"loss":…}`, and on request per batch, `{"epoch":0,"batch":7,"loss":…}`.
 * A run that resumes from a checkpoint cuts off what was written after it.
 *
 * @throws ValueError for unknown options; DeviceError, when training begins, where there is no file system
 * @example jsonlLogger({ file: 'logs/training.jsonl', batches: true })
 */
export function jsonlLogger(options: JsonlLoggerOptions): Callback {
  const name = 'jsonlLogger'
  refuseUnknown(name, options, ['file', 'batches', 'append'])
  const { file: target, batches = false, append = false } = options
  const file = new CallbackFile(name, target, append)
  let present = 0
  const write = async (row: object): Promise<void> => (await file.open()).write(`${JSON.stringify(row)}\n`)
  return {
    name,
    onTrainBegin: ({ initialEpoch }) => {
      present = initialEpoch
    },
    onEpochBegin: epoch => {
      present = epoch
    },
    onEpochEnd: (epoch, logs) => write({ epoch, ...plain(logs) }),
    ...(batches
      ? { onBatchEnd: (batch: number, logs: Logs) => write({ epoch: present, batch, ...plain(logs) }) }
      : {}),
    ...fileHooks(file),
  }
}
