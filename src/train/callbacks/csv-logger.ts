import { ValueError } from '../../errors.ts'
import { StateReader } from '../../io/state-reader.ts'
import type { StateTree } from '../../io/state-tree.ts'
import { refuseUnknown } from '../../nn/options.ts'
import type { Callback } from '../callback.ts'
import { CallbackFile } from './file-logger.ts'

export interface CsvLoggerOptions {
  readonly file: string | URL
  /** Between the columns. Default `','`. */
  readonly separator?: string
  /** Goes on after what is in the file, instead of beginning anew. Default false. */
  readonly append?: boolean
}

/** A cell: quoted where it must be (RFC 4180). */
const cellOf = (text: string, separator: string): string =>
  text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text

/**
 * Writes a row per epoch: its number (from 0) and its figures, in the order of the logs. A run that resumes from a
 * checkpoint cuts off what was written after it, so that no epoch is there twice.
 *
 * @throws ValueError for unknown options; DeviceError, when training begins, where there is no file system
 * @example csvLogger({ file: 'logs/training.csv' })
 */
export function csvLogger(options: CsvLoggerOptions): Callback {
  const name = 'csvLogger'
  refuseUnknown(name, options, ['file', 'separator', 'append'])
  const { file: target, separator = ',', append = false } = options
  if (separator === '' || /["\r\n]/.test(separator)) {
    throw new ValueError({
      operation: name,
      problem: `needs a separator that is no quote or line break, got ${JSON.stringify(separator)}.`,
      argument: 'separator',
      received: separator,
    })
  }
  const file = new CallbackFile(name, target, append)
  let columns: readonly string[] = []
  const rowOf = (cells: readonly string[]): string =>
    `${cells.map(cell => cellOf(cell, separator)).join(separator)}\n`
  return {
    name,
    onTrainBegin: () => {
      columns = []
    },
    onEpochEnd: async (epoch, logs) => {
      const log = await file.open()
      if (columns.length === 0) {
        columns = Object.keys(logs)
        if (file.isEmpty) log.write(rowOf(['epoch', ...columns]))
      }
      log.write(rowOf([epoch, ...columns.map(column => logs[column] ?? '')].map(String)))
    },
    onTrainEnd: () => file.close(),
    stateDict: (): StateTree => ({ file: file.stateDict(), columns }),
    loadStateDict: async state => {
      const saved = new StateReader(state, name)
      columns = saved.list('columns').map(String)
      await file.loadStateDict(saved.get('file'))
    },
  }
}
