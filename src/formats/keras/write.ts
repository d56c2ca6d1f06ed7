import type { Json } from '../../io/plain-json.ts'
import { ValueError } from '../../errors.ts'
import { openDisk } from '../../io/files.ts'
import { notBuilt, type Module } from '../../nn/module.ts'
import { Layer } from '../../nn/layer.ts'
import { refuseUnknown } from '../../nn/options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { Model, ModelResult } from '../../train/model.ts'
import { isNested, type LayersModel } from '../tfjs/nested.ts'
import { loadPeer } from '../shared/peer.ts'
import { describeForKeras2, describeModel } from './describe.ts'
import { groupsOf, stateNames } from './state.ts'
import { writeKerasTraining } from './training.ts'

/** The version whose format is written. */
const KERAS_VERSION = '3.8.0'

export interface SerializeKerasOptions {
  /** `keras` for Keras 3 (default), `h5` for the older file that Keras 2 reads as well. */
  readonly format?: 'keras' | 'h5'
}

/**
 * A model as the bytes of a `.keras` file, for `keras.saving.load_model` of Keras 3: architecture, weights, and the
 * settings of `compile` where Keras has them. An `.h5` file has no settings.
 *
 * @throws UnsupportedError that names every layer which Keras does not have; ValueError for a class of your own;
 *   BuildError while input sizes are unknown; DeviceError without the packages `h5wasm` and `fflate`
 * @example const bytes = await serializeKeras(model)
 */
export async function serializeKeras(
  model: Model<ModelResult>,
  options: SerializeKerasOptions = {},
): Promise<Uint8Array> {
  refuseUnknown('serializeKeras', options, ['format'])
  const { format = 'keras' } = options
  const layers = requireLayers('serializeKeras', model)
  if (format === 'h5') return legacyFile(layers)
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
 * Saves a model for Keras, as its name asks: `.keras`, `.h5`, or weights alone in `.weights.h5`.
 *
 * @throws as `serializeKeras`, and ValueError for another name
 * @example await saveKeras(model, 'sentiment.keras')
 */
export async function saveKeras(model: Model<ModelResult>, path: string | URL): Promise<void> {
  const disk = await openDisk('saveKeras')
  const file = disk.toPath(path)
  const write = writerFor(file)
  if (write === null) {
    throw new ValueError({
      operation: 'saveKeras',
      problem: `writes files named .keras, .h5 or .weights.h5, got ${file}.`,
      argument: 'path',
      received: path,
    })
  }
  await disk.replace([[file, await write(model)]])
}

function writerFor(file: string): ((model: Model<ModelResult>) => Promise<Uint8Array>) | null {
  if (file.endsWith('.weights.h5')) return serializeKerasWeights
  if (file.endsWith('.h5')) return model => serializeKeras(model, { format: 'h5' })
  return file.endsWith('.keras') ? serializeKeras : null
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

const weightsFile = (model: LayersModel): Promise<Uint8Array> =>
  hdf5(
    groupsOf(model).flatMap(({ path, tensors }) =>
      tensors.map(([, tensor], i) => ({ path: `${path}/vars/${i}`, tensor })),
    ),
  )

/** The file of Keras 2: the weights of each layer in order, those that are trained first. */
function legacyFile(model: LayersModel): Promise<Uint8Array> {
  const layers = model.namedLayers().map(([name, module]) => ({ name, tensors: stateNames(module, name) }))
  // `lstm.kernel` is called lstm/kernel:0 there; readers go by the order.
  const nameOf = (ours: string): string => `${ours.replaceAll('.', '/')}:0`
  const root = {
    keras_version: '2.15.0',
    backend: 'tensorflow',
    model_config: JSON.stringify(describeForKeras2(model)),
  }
  const lists = layers.map(({ name, tensors }): [string, Attributes] => [
    `model_weights/${name}`,
    { weight_names: tensors.map(([ours]) => nameOf(ours)) },
  ])
  return hdf5(
    layers.flatMap(({ name, tensors }) =>
      tensors.map(([ours, tensor]) => ({ path: `model_weights/${name}/${nameOf(ours)}`, tensor })),
    ),
    new Map<string, Attributes>([
      ['', root],
      [
        'model_weights',
        { layer_names: layers.map(({ name }) => name), keras_version: '2.15.0', backend: 'tensorflow' },
      ],
      ...lists,
    ]),
  )
}

type Attributes = Readonly<Record<string, string | readonly string[]>>

/** An HDF5 file of these datasets, with attributes by the paths of their groups. */
async function hdf5(
  datasets: readonly { readonly path: string; readonly tensor: Tensor }[],
  attributes: ReadonlyMap<string, Attributes> = new Map(),
): Promise<Uint8Array> {
  const { default: h5wasm } = await loadPeer('serializeKeras', 'h5wasm', () => import('h5wasm'))
  const { FS } = await h5wasm.ready
  const file = new h5wasm.File('model.h5', 'w')
  const groupAt = (path: string): InstanceType<typeof h5wasm.Group> => {
    let group: InstanceType<typeof h5wasm.Group> = file
    for (const name of path.split('/').filter(part => part !== '')) {
      const found = group.keys().includes(name) ? group.get(name) : null
      group = found instanceof h5wasm.Group ? found : group.create_group(name)
    }
    return group
  }
  try {
    for (const [path, values] of attributes) {
      const group = groupAt(path)
      for (const [name, value] of Object.entries(values)) {
        // An empty list has no type that could be guessed.
        if (value.length > 0) group.create_attribute(name, typeof value === 'string' ? value : [...value])
      }
    }
    for (const { path, tensor } of datasets) {
      const end = path.lastIndexOf('/')
      const group = groupAt(path.slice(0, end))
      group.create_dataset({ name: path.slice(end + 1), data: tensor.data(), shape: [...tensor.shape] })
    }
    file.flush()
  } finally {
    file.close()
  }
  const bytes = FS.readFile('model.h5')
  FS.unlink('model.h5')
  return bytes
}
