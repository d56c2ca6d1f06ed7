import { BuildError, ValueError } from '../../errors.ts'
import { openDisk } from '../../io/files.ts'
import type { Json } from '../../io/plain-json.ts'
import { Bidirectional } from '../../nn/bidirectional.ts'
import type { Model, ModelResult } from '../../train/model.ts'
import { encodeWeights, WEIGHTS_FILE } from './manifest.ts'
import { namedLayers, weightsOf } from './names.ts'
import { isNested } from './nested.ts'
import { MODEL_FILE } from './source.ts'
import { writeTraining } from './training.ts'
import { writeTopology } from './write-model.ts'

/** A model as TensorFlow.js Layers reads it. */
export interface TfjsModel {
  readonly modelJson: { readonly [key: string]: Json }
  /** The contents of weights.bin. */
  readonly weights: Uint8Array
}

/**
 * A model as the files of TensorFlow.js Layers, in memory.
 *
 * @throws UnsupportedError that names every layer which TensorFlow.js does not have; ValueError for a class of your own;
 *   BuildError while input sizes are unknown
 * @example const { modelJson, weights } = toTfjsModel(model)
 */
export function toTfjsModel(model: Model<ModelResult>): TfjsModel {
  if (!isNested(model)) {
    throw new ValueError({
      operation: 'saveTfjsModel',
      problem: `takes a Sequential or what model() gives; "${(model as Model).name}" is a class of your own.`,
      argument: 'model',
      received: model,
    })
  }
  const topology = writeTopology(model)
  const layers = namedLayers(model, (layer, name) => ({
    name,
    innerName: layer instanceof Bidirectional ? `${name}_inner` : '',
  }))
  const names = layers.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) {
    throw new BuildError({
      operation: 'saveTfjsModel',
      problem: `needs one name for each layer, models among the layers included; "${twice}" comes twice.`,
      hint: 'give the layers names of their own.',
    })
  }
  const { manifest, bytes } = encodeWeights(weightsOf(layers))
  const training = writeTraining(model.compiledSettings)
  return {
    modelJson: {
      modelTopology: topology,
      format: 'layers-model',
      generatedBy: 'tensorloom',
      convertedBy: null,
      weightsManifest: manifest,
      ...(training === null ? {} : { trainingConfig: training }),
    },
    weights: bytes,
  }
}

/**
 * Saves a model as `model.json` and `weights.bin` in a folder, for `tf.loadLayersModel` of TensorFlow.js.
 *
 * @throws as `toTfjsModel`
 * @example await saveTfjsModel(model, 'public/model')
 */
export async function saveTfjsModel(model: Model<ModelResult>, folder: string | URL): Promise<void> {
  const { modelJson, weights } = toTfjsModel(model)
  const disk = await openDisk('saveTfjsModel')
  const path = disk.toPath(folder)
  await disk.replace([
    [disk.join(path, WEIGHTS_FILE), weights],
    [disk.join(path, MODEL_FILE), new TextEncoder().encode(`${JSON.stringify(modelJson, null, 2)}\n`)],
  ])
}
