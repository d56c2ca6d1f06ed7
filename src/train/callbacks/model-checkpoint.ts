import { ValueError } from '../../errors.ts'
import { openDisk } from '../../io/files.ts'
import { saveModel } from '../../io/save.ts'
import { StateReader } from '../../io/state-reader.ts'
import { serializeStateDict } from '../../io/state-dict.ts'
import { refuseUnknown } from '../../nn/options.ts'
import { checkCount } from '../../optim/schedules/schedule.ts'
import type { Callback } from '../callback.ts'
import type { Logs } from '../history.ts'
import type { Model, ModelResult } from '../model.ts'
import { checkMode, type MonitorMode, modeOf, monitored } from '../monitor.ts'

export interface ModelCheckpointOptions {
  /**
   * A directory, or a file that ends in `.safetensors`. `{epoch}` (from 1) and the figures are filled in:
   * `'models/{epoch:3}-{valLoss:.4}.safetensors'`; a number is the least of digits, `.4` those after the point.
   */
  readonly path: string
  /** The figure that decides which model is best. Default `'valLoss'`. */
  readonly monitor?: string
  /** Which way it is better. Default: by its name. */
  readonly mode?: MonitorMode
  /** Saves only when the figure is better than ever before. Default false: after every epoch. */
  readonly saveBestOnly?: boolean
  /** Weights alone, for models whose code no file can hold; the path is a `.safetensors` file then. Default false. */
  readonly weightsOnly?: boolean
  /** Saves after every so many epochs. Default 1. */
  readonly everyEpochs?: number
}

/** `{epoch:3}`, `{valLoss:.4}`, `{loss}` */
const FIELD = /\{(\w+)(?::(\d*)(?:\.(\d+))?)?\}/g

/** Whether a path names a directory: the points of figures that are filled in make no extension. */
const isFolder = (path: string): boolean => /(^|[/\\])[^./\\]*$/.test(path.replaceAll(FIELD, '_'))

/** Fills the fields of a path in. */
function fill(path: string, epoch: number, logs: Logs): string {
  const values: Logs = { ...logs, epoch: epoch + 1 }
  return path.replaceAll(FIELD, (_, field: string, width = '', digits?: string) => {
    const value = monitored('modelCheckpoint', field, values)
    const text = digits === undefined ? String(value) : value.toFixed(Number(digits))
    return text.padStart(Number(width), '0')
  })
}

/**
 * Saves the model after epochs, for use; to resume training there is the `checkpoint` option of `fit`. A file appears
 * whole or not at all.
 *
 * @throws ValueError for unknown options; during `fit` for figures that are not there, and models that cannot be saved
 * @example modelCheckpoint({ path: 'models/best', monitor: 'valAccuracy', saveBestOnly: true })
 */
export function modelCheckpoint(options: ModelCheckpointOptions): Callback {
  const name = 'modelCheckpoint'
  refuseUnknown(name, options, ['path', 'monitor', 'mode', 'saveBestOnly', 'weightsOnly', 'everyEpochs'])
  const { path, monitor = 'valLoss', saveBestOnly = false, weightsOnly = false, everyEpochs = 1 } = options
  if (typeof path !== 'string' || path === '') {
    throw new ValueError({
      operation: name,
      problem: `needs a path, got ${path === '' ? 'an empty one' : typeof path}.`,
      argument: 'path',
      received: path,
    })
  }
  checkCount(name, 'everyEpochs', everyEpochs)
  const sign = checkMode(name, options.mode ?? modeOf(monitor)) === 'min' ? -1 : 1
  let best: number | null = null
  return {
    name,
    onTrainBegin: () => {
      best = null
    },
    onEpochEnd: async (epoch, logs, { model }) => {
      if ((epoch + 1) % everyEpochs !== 0) return
      if (saveBestOnly) {
        const value = monitored(name, monitor, logs)
        if (Number.isNaN(value) || (best !== null && sign * value <= sign * best)) return
        best = value
      }
      const filled = fill(path, epoch, logs)
      await write(
        model,
        filled !== path && isFolder(path) && !weightsOnly ? `${filled}/` : filled,
        weightsOnly,
      )
    },
    stateDict: () => ({ best }),
    loadStateDict: state => {
      const saved = new StateReader(state, name)
      best = saved.get('best') === null ? null : saved.number('best')
    },
  }
}

async function write(model: Model<ModelResult>, path: string, weightsOnly: boolean): Promise<void> {
  if (!weightsOnly) return saveModel(model, path)
  const disk = await openDisk('modelCheckpoint')
  await disk.replace([[path, serializeStateDict(model.stateDict())]])
}
