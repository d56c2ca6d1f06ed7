import { zipSync } from 'fflate'
import h5wasm from 'h5wasm'

/** An HDF5 file of these datasets and attributes, as Keras writes them. */
export async function hdf5(
  datasets: Readonly<
    Record<string, { readonly data: Float32Array | Float64Array; readonly shape: readonly number[] }>
  >,
  attributes: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>> = {},
): Promise<Uint8Array> {
  const { FS } = await h5wasm.ready
  const file = new h5wasm.File('fixture.h5', 'w')
  const groupAt = (path: string): InstanceType<typeof h5wasm.Group> => {
    let group: InstanceType<typeof h5wasm.Group> = file
    for (const name of path.split('/').filter(part => part !== '')) {
      const found = group.keys().includes(name) ? group.get(name) : null
      group = found instanceof h5wasm.Group ? found : group.create_group(name)
    }
    return group
  }
  for (const [path, { data, shape }] of Object.entries(datasets)) {
    const parts = path.split('/')
    groupAt(parts.slice(0, -1).join('/')).create_dataset({
      name: parts[parts.length - 1],
      data,
      shape: [...shape],
    })
  }
  for (const [path, values] of Object.entries(attributes)) {
    for (const [name, value] of Object.entries(values)) {
      groupAt(path).create_attribute(name, typeof value === 'string' ? value : [...value])
    }
  }
  file.flush()
  file.close()
  const bytes = FS.readFile('fixture.h5')
  FS.unlink('fixture.h5')
  return bytes
}

/** A `.keras` archive. */
export const archive = (
  config: unknown,
  weights: Uint8Array,
  more: Record<string, Uint8Array> = {},
): Uint8Array =>
  zipSync({
    'metadata.json': new TextEncoder().encode('{"keras_version": "3.4.1"}'),
    'config.json': new TextEncoder().encode(JSON.stringify(config)),
    'model.weights.h5': weights,
    ...more,
  })

/** A layer as Keras 3 describes it. */
export const described = (className: string, config: object, more: object = {}): object => ({
  module: 'keras.layers',
  class_name: className,
  config: {
    trainable: true,
    dtype: {
      module: 'keras',
      class_name: 'DTypePolicy',
      config: { name: 'float32' },
      registered_name: null,
    },
    ...config,
  },
  registered_name: null,
  ...more,
})

/** A tensor in a graph of Keras 3. */
export const kerasTensor = (
  layer: string,
  shape: readonly (number | null)[],
  call = 0,
  output = 0,
): object => ({
  class_name: '__keras_tensor__',
  config: { shape, dtype: 'float32', keras_history: [layer, call, output] },
})
