import { describe, expect, it } from 'vitest'
import { loadTfjsModel, toTfjsModel } from '../../src/formats/tfjs/index.ts'
import { BuildError, type Tensor, tensor, UnsupportedError } from '../../src/index.ts'
import { examples } from '../formats/onnx/exported-models.ts'
import { distance, matrix } from './matrix.ts'
import { type LayersModel, tf, type TfTensor } from './tfjs-runtime.ts'

const MOST = 1e-5
const record = matrix('TensorFlow.js')

const toTf = (x: Tensor): TfTensor =>
  x.dtype === 'int32' ? tf.tensor(x.ints(), [...x.shape], 'int32') : tf.tensor(x.data(), [...x.shape])

/** Several examples for the same layer give one row. */
const worstOf = new Map<string, number>()

describe('TensorFlow.js on models written here', () => {
  const refused: string[] = []

  it.each(examples)(
    'computes $name as we do, or is told that there is no such layer',
    async ({ name, make }) => {
      const { model, inputs } = make()
      const wanted = [model.predict(inputs.length === 1 ? inputs[0] : [...inputs])].flat()
      let files: ReturnType<typeof toTfjsModel>
      try {
        files = toTfjsModel(model)
      } catch (error) {
        // Names that come twice, inside models among the layers, are another matter than missing layers.
        expect(error instanceof UnsupportedError || error instanceof BuildError, String(error)).toBe(true)
        refused.push(name)
        return
      }
      const { modelJson, weights } = files
      const groups = modelJson.weightsManifest as { weights: object[] }[]
      const theirs = await tf.loadLayersModel(
        tf.io.fromMemory({
          ...modelJson,
          weightSpecs: groups.flatMap(group => group.weights),
          weightData: Uint8Array.from(weights).buffer,
        }),
      )
      const outputs = [theirs.predict(inputs.length === 1 ? toTf(inputs[0]) : inputs.map(toTf))].flat()
      const worst = outputs.map((output, i) => distance(output.dataSync(), wanted[i].data()))
      expect(outputs.map(output => output.shape)).toEqual(wanted.map(({ shape }) => [...shape]))
      worstOf.set(name, Math.max(...worst))
      expect(record(name, 'ours → theirs', Math.max(...worst))).toBeLessThan(MOST)
    },
  )

  it('takes most of them', () => {
    console.log(`not in TensorFlow.js (UnsupportedError): ${refused.join(', ')}`)
    expect(worstOf.size).toBeGreaterThan(refused.length)
  })
})

const { layers } = tf
const chain = (...list: object[]): LayersModel => tf.sequential({ layers: list })

const built: readonly (readonly [name: string, make: () => LayersModel, x: () => TfTensor])[] = [
  [
    'mlp',
    () =>
      chain(
        layers.dense({ units: 8, inputShape: [5], activation: 'relu' }),
        layers.dense({ units: 3, activation: 'softmax' }),
      ),
    () => tf.randomUniform([4, 5], -1, 1),
  ],
  [
    'text lstm with mask',
    () =>
      chain(
        layers.embedding({ inputDim: 20, outputDim: 4, inputLength: 6, maskZero: true }),
        layers.lstm({ units: 5, returnSequences: true }),
        layers.lstm({ units: 3 }),
        layers.dense({ units: 1, activation: 'sigmoid' }),
      ),
    () => tf.tensor(Int32Array.of(1, 2, 3, 4, 0, 0, 5, 6, 7, 8, 9, 10), [2, 6], 'int32'),
  ],
  [
    'bidirectional gru',
    () =>
      chain(
        layers.bidirectional({
          layer: layers.gru({ units: 3, returnSequences: true, recurrentActivation: 'sigmoid' }),
          inputShape: [5, 2],
          mergeMode: 'concat',
        }),
        layers.timeDistributed({ layer: layers.dense({ units: 2 }) }),
      ),
    () => tf.randomUniform([2, 5, 2], -1, 1),
  ],
  [
    'convolution',
    () =>
      chain(
        layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', inputShape: [6, 8, 2] }),
        layers.batchNormalization({}),
        layers.reLU({}),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.separableConv2d({ filters: 3, kernelSize: 2 }),
        layers.flatten({}),
        layers.dense({ units: 3, activation: 'softmax' }),
      ),
    () => tf.randomUniform([2, 6, 8, 2], -1, 1),
  ],
  [
    'graph with a shared layer',
    () => {
      const [a, b] = [tf.input({ shape: [4] }), tf.input({ shape: [4] })]
      const shared = layers.dense({ units: 3, activation: 'tanh' })
      const sum = layers.add({}).apply([shared.apply(a), shared.apply(b)])
      const joined = layers.concatenate({}).apply([sum, a])
      return tf.model({ inputs: [a, b], outputs: layers.dense({ units: 2 }).apply(joined) })
    },
    () => tf.randomUniform([3, 4], -1, 1),
  ],
]

describe('models of TensorFlow.js here', () => {
  it.each(built)('%s computes as it does there', async (name, make, input) => {
    const model = make()
    const x = input()
    const inputs = model.inputs.map(() => x)
    const wanted = [model.predict(inputs.length === 1 ? x : inputs)].flat()
    let files: { modelJson: object; weights: ArrayBuffer } | null = null
    await model.save(
      tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
        const manifest = [{ paths: ['weights.bin'], weights: weightSpecs }]
        files = {
          modelJson: { format: 'layers-model', modelTopology, weightsManifest: manifest },
          weights: weightData,
        }
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
      }),
    )
    if (files === null) throw new Error('nothing was saved')
    const ours = await loadTfjsModel(files)
    const own = tensor(Float32Array.from(x.dataSync()), { shape: [...x.shape] })
    const given = x.dtype === 'int32' ? own.cast('int32') : own
    const outputs = [ours.predict(inputs.length === 1 ? given : inputs.map(() => given))].flat()
    const worst = wanted.map((output, i) => distance(outputs[i].data(), output.dataSync()))
    expect(record(name, 'theirs → ours', Math.max(...worst))).toBeLessThan(MOST)
  })
})
