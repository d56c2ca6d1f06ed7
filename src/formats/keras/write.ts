import type { Json } from '../../io/plain-json.ts'
import { ValueError } from '../../errors.ts'
import { openDisk } from '../../io/files.ts'
import { notBuilt, type Module } from '../../nn/module.ts'
import { Layer } from '../../nn/layer.ts'
import type { Model, ModelResult } from '../../train/model.ts'
import { isNested, type LayersModel } from '../tfjs/nested.ts'
import { loadPeer } from '../shared/peer.ts'
import { describeModel } from './describe.ts'
import { groupsOf } from './state.ts'
import { writeKerasTraining } from './training.ts'

/** The version whose format is written. */
const KERAS_VERSION = '3.8.0'

/**
 * A model as the bytes of a `.keras` file, for `keras.saving.load_model` of Keras 3: architecture, weights, and the
 * settings of `compile` where Keras has them.
 *
 * @throws UnsupportedError that names every layer which Keras does not have; ValueError for a class of your own;
 *   BuildError while input sizes are unknown; DeviceError without the packages `h5wasm` and `fflate`
 * @example const bytes = await serializeKeras(model)
 */
export async function serializeKeras(model: Model<ModelResult>): Promise<Uint8Array> {
  const layers = requireLayers('serializeKeras', model)
  const description = describeModel(layers)
  const compile = writeKerasTraining(model.compiledSettings)
  const config: Json = compile === null ? description : { ...description, compile_config: compile }
  const { zipSync } = await loadPeer('serializeKeras', 'fflate', () => import('fflate'))
  const text = (value: Json): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
  const date = new Date(Date.UTC(1980, 1, 1))
  return zipSync(
    {
      'metadata.json': text({ keras_version: KERAS_VERSION, date_saved: '1980-02-01@00:00:00' }),
      'config.json': text(config),
      'model.weights.h5': await weightsFile(layers),
    },
    // The same model gives the same bytes; weights hardly get smaller.
    { level: 0, mtime: date },
  )
}

/**
 * The weights of a model as the bytes of a `.weights.h5` file, for `model.load_weights` of Keras 3.
 *
 * @throws as `serializeKeras`
 * @example const bytes = await serializeKerasWeights(model)
 */
export async function serializeKerasWeights(model: Model<ModelResult>): Promise<Uint8Array> {
  return weightsFile(requireLayers('serializeKerasWeights', model))
}

/**
 * Saves a model for Keras 3, as its name asks: `.keras`, or weights alone in `.weights.h5`.
 *
 * @throws as `serializeKeras`, and ValueError for another name
 * @example await saveKeras(model, 'sentiment.keras')
 */
export async function saveKeras(model: Model<ModelResult>, path: string | URL): Promise<void> {
  const disk = await openDisk('saveKeras')
  const file = disk.toPath(path)
  const write = file.endsWith('.weights.h5')
    ? serializeKerasWeights
    : file.endsWith('.keras')
      ? serializeKeras
      : null
  if (write === null) {
    throw new ValueError({
      operation: 'saveKeras',
      problem: `writes files named .keras or .weights.h5, got ${file}.`,
      argument: 'path',
      received: path,
    })
  }
  await disk.replace([[file, await write(model)]])
}

function requireLayers(operation: string, model: Module<unknown> & { readonly name?: string }): LayersModel {
  if (!isNested(model)) {
    throw new ValueError({
      operation,
      problem: `takes a Sequential or what model() gives; "${model.name}" is a class of your own.`,
      argument: 'model',
      received: model,
    })
  }
  for (const module of model.namedModules().values()) {
    if (module instanceof Layer && !module.built) throw notBuilt(module.label, 'weights')
  }
  return model
}

async function weightsFile(model: LayersModel): Promise<Uint8Array> {
  const { default: h5wasm } = await loadPeer('serializeKeras', 'h5wasm', () => import('h5wasm'))
  const { FS } = await h5wasm.ready
  const file = new h5wasm.File('weights.h5', 'w')
  try {
    for (const { path, tensors } of groupsOf(model)) {
      let group: InstanceType<typeof h5wasm.Group> = file
      for (const name of [...path.split('/'), 'vars']) {
        const found = group.keys().includes(name) ? group.get(name) : null
        group = found instanceof h5wasm.Group ? found : group.create_group(name)
      }
      for (const [i, [, tensor]] of tensors.entries()) {
        group.create_dataset({ name: String(i), data: tensor.data(), shape: [...tensor.shape] })
      }
    }
    file.flush()
  } finally {
    file.close()
  }
  const bytes = FS.readFile('weights.h5')
  FS.unlink('weights.h5')
  return bytes
}
