/** TF.js 4.22 on one of its back ends. Everything is written as its documentation advises, with tidy and dispose. */
import tf from '@tensorflow/tfjs'
import { dataFor } from '../data.ts'
import { consume } from '../harness.ts'
import { adam, classifierSizes, elementwiseNames, perceptron, products } from '../tasks.ts'
import { versionsOf } from './installed.mjs'
import { bceFromLogits, classifierLogits, registerEmbeddingGradient } from './tfjs-classifier.mjs'
import { cnnLoss, cnnNames } from './tfjs-cnn.mjs'

/** @typedef {import('../harness.ts').Contender} Contender */

/** @param {string} id @param {string} key */
const tensorOf = (id, key) => {
  const { shape, values } = dataFor(id)[key]
  return tf.tensor(values, [...shape], values instanceof Int32Array ? 'int32' : 'float32')
}

/** @param {string} id */
const allTensors = id => Object.fromEntries(Object.keys(dataFor(id)).map(key => [key, tensorOf(id, key)]))

/** A contender whose run evaluates `compute` on the tensors of the task and drops the result. */
const evaluation = (name, id, compute) => {
  let inputs
  return {
    name,
    setup: () => {
      inputs = allTensors(id)
    },
    run: () => {
      const result = tf.tidy(() => compute(inputs))
      if (result.size === 1) consume(result.dataSync()[0])
      result.dispose()
    },
    teardown: () => tf.dispose(inputs),
  }
}

const product = (name, id) => {
  const { gradient } = products[id]
  if (gradient === 'dA') return evaluation(name, id, ({ g, b }) => tf.matMul(g, b, false, true))
  if (gradient === 'dB') return evaluation(name, id, ({ a, g }) => tf.matMul(a, g, true, false))
  return evaluation(name, id, ({ a, b }) => tf.matMul(a, b))
}

/** A training step by Adam: `loss(inputs, variables)`; the arrays named in `trained` become variables. */
const training = (name, id, trained, loss) => {
  let inputs, variables, optimizer, latest
  return {
    name,
    setup: () => {
      inputs = allTensors(id)
      variables = Object.fromEntries(trained.map(key => [key, tf.variable(inputs[key])]))
      // TF.js adds epsilon to the root of the corrected second moment, as PyTorch does.
      optimizer = tf.train.adam(adam.learningRate, adam.beta1, adam.beta2, adam.epsilon)
    },
    run: () => {
      latest?.dispose()
      latest = optimizer.minimize(() => loss(inputs, variables), true, Object.values(variables))
    },
    loss: () => latest.dataSync()[0],
    teardown: () => tf.dispose([inputs, variables, latest]),
  }
}

const layerNames = perceptron.widths.slice(1).flatMap((_, layer) => [`kernel${layer}`, `bias${layer}`])
const classifierNames = ['embeddings', 'kernel', 'recurrentKernel', 'bias', 'headKernel', 'headBias']

const perceptronLoss = ({ x, labels }, variables) => {
  const last = perceptron.widths.length - 2
  let hidden = x
  for (let layer = 0; layer <= last; layer++) {
    hidden = hidden.matMul(variables[`kernel${layer}`]).add(variables[`bias${layer}`])
    if (layer < last) hidden = hidden.relu()
  }
  return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, perceptron.widths[last + 1]), hidden)
}

const classifierLoss = ({ tokens, labels }, variables) =>
  bceFromLogits(classifierLogits(tokens, variables, { together: true }), labels)

/** The loop that a newcomer writes: no tidy, no dispose, and the accuracy after the update. */
const naiveLoop = (name, id) => {
  let inputs, variables, optimizer
  return {
    name,
    setup: () => {
      inputs = allTensors(id)
      variables = Object.fromEntries(classifierNames.map(key => [key, tf.variable(inputs[key])]))
      optimizer = tf.train.adam(adam.learningRate, adam.beta1, adam.beta2, adam.epsilon)
    },
    run: () => {
      const { value, grads } = tf.variableGrads(() => classifierLoss(inputs, variables))
      optimizer.applyGradients(grads)
      const predicted = classifierLogits(inputs.tokens, variables, { together: true })
        .greater(0)
        .cast('float32')
      consume(value.dataSync()[0] + predicted.equal(inputs.labels).mean().dataSync()[0])
    },
  }
}

const elementwise = {
  tanh: ({ x }) => x.tanh(),
  sigmoid: ({ x }) => x.sigmoid(),
  exp: ({ x }) => x.exp(),
  add: ({ x, y }) => x.add(y),
  sum: ({ x }) => x.sum(),
  softmax: ({ x }) => x.softmax(),
}

const tinyGraph = name => {
  const gradients = tf.grads((a, b, c) => a.mul(b).add(c).sum())
  let inputs
  return {
    name,
    setup: () => {
      inputs = Object.values(allTensors('W9'))
    },
    run: () => tf.dispose(gradients(inputs)),
  }
}

/**
 * The library on one back end.
 * @param {'wasm' | 'cpu'} backend
 * @returns {Promise<import('../harness.ts').Library>}
 */
export const tfjsOn = async backend => {
  const name = `TF.js ${backend}`
  registerEmbeddingGradient(backend)
  await tf.setBackend(backend)
  await tf.ready()
  /** @type {Record<string, import('../harness.ts').Entry>} */
  const entries = {
    W3: () => training(name, 'W3', layerNames, perceptronLoss),
    W7: () => training(name, 'W7', cnnNames, cnnLoss),
    W9: () => tinyGraph(name),
    W11: () => naiveLoop(name, 'W11'),
  }
  for (const id of Object.keys(products)) entries[id] = () => product(name, id)
  for (const id of Object.keys(classifierSizes)) {
    if (id.includes('train')) entries[id] = () => training(name, id, classifierNames, classifierLoss)
    if (id.includes('infer')) {
      entries[id] = () =>
        evaluation(name, id, ({ tokens, ...weights }) =>
          classifierLogits(tokens, weights, { together: false }).sigmoid(),
        )
    }
  }
  for (const key of elementwiseNames)
    entries[`W6-${key}`] = () => evaluation(name, `W6-${key}`, elementwise[key])
  return { name, entries, versions: versionsOf('@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm') }
}
