import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { UnsupportedError, ValueError } from '../../../src/errors.ts'
import {
  loadKeras,
  loadKerasWeights,
  saveKeras,
  serializeKeras,
  serializeKerasWeights,
} from '../../../src/formats/keras/index.ts'
import {
  Add,
  adam,
  batchNormalization,
  bidirectional,
  conv1d,
  conv2d,
  conv2dTranspose,
  dense,
  depthwiseConv2d,
  dropout,
  embedding,
  flatten,
  globalMaxPooling1d,
  gru,
  input,
  layerNormalization,
  lstm,
  manualSeed,
  maxPooling2d,
  type Model,
  model as graph,
  type ModelResult,
  Sequential,
  separableConv2d,
  simpleRNN,
  timeDistributed,
  uniform,
} from '../../../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'keras-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Weights that no initialiser would give. */
function shake<M extends Model<ModelResult>>(model: M): M {
  for (const tensor of model.namedState().values())
    tensor.assign(uniform(tensor.shape, { low: 0.1, high: 0.9 }))
  return model.eval()
}

const ids = { data: Int32Array.of(1, 2, 3, 0, 4, 5, 0, 0), shape: [2, 4] }
const image = {
  data: Float32Array.from({ length: 2 * 6 * 6 * 2 }, (_, i) => Math.sin(i)),
  shape: [2, 6, 6, 2],
}

const models: Readonly<Record<string, () => { model: Model<ModelResult>; x: typeof ids | typeof image }>> = {
  'text with masks': () => ({
    x: ids,
    model: new Sequential(
      [
        embedding({ inputDim: 6, outputDim: 3, maskZero: true }),
        lstm({ units: 4, returnSequences: true }),
        dropout({ rate: 0.5 }),
        gru({ units: 3 }),
        dense({ units: 2, activation: 'softmax' }),
      ],
      { inputShape: [4] },
    ),
  }),
  'every recurrent layer, in both directions': () => ({
    x: ids,
    model: new Sequential(
      [
        embedding({ inputDim: 6, outputDim: 3 }),
        bidirectional({ layer: lstm({ units: 2, returnSequences: true }) }),
        bidirectional({
          layer: gru({ units: 2, returnSequences: true, resetAfter: false }),
          mergeMode: 'sum',
        }),
        timeDistributed({ layer: dense({ units: 3 }) }),
        simpleRNN({ units: 3, returnSequences: true }),
        conv1d({ filters: 2, kernelSize: 2 }),
        globalMaxPooling1d(),
      ],
      { inputShape: [4] },
    ),
  }),
  'convolutions and normalisations, several of a kind': () => ({
    x: image,
    model: new Sequential(
      [
        conv2d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'relu' }),
        batchNormalization(),
        conv2d({ filters: 4, kernelSize: [1, 2], useBias: false }),
        maxPooling2d({ poolSize: 2 }),
        depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2 }),
        separableConv2d({ filters: 3, kernelSize: 1 }),
        batchNormalization({ scale: false }),
        conv2dTranspose({ filters: 2, kernelSize: 2, strides: 2 }),
        flatten(),
        layerNormalization(),
        dense({ units: 1 }),
      ],
      { inputShape: [6, 6, 2] },
    ),
  }),
  'a graph with a shared layer and a model inside': () => {
    const x = input({ shape: [4], dtype: 'int32', name: 'ids' })
    const vectors = embedding({ inputDim: 6, outputDim: 3 }).apply(x)
    const shared = dense({ units: 3, name: 'shared' })
    const inner = new Sequential([dense({ units: 3, activation: 'tanh' })], {
      inputShape: [4, 3],
      name: 'inner',
    })
    const sum = new Add().apply([shared.apply(vectors), shared.apply(inner.apply(vectors))])
    const states = lstm({ units: 3, returnState: true }).apply(sum)
    const last = lstm({ units: 3, name: 'second' }).apply(vectors, {
      initialState: { h: states[1], c: states[2] },
    })
    return { x: ids, model: graph({ inputs: x, outputs: dense({ units: 1 }).apply(last) }) }
  },
}

describe.each(Object.entries(models))('%s', (_, make) => {
  it.each(['model.keras', 'model.h5'])('comes back from %s', async name => {
    manualSeed(1)
    const { model, x } = make()
    shake(model)
    const path = join(folder, name)
    await saveKeras(model, path)
    const again = await loadKeras(path)
    const expected = model.predict(x)
    const output = again.predict(x)
    expect('data' in output && 'data' in expected).toBe(true)
    if (!('data' in output) || !('data' in expected)) return
    for (const [i, value] of output.data().entries()) expect(value).toBeCloseTo(expected.data()[i], 5)
    expect(again.stateDict().size).toBe(model.stateDict().size)
  })

  it('gives its weights to another model of the same layers', async () => {
    manualSeed(2)
    const { model, x } = make()
    const bytes = await serializeKerasWeights(shake(model))
    const other = make().model
    await loadKerasWeights(other, bytes)
    expect(String(other.eval().predict(x))).toBe(String(model.predict(x)))
  })
})

describe('saveKeras', () => {
  it('keeps optimizer, loss and metrics', async () => {
    const model = new Sequential([dense({ units: 1 })], { inputShape: [2] })
    model.compile({
      optimizer: adam({ learningRate: 0.02, beta1: 0.8 }),
      loss: 'binaryCrossentropy',
      metrics: ['accuracy'],
    })
    const again = await loadKeras(await serializeKeras(model))
    const { options, outputs } = again.requireCompiled('test')
    const { optimizer } = options
    expect(optimizer).toMatchObject({ name: 'adam', options: { learningRate: 0.02, beta1: 0.8 } })
    expect([outputs[0].loss.builtIn, outputs[0].metrics]).toEqual(['binaryCrossentropy', ['accuracy']])
  })

  it('gives the same bytes for the same model', async () => {
    const { model } = models['text with masks']()
    expect(await serializeKeras(model)).toEqual(await serializeKeras(model))
  })

  it('names what Keras does not have, and unknown endings', async () => {
    const { transformerEncoderLayer } = await import('../../../src/index.ts')
    const model = new Sequential([transformerEncoderLayer({ numHeads: 1, intermediateDim: 2 })], {
      inputShape: [3, 2],
    })
    await expect(serializeKeras(model)).rejects.toThrow(UnsupportedError)
    await expect(serializeKeras(model)).rejects.toThrow(/TransformerEncoderLayer "transformer_encoder_layer"/)
    await expect(saveKeras(model, join(folder, 'model.pb'))).rejects.toThrow(ValueError)
  })
})
