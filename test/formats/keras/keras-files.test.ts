import { describe, expect, it } from 'vitest'
import { FormatError, UnsupportedError } from '../../../src/errors.ts'
import { loadKeras, loadKerasWeights } from '../../../src/formats/keras/index.ts'
import { toTfjsModel } from '../../../src/formats/tfjs/index.ts'
import { dense, embedding, Generator, lstm, Sequential, tensor } from '../../../src/index.ts'
import { archive, described, hdf5, kerasTensor } from './files.ts'

const numbers = (shape: readonly number[], seed: number) => ({
  data: new Generator(seed).normal(
    shape.reduce((product, size) => product * size, 1),
    0,
    0.5,
  ),
  shape,
})

const initializer = (name: string) => ({
  module: 'keras.initializers',
  class_name: name,
  config: { seed: null },
  registered_name: null,
})

/** Embedding → LSTM → Dense as Keras 3.4 writes it. */
const sequentialConfig = {
  module: 'keras',
  class_name: 'Sequential',
  config: {
    name: 'sequential',
    trainable: true,
    dtype: { module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' }, registered_name: null },
    layers: [
      described('InputLayer', {
        batch_shape: [null, 5],
        dtype: 'float32',
        sparse: false,
        name: 'input_layer',
      }),
      described('Embedding', {
        name: 'embedding',
        input_dim: 7,
        output_dim: 3,
        embeddings_initializer: initializer('RandomUniform'),
        embeddings_regularizer: null,
        activity_regularizer: null,
        embeddings_constraint: null,
        mask_zero: false,
      }),
      described('LSTM', {
        name: 'lstm',
        return_sequences: false,
        return_state: false,
        go_backwards: false,
        stateful: false,
        unroll: false,
        zero_output_for_mask: false,
        units: 4,
        activation: 'tanh',
        recurrent_activation: 'sigmoid',
        use_bias: true,
        kernel_initializer: initializer('GlorotUniform'),
        recurrent_initializer: initializer('OrthogonalInitializer'),
        bias_initializer: {
          module: 'keras.initializers',
          class_name: 'Zeros',
          config: {},
          registered_name: null,
        },
        unit_forget_bias: true,
        kernel_regularizer: null,
        recurrent_regularizer: null,
        bias_regularizer: null,
        activity_regularizer: null,
        kernel_constraint: null,
        recurrent_constraint: null,
        bias_constraint: null,
        dropout: 0,
        recurrent_dropout: 0,
        seed: null,
      }),
      described('Dense', {
        name: 'dense',
        units: 1,
        activation: 'sigmoid',
        use_bias: true,
        kernel_initializer: initializer('GlorotUniform'),
        bias_initializer: {
          module: 'keras.initializers',
          class_name: 'Zeros',
          config: {},
          registered_name: null,
        },
        kernel_regularizer: null,
        bias_regularizer: null,
        kernel_constraint: null,
        bias_constraint: null,
      }),
    ],
    build_input_shape: [null, 5],
  },
  registered_name: null,
  build_config: { input_shape: [null, 5] },
  compile_config: {
    optimizer: {
      module: 'keras.optimizers',
      class_name: 'AdamW',
      config: {
        name: 'adamw',
        learning_rate: 0.002,
        weight_decay: 0.01,
        beta_1: 0.9,
        beta_2: 0.99,
        epsilon: 1e-7,
      },
      registered_name: null,
    },
    loss: 'binary_crossentropy',
    loss_weights: null,
    metrics: ['accuracy'],
    weighted_metrics: null,
    run_eagerly: false,
    steps_per_execution: 1,
    jit_compile: true,
  },
}
const weights = {
  'layers/embedding/vars/0': numbers([7, 3], 1),
  'layers/lstm/cell/vars/0': numbers([3, 16], 2),
  'layers/lstm/cell/vars/1': numbers([4, 16], 3),
  'layers/lstm/cell/vars/2': numbers([16], 4),
  'layers/dense/vars/0': numbers([4, 1], 5),
  'layers/dense/vars/1': numbers([1], 6),
  // What the optimizer had is left alone.
  'optimizer/vars/0': numbers([], 7),
}
const ids = { data: Int32Array.of(1, 2, 3, 4, 5), shape: [1, 5] }

/** The same model made here, with the same weights. */
function ours(): Sequential {
  const model = new Sequential(
    [
      embedding({ inputDim: 7, outputDim: 3 }),
      lstm({ units: 4 }),
      dense({ units: 1, activation: 'sigmoid' }),
    ],
    { inputShape: [5] },
  )
  for (const [i, own] of [...model.namedState().values()].entries()) {
    const { data } = Object.values(weights)[i]
    own.assign(reshaped(data, own.shape))
  }
  return model.eval()
}
const reshaped = (data: Float32Array, shape: readonly number[]) => tensor(data, { shape: [...shape] })

describe('loadKeras', () => {
  it('reads a .keras file of Keras 3, compiled', async () => {
    const model = await loadKeras(archive(sequentialConfig, await hdf5(weights)))
    expect(String(model.predict(ids))).toBe(String(ours().predict(ids)))
    const { options, outputs } = model.requireCompiled('test')
    const { optimizer } = options
    expect(optimizer).toMatchObject({
      name: 'adamw',
      options: { learningRate: 0.002, weightDecay: 0.01, beta2: 0.99 },
    })
    expect(outputs[0].loss.builtIn).toBe('binaryCrossentropy')
  })

  it('reads layers that stand under their own names', async () => {
    const named = Object.fromEntries(
      Object.entries(weights).map(([path, value]) => [path.replace('layers/lstm/', 'layers/reader/'), value]),
    )
    const config = JSON.parse(JSON.stringify(sequentialConfig).replaceAll('"name":"lstm"', '"name":"reader"'))
    const model = await loadKeras(archive(config, await hdf5(named)))
    expect(String(model.predict(ids))).toBe(String(ours().predict(ids)))
  })

  it('reads a graph of Keras 3', async () => {
    const config = {
      module: 'keras.src.models.functional',
      class_name: 'Functional',
      config: {
        name: 'functional',
        trainable: true,
        layers: [
          described(
            'InputLayer',
            { batch_shape: [null, 2], dtype: 'float32', sparse: false, name: 'x' },
            { name: 'x', inbound_nodes: [] },
          ),
          described(
            'Dense',
            { name: 'shared', units: 2, activation: 'linear', use_bias: false },
            {
              name: 'shared',
              inbound_nodes: [
                { args: [kerasTensor('x', [null, 2])], kwargs: {} },
                { args: [kerasTensor('shared', [null, 2])], kwargs: {} },
              ],
            },
          ),
          described(
            'Concatenate',
            { name: 'both', axis: -1 },
            {
              name: 'both',
              inbound_nodes: [
                {
                  args: [[kerasTensor('x', [null, 2]), kerasTensor('shared', [null, 2], 1)]],
                  kwargs: { mask: null },
                },
              ],
            },
          ),
        ],
        input_layers: ['x', 0, 0],
        output_layers: [['both', 0, 0]],
      },
      registered_name: 'Functional',
    }
    const kernel = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }
    const model = await loadKeras(archive(config, await hdf5({ 'layers/dense/vars/0': kernel })))
    // [1, 1]·W·W = [16, 22] with W = [[1, 2], [3, 4]]: [4, 6]·W.
    expect(String(model.predict([[1, 1]]))).toMatch(/1, +1, 22, 32/)
  })

  it('reads an .h5 file of Keras 2, its weights in their order', async () => {
    const model = ours()
    model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] })
    const { modelTopology } = toTfjsModel(model).modelJson
    const list = Object.values(weights)
    const attributes = {
      '': {
        model_config: JSON.stringify(modelTopology),
        training_config: JSON.stringify({
          loss: 'binary_crossentropy',
          metrics: [['accuracy']],
          optimizer_config: {
            class_name: 'Adam',
            config: { learning_rate: 0.01, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 },
          },
        }),
      },
      model_weights: { layer_names: ['embedding', 'lstm', 'dense'] },
      'model_weights/embedding': { weight_names: ['embedding/embeddings:0'] },
      'model_weights/lstm': {
        weight_names: [
          'lstm/lstm_cell/kernel:0',
          'lstm/lstm_cell/recurrent_kernel:0',
          'lstm/lstm_cell/bias:0',
        ],
      },
      'model_weights/dense': { weight_names: ['dense/kernel:0', 'dense/bias:0'] },
    }
    const file = await hdf5(
      {
        'model_weights/embedding/embedding/embeddings:0': list[0],
        'model_weights/lstm/lstm/lstm_cell/kernel:0': list[1],
        'model_weights/lstm/lstm/lstm_cell/recurrent_kernel:0': list[2],
        'model_weights/lstm/lstm/lstm_cell/bias:0': list[3],
        'model_weights/dense/dense/kernel:0': list[4],
        'model_weights/dense/dense/bias:0': list[5],
      },
      attributes,
    )
    const loaded = await loadKeras(file)
    expect(String(loaded.predict(ids))).toBe(String(model.predict(ids)))
    expect(loaded.requireCompiled('test').options.optimizer).toMatchObject({
      name: 'adam',
      options: { learningRate: 0.01 },
    })
    const other = ours()
    for (const parameter of other.parameters()) parameter.assign(parameter.mul(0))
    await loadKerasWeights(other, file)
    expect(String(other.predict(ids))).toBe(String(model.predict(ids)))
  })
})

