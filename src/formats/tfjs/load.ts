import type { Fetch } from '../../io/fetch.ts'
import { refuseUnknown } from '../../nn/options.ts'
import { readRecord } from '../../io/plain-json.ts'
import { blameFile, fromSource, refuseModel } from '../../io/refuse-model.ts'
import { show } from '../../io/refuse.ts'
import { withoutInitializers } from '../../nn/initializers.ts'
import type { Functional } from '../../train/functional/functional.ts'
import type { Sequential } from '../../train/sequential.ts'
import { decodeWeights, mostNumbers, readManifest, type Weight } from './manifest.ts'
import { namedLayers, stateOf } from './names.ts'
import { readTopology } from './read-model.ts'
import { openSource, type TfjsSource } from './source.ts'
import { readTraining } from './training.ts'
import type { NamesInFile } from './described.ts'

export interface LoadTfjsOptions {
  /** Compile the model as the file says, where it does. Default true. */
  readonly compile?: boolean
  /** How files are fetched, for a URL. Default: the global `fetch`. */
  readonly fetch?: Fetch
}

/**
 * Loads a model of TensorFlow.js Layers (format "layers-model"), as `model.save` of TensorFlow.js and the converter of
 * Keras models write it: a `Sequential`, or a `Functional` for graphs, in evaluation mode. It computes what it computed
 * there, to rounding; where the file names optimizer and loss it is compiled with them. The optimizer's state is left.
 *
 * @param source a folder, the path or URL of a model.json, or `{ modelJson, weights }` in memory
 * @throws UnsupportedError that names all layers which are not known; FormatError when something is missing, damaged or
 *   does not fit together
 * @example
 * const model = await loadTfjsModel('models/mnist')
 * const probabilities = model.predict(images)
 */
export async function loadTfjsModel(
  source: TfjsSource,
  options: LoadTfjsOptions = {},
): Promise<Sequential | Functional> {
  refuseUnknown('loadTfjsModel', options, ['compile', 'fetch'])
  const { compile = true, fetch } = options
  const files = await openSource(source, fetch)
  const root = fromSource(files.label, () => readRecord(files.json, 'model.json'))
  const groups = fromSource(files.label, () => {
    const format = root.get('format') ?? 'layers-model'
    if (format !== 'layers-model') {
      refuseModel('format', `expected "layers-model", got ${show(format)}`, {
        hint: 'graph-model files hold operations, not layers; save the Keras model in the layers format.',
      })
    }
    return readManifest(root.get('weightsManifest'))
  })
  const weights: Weight[] = []
  for (const group of groups) {
    const bytes = group.weights.reduce((sum, weight) => sum + weight.bytes, 0)
    const data = await files.read(group.paths, bytes)
    weights.push(...fromSource(files.label, () => decodeWeights(group, data)))
  }
  const unread = files.unread()
  return fromSource(files.label, () => {
    if (unread > 0) refuseModel('the weights', `there are ${unread} bytes more than the manifest announces`)
    const names: NamesInFile = {
      layers: new Map(),
      shapes: new Map(weights.map(({ name, shape }) => [name, shape])),
    }
    const model = withoutInitializers(
      () => readTopology(root.get('modelTopology'), names),
      mostNumbers(weights.map(({ values }) => values.length)),
    )
    const layers = blameFile('the layers', false, () =>
      namedLayers(model, (layer, name) => names.layers.get(layer) ?? { name, innerName: '' }),
    )
    const own = weights.filter(
      ({ name }) =>
        !isOptimizerState(
          name,
          layers.map(layer => layer.name),
        ),
    )
    const state = blameFile('the weights', false, () => stateOf(layers, own))
    blameFile('the weights', false, () => model.loadStateDict(state))
    const training = root.get('trainingConfig') ?? trainingOf(root.get('modelTopology'))
    if (compile && training !== null && training !== undefined) {
      const settings = readTraining(training, 'trainingConfig', model.outputNames)
      blameFile('trainingConfig', false, () => model.compile(settings))
    }
    // How many tensors it gives is known when it runs.
    return model.eval() as Sequential | Functional
  })
}

/** A converted Keras model has its settings beside the topology. */
const trainingOf = (topology: unknown): unknown =>
  readRecord(topology, 'modelTopology').get('training_config')

/** Moments and the like that were saved with the weights belong to no layer. */
const isOptimizerState = (name: string, layers: readonly string[]): boolean =>
  !layers.some(layer => name.startsWith(`${layer}/`))
