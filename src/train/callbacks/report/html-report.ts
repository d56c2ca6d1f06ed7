import { BuildError } from '../../../errors.ts'
import { type Disk, openDisk } from '../../../io/files.ts'
import { StateReader } from '../../../io/state-reader.ts'
import type { StateTree } from '../../../io/state-tree.ts'
import { refuseUnknown } from '../../../nn/options.ts'
import { checkHyperparameter } from '../../../optim/hyperparameters.ts'
import type { Callback, FitInfo } from '../../callback.ts'
import { History } from '../../history.ts'
import { type ReportFacts, reportPage } from './page.ts'

export interface HtmlReportOptions {
  /** Default `'training.html'`. */
  readonly file?: string | URL
  /** Default `Training of "<model's name>"`. */
  readonly title?: string
  /** Seconds after which an open page shows itself anew, while training goes on. Default 5. */
  readonly refresh?: number
}

/**
 * Writes a page with charts of all figures, anew after every epoch: opened in a browser, it follows the training. It
 * needs nothing but itself, is light or dark as its reader has it, and is whole at every moment.
 *
 * @throws ValueError for options out of range; DeviceError, when training begins, where there is no file system
 * @example await model.fit(x, y, { epochs: 20, validationSplit: 0.1, callbacks: [htmlReport({ file: 'report.html' })] })
 */
export function htmlReport(options: HtmlReportOptions = {}): Callback {
  const name = 'htmlReport'
  refuseUnknown(name, options, ['file', 'title', 'refresh'])
  const { file = 'training.html', title, refresh = 5 } = options
  checkHyperparameter(name, 'refresh', refresh, { from: 1 })
  let disk: Disk | null = null
  let info: FitInfo | null = null
  let history = new History()
  let learningRates: number[] = []
  let started = new Date()
  const write = async (status: ReportFacts['status'], error: string | null = null): Promise<void> => {
    if (disk === null || info === null) return
    const { model, epochs } = info
    const page = reportPage({
      title: title ?? `Training of "${model.name}"`,
      model: model.className,
      parameters: parametersOf(info),
      status,
      error,
      epochs,
      started,
      updated: new Date(),
      history,
      learningRates,
      refresh,
    })
    await disk.replace([[disk.toPath(file), new TextEncoder().encode(page)]])
  }
  return {
    name,
    onTrainBegin: async given => {
      disk = await openDisk(name)
      info = given
      history = new History()
      learningRates = []
      started = new Date()
      await write('training')
    },
    onEpochEnd: async (epoch, logs, { optimizer }) => {
      history.record(epoch, logs)
      learningRates.push(optimizer.learningRate)
      await write('training')
    },
    onTrainEnd: async (_, { reason, error }) => {
      await write(reason, reason === 'failed' ? textOf(error) : null)
      info = null
    },
    stateDict: (): StateTree => ({
      history: history.stateDict(),
      learningRates: [...learningRates],
      started: started.getTime(),
    }),
    loadStateDict: state => {
      const saved = new StateReader(state, name)
      history.loadStateDict(saved.get('history'))
      learningRates = saved.numbers('learningRates')
      started = new Date(saved.number('started'))
    },
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** 0 while sizes are unknown. */
function parametersOf({ model }: FitInfo): number {
  try {
    return model.parameters().reduce((sum, { size }) => sum + size, 0)
  } catch (error) {
    if (error instanceof BuildError) return 0
    throw error
  }
}