describe('what cannot be read', () => {
  const withLayer = (layer: object) => ({
    ...sequentialConfig,
    config: { ...sequentialConfig.config, layers: [...sequentialConfig.config.layers, layer] },
  })

  it('names unknown layers, all of them, and never runs a Lambda', async () => {
    const h5 = await hdf5(weights)
    const strange = withLayer(described('Mystery', { name: 'a' }))
    await expect(loadKeras(archive(strange, h5))).rejects.toThrow(UnsupportedError)
    await expect(loadKeras(archive(strange, h5))).rejects.toThrow(/"Mystery"/)
    const lambda = withLayer(
      described('Lambda', { name: 'l', function: { class_name: '__lambda__', config: {} } }),
    )
    await expect(loadKeras(archive(lambda, h5))).rejects.toThrow(
      /Lambda layer at .*Python code cannot be run/,
    )
  })

  it('says what is missing or of another shape', async () => {
    const { 'layers/dense/vars/1': _, ...less } = weights
    await expect(loadKeras(archive(sequentialConfig, await hdf5(less)))).rejects.toThrow(
      /layers\/dense\/vars\/1.*missing/,
    )
    const other = { ...weights, 'layers/dense/vars/1': numbers([2], 1) }
    await expect(loadKeras(archive(sequentialConfig, await hdf5(other)))).rejects.toThrow(
      /shape \[2\].*needs \[1\]/,
    )
    await expect(loadKeras(await hdf5(weights))).rejects.toThrow(/holds weights, but no model/)
    await expect(loadKeras(new Uint8Array(50))).rejects.toThrow(FormatError)
  })

  it('leaves files with paths that lead elsewhere alone', async () => {
    const file = archive(sequentialConfig, await hdf5(weights), { '../../escaped.txt': new Uint8Array(3) })
    await expect(loadKeras(file)).resolves.toBeDefined()
  })
})
