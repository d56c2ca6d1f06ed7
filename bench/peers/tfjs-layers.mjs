/**
 * TF.js wasm with its own layers: what its users run. `tfjs-wasm.mjs` has the same model tuned by hand; both need the
 * kernel of the Embedding's gradient, which the back end lacks.
 */
import tf from '@tensorflow/tfjs'
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm'
import { dataFor } from '../data.ts'
import { consume } from '../harness.ts'
import { adam, classifierSizes, tasks } from '../tasks.ts'
import { versionsOf } from './installed.mjs'
import { bceFromLogits, registerEmbeddingGradient } from './tfjs-classifier.mjs'

const name = 'TF.js wasm (layers)'

setThreadsCount(1)
registerEmbeddingGradient('wasm')
await tf.setBackend('wasm')

const tensorOf = (id, key) => {
  const { shape, values } = dataFor(id)[key]
  return tf.tensor(values, [...shape], values instanceof Int32Array ? 'int32' : 'float32')
}

/** Embedding → LSTM → Dense(1), logits, with the task's initial weights. */
const buildModel = id => {
  const { vocabulary, embedding, steps, units } = classifierSizes[id]
  const model = tf.sequential({
    layers: [
      tf.layers.embedding({ inputDim: vocabulary, outputDim: embedding, inputLength: steps }),
      tf.layers.lstm({ units, recurrentActivation: 'sigmoid', unitForgetBias: false, implementation: 2 }),
      tf.layers.dense({ units: 1 }),
    ],
  })
  const names = ['embeddings', 'kernel', 'recurrentKernel', 'bias', 'headKernel', 'headBias']
  model.setWeights(names.map(key => tensorOf(id, key)))
  return model
}

const training = id => {
  let model, tokens, labels, optimizer, latest
  return {
    name,
    setup: () => {
      model = buildModel(id)
      tokens = tensorOf(id, 'tokens')
      labels = tensorOf(id, 'labels')
      optimizer = tf.train.adam(adam.learningRate, adam.beta1, adam.beta2, adam.epsilon)
    },
    run: () => {
      latest?.dispose()
      latest = optimizer.minimize(() => {
        const logits = model.apply(tokens, { training: true })
        return bceFromLogits(logits.reshape([classifierSizes[id].batch]), labels)
      }, true)
    },
    loss: () => latest.dataSync()[0],
    teardown: () => model.dispose(),
  }
}

const inference = id => {
  let model, tokens
  return {
    name,
    setup: () => {
      model = buildModel(id)
      tokens = tensorOf(id, 'tokens')
    },
    run: () => consume(tf.tidy(() => model.predictOnBatch(tokens).sigmoid().dataSync()[0])),
    teardown: () => model.dispose(),
  }
}

const other = { cannot: 'only the text classifier: see TF.js wasm' }

/** @type {Record<string, import('../harness.ts').Entry>} */
const entries = Object.fromEntries(tasks.map(({ id }) => [id, other]))
for (const id of Object.keys(classifierSizes)) {
  if (id.includes('train')) entries[id] = () => training(id)
  if (id.includes('infer')) entries[id] = () => inference(id)
}

/** @type {import('../harness.ts').Library} */
export const library = {
  name,
  entries,
  versions: versionsOf('@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'),
}
