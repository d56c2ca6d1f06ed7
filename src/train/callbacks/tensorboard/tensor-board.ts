import { StateReader } from '../../../io/state-reader.ts'
import type { StateTree } from '../../../io/state-tree.ts'
import { refuseUnknown } from '../../../nn/options.ts'
import { checkCount } from '../../../optim/schedules/schedule.ts'
import type { Callback } from '../../callback.ts'
import type { Model, ModelResult } from '../../model.ts'
import { Sequential } from '../../sequential.ts'
import { EventFile } from './event-file.ts'
import type { GraphNode } from './events.ts'

export interface TensorBoardOptions {
  /** Where the event files go: `train` and `validation` in it. Default `'logs'`. */
  readonly logDir?: string
  /** Histograms of all weights after every so many epochs. Default 0: none. */
  readonly histogramEvery?: number
  /** Figures of the batch, after every so many batches. Default 0: none. */
  readonly batchEvery?: number
  /** The layers as a graph, for models whose layers follow each other. Default true. */
  readonly writeGraph?: boolean
}

/** `valLoss` → `loss`; null for a figure of training. */
const validationFigure = (name: string): string | null =>
  /^val[A-Z]/.test(name) ? name[3].toLowerCase() + name.slice(4) : null

/**
 * Writes event files that TensorBoard reads: `epoch_loss` and the other figures of training and validation in one chart
 * each, the learning rate, and on request figures of batches, and histograms of the weights.
 *
 * @throws ValueError for options out of range; DeviceError, when training begins, where there is no file system
 * @example await model.fit(x, y, { epochs: 10, callbacks: [tensorBoard({ logDir: 'logs/run-1', histogramEvery: 1 })] })
 */
export function tensorBoard(options: TensorBoardOptions = {}): Callback {
  const name = 'tensorBoard'
  refuseUnknown(name, options, ['logDir', 'histogramEvery', 'batchEvery', 'writeGraph'])
  const { logDir = 'logs', histogramEvery = 0, batchEvery = 0, writeGraph = true } = options
  if (histogramEvery !== 0) checkCount(name, 'histogramEvery', histogramEvery)
  if (batchEvery !== 0) checkCount(name, 'batchEvery', batchEvery)
  const training = new EventFile(`${logDir}/train`)
  const validation = new EventFile(`${logDir}/validation`)
  let batches = 0
  let hasGraph = false
  return {
    name,
    onTrainBegin: () => {
      batches = 0
      hasGraph = !writeGraph
    },
    onBatchEnd: async (_, logs) => {
      batches++
      if (batchEvery === 0 || batches % batchEvery !== 0) return
      const values = Object.entries(logs).map(([figure, value]) => [`batch_${figure}`, value] as const)
      await training.write({ kind: 'scalars', values }, batches)
    },
    onEpochEnd: async (epoch, logs, { optimizer, model }) => {
      if (!hasGraph) {
        hasGraph = true
        const nodes = nodesOf(model)
        if (nodes.length > 0) await training.write({ kind: 'graph', nodes }, 0)
      }
      const figures = Object.entries(logs)
      const own = figures.filter(([figure]) => validationFigure(figure) === null)
      const scalars = [...own, ['learning_rate', optimizer.learningRate] as const]
      const named = scalars.map(([figure, value]) => [`epoch_${figure}`, value] as const)
      await training.write({ kind: 'scalars', values: named }, epoch)
      const theirs = figures.flatMap(([figure, value]) => {
        const plain = validationFigure(figure)
        return plain === null ? [] : [[`epoch_${plain}`, value] as const]
      })
      if (theirs.length > 0) await validation.write({ kind: 'scalars', values: theirs }, epoch)
      if (histogramEvery === 0 || (epoch + 1) % histogramEvery !== 0) return
      const weights = [...model.namedState()].map(
        ([parameter, tensor]) => [parameter.replaceAll('.', '/'), tensor.data()] as const,
      )
      await training.write({ kind: 'histograms', values: weights }, epoch)
    },
    onTrainEnd: () => {
      training.close()
      validation.close()
    },
    stateDict: (): StateTree => ({
      batches,
      hasGraph,
      training: training.stateDict(),
      validation: validation.stateDict(),
    }),
    loadStateDict: async state => {
      const saved = new StateReader(state, name)
      batches = saved.count('batches')
      hasGraph = saved.flag('hasGraph')
      await training.loadStateDict(saved.get('training'))
      await validation.loadStateDict(saved.get('validation'))
    },
  }
}

/** The layers, each fed by the one before. */
function nodesOf(model: Model<ModelResult>): GraphNode[] {
  if (!(model instanceof Sequential)) return []
  const nodes: GraphNode[] = [{ name: 'input', operation: 'Input', inputs: [] }]
  for (const [name, layer] of model.namedLayers()) {
    nodes.push({ name, operation: layer.className, inputs: [nodes[nodes.length - 1].name] })
  }
  return nodes
}
