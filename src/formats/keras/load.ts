import { FormatError, TensorloomError, UnsupportedError } from '../../errors.ts'
import { openDisk } from '../../io/files.ts'
import { parseJson, readRecord } from '../../io/plain-json.ts'
import { blameFile, fromSource, refuseModel } from '../../io/refuse-model.ts'
import { show } from '../../io/refuse.ts'
import { withoutInitializers } from '../../nn/initializers.ts'
import type { Module } from '../../nn/module.ts'
import { refuseUnknown } from '../../nn/options.ts'
import type { Functional } from '../../train/functional/functional.ts'
import type { Sequential } from '../../train/sequential.ts'
import type { NamesInFile } from '../tfjs/described.ts'
import { mostNumbers } from '../tfjs/manifest.ts'
import { isNested } from '../tfjs/nested.ts'
import { readTopology } from '../tfjs/read-model.ts'
import type { KerasContent } from './content.ts'
import { asKeras2 } from './normalize.ts'
import { readInWorker } from './read-in-worker.ts'
import { stateOfKeras2, stateOfKeras3 } from './state.ts'
import { readKerasTraining } from './training.ts'

export interface LoadKerasOptions {
  /** Compile the model as the file says, where it does. Default true. */
  readonly compile?: boolean
}

/** A path or URL of a file, or its bytes. */
export type KerasSource = string | URL | Uint8Array | ArrayBuffer

/** Longest file that is read. */
const MAXIMUM_BYTES = 2 ** 31

/**
 * Loads a model that Keras has saved, in evaluation mode: `.keras` of Keras 3, or `.h5` of Keras 2 and 3. It computes what
 * it computed there, to rounding, and is compiled where the file names optimizer and loss; the optimizer's state is left.
 * The file is read in a worker with bounded time and memory, and nothing in it is ever executed.
 *
 * @throws UnsupportedError that names all layers which are not known, and for Lambda layers; FormatError when something is
 *   missing, damaged or does not fit together; DeviceError without the packages `h5wasm` and `fflate`
 * @example
 * const model = await loadKeras('sentiment.keras')
 * const probabilities = model.predict(ids)
 */
export async function loadKeras(
  source: KerasSource,
  options: LoadKerasOptions = {},
): Promise<Sequential | Functional> {
  refuseUnknown('loadKeras', options, ['compile'])
  const { label, bytes } = await open('loadKeras', source)
  return modelOf(label, await readInWorker(label, bytes), options)
}

/** The model of what was read. */
export function modelOf(
  label: string,
  content: KerasContent,
  options: LoadKerasOptions = {},
): Sequential | Functional {
  return inOwnName(() =>
    fromSource(label, () => {
      const { topology, training, isKeras3 } = describe(content)
      const names: NamesInFile = { layers: new Map(), shapes: new Map() }
      const model = withoutInitializers(
        () => readTopology(topology, names),
        mostNumbers([...content.h5.datasets.values()].map(({ values }) => values.length)),
      )
      const state = blameFile('the weights', false, () =>
        isKeras3
          ? stateOfKeras3(model, content.h5)
          : stateOfKeras2(model, content.h5, (module, name) => names.layers.get(module)?.name ?? name),
      )
      blameFile('the weights', false, () => model.loadStateDict(state))
      if (options.compile !== false && training !== null) {
        const settings = readKerasTraining(training, model.outputNames)
        if (settings !== null) blameFile('the training settings', false, () => model.compile(settings))
      }
      return model.eval() as Sequential | Functional
    }),
  )
}

/**
 * Loads the weights of a `.weights.h5`, `.keras` or `.h5` file into a model of the same layers, in the same order.
 *
 * @throws as `loadKeras`; nothing has changed then
 * @example await loadKerasWeights(model, 'epoch-10.weights.h5')
 */
export async function loadKerasWeights(model: Module<unknown>, source: KerasSource): Promise<void> {
  const { label, bytes } = await open('loadKerasWeights', source)
  const { h5 } = await readInWorker(label, bytes)
  fromSource(label, () => {
    if (!isNested(model)) return refuseModel('the model', 'it must be a Sequential, or what model() gives')
    const isKeras2 = h5.lists.has('model_weights') || (h5.lists.get('')?.has('layer_names') ?? false)
    const state = isKeras2 ? stateOfKeras2(model, h5, (_, name) => name) : stateOfKeras3(model, h5)
    model.loadStateDict(state)
  })
}

async function open(operation: string, source: KerasSource): Promise<{ label: string; bytes: Uint8Array }> {
  if (source instanceof Uint8Array) return { label: operation, bytes: source }
  if (source instanceof ArrayBuffer) return { label: operation, bytes: new Uint8Array(source) }
  const disk = await openDisk(operation)
  const path = disk.toPath(source)
  return { label: `${operation} ${show(path)}`, bytes: await disk.read(path, MAXIMUM_BYTES) }
}

/** What the file says of the model, as Keras 2 would. */
function describe({ config, h5 }: KerasContent) {
  if (config !== null) {
    const root = readRecord(parseJson(config, 'config.json'), 'config.json')
    const topology = asKeras2(Object.fromEntries(root))
    const compile = root.get('compile_config') ?? null
    return {
      topology,
      training: compile === null ? null : asKeras2(compile, 'compile_config'),
      isKeras3: true,
    }
  }
  const text = h5.attributes.get('model_config')
  if (text === undefined) {
    return refuseModel('the file', 'it holds weights, but no model', {
      hint: 'make the model, and load them by loadKerasWeights(model, file).',
    })
  }
  const training = h5.attributes.get('training_config')
  return {
    topology: asKeras2(parseJson(text, 'model_config'), 'model_config'),
    training:
      training === undefined ? null : asKeras2(parseJson(training, 'training_config'), 'training_config'),
    isKeras3: false,
  }
}

/** Parts that are shared with the format of TensorFlow.js name it in their errors. */
function inOwnName<T>(body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (!(error instanceof TensorloomError) || error.operation !== 'loadTfjsModel') throw error
    const { problem, hint } = error
    const facts = { operation: 'loadKeras', problem, hint, cause: error }
    if (error instanceof UnsupportedError) throw new UnsupportedError({ ...facts, items: error.items })
    throw new FormatError(facts)
  }
}
