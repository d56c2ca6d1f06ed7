/** jax-js 0.1.25 on its wasm device, which has one thread in Node. Every step is compiled with `jit`. */
import {
  blockUntilReady,
  defaultDevice,
  grad,
  init,
  jit,
  nn,
  numpy as np,
  tree,
  valueAndGrad,
} from '@jax-js/jax'
import { dataFor } from '../data.ts'
import { consume } from '../harness.ts'
import { adam, classifierSizes, elementwiseNames, perceptron, products } from '../tasks.ts'
import { versionsOf } from './installed.mjs'
import { classifierStep, recurrent, tokensByStep } from './jax-classifier.mjs'

await init('wasm')
defaultDevice('wasm')

const name = 'jax-js'

/** @param {string} id @param {string} key */
const arrayOf = (id, key) => {
  const { shape, values } = dataFor(id)[key]
  return np.array(values, { dtype: values instanceof Int32Array ? np.int32 : np.float32 }).reshape([...shape])
}

/**
 * A contender that evaluates a compiled function of some arrays of the task. An array is computed when it is read or
 * waited for.
 */
const evaluation = (id, keys, compute) => {
  const compiled = jit(compute)
  let inputs
  return {
    name,
    setup: () => {
      inputs = keys.map(key => arrayOf(id, key))
    },
    run: () => {
      const result = compiled(...inputs.map(input => input.ref))
      if (result.size > 1) return result.blockUntilReady().then(ready => ready.dispose())
      consume(result.dataSync()[0])
    },
    teardown: () => tree.dispose(inputs),
  }
}

const product = id => {
  const { gradient } = products[id]
  if (gradient === 'dA') return evaluation(id, ['g', 'b'], (g, b) => np.matmul(g, b.transpose()))
  if (gradient === 'dB') return evaluation(id, ['a', 'g'], (a, g) => np.matmul(a.transpose(), g))
  return evaluation(id, ['a', 'b'], (a, b) => np.matmul(a, b))
}

/** Adam on trees: (gradients, moments, weights, correction of both moments) → [weights, moments]. */
const adamUpdate = jit((gradients, moments, weights, corrections) => {
  const updated = { first: {}, second: {}, weights: {} }
  for (const key of Object.keys(weights)) {
    const gradient = gradients[key]
    const first = moments.first[key].mul(adam.beta1).add(gradient.ref.mul(1 - adam.beta1))
    const second = moments.second[key].mul(adam.beta2).add(gradient.ref.mul(gradient).mul(1 - adam.beta2))
    const root = np.sqrt(second.ref.mul(corrections.second.ref)).add(adam.epsilon)
    const step = first.ref.mul(corrections.first.ref).div(root).mul(adam.learningRate)
    updated.weights[key] = weights[key].sub(step)
    updated.first[key] = first
    updated.second[key] = second
  }
  tree.dispose(corrections)
  return [updated.weights, { first: updated.first, second: updated.second }]
})

/** A training step: `step(weights, inputs)` gives [loss, gradients] and owns its arguments. */
const training = (id, trained, inputsOf, step) => {
  let inputs, weights, moments, latest
  let steps = 0
  return {
    name,
    setup: () => {
      inputs = inputsOf(id)
      weights = Object.fromEntries(trained.map(key => [key, arrayOf(id, key)]))
      const zeros = () => Object.fromEntries(trained.map(key => [key, np.zeros(weights[key].shape)]))
      moments = { first: zeros(), second: zeros() }
    },
    run: () => {
      latest?.dispose()
      const [loss, gradients] = step(tree.ref(weights), tree.ref(inputs))
      steps++
      const corrections = {
        first: np.array(1 / (1 - adam.beta1 ** steps)),
        second: np.array(1 / (1 - adam.beta2 ** steps)),
      }
      ;[weights, moments] = adamUpdate(gradients, moments, weights, corrections)
      latest = loss
      return blockUntilReady([latest, weights, moments]).then(() => undefined)
    },
    loss: () => latest.ref.dataSync()[0],
    teardown: () => tree.dispose([inputs, weights, moments, latest]),
  }
}

const layerNames = perceptron.widths.slice(1).flatMap((_, layer) => [`kernel${layer}`, `bias${layer}`])
const classifierNames = ['embeddings', 'kernel', 'recurrentKernel', 'bias', 'headKernel', 'headBias']

const perceptronStep = jit(
  valueAndGrad((weights, { x, labels }) => {
    const last = perceptron.widths.length - 2
    let hidden = x
    for (let layer = 0; layer <= last; layer++) {
      hidden = np.matmul(hidden, weights[`kernel${layer}`]).add(weights[`bias${layer}`])
      if (layer < last) hidden = nn.relu(hidden)
    }
    const targets = nn.oneHot(labels, perceptron.widths[last + 1])
    return nn
      .logSoftmax(hidden, -1)
      .mul(targets)
      .sum()
      .mul(-1 / perceptron.batch)
  }),
)

const classifierInputs = id => ({ tokens: tokensByStep(id), labels: arrayOf(id, 'labels') })

const inference = id => {
  const { batch, steps } = classifierSizes[id]
  const compiled = jit(({ embeddings, ...weights }, tokens) =>
    nn.sigmoid(recurrent(batch, steps, weights, np.take(embeddings, tokens, 0))),
  )
  let weights, tokens
  return {
    name,
    setup: () => {
      weights = Object.fromEntries(classifierNames.map(key => [key, arrayOf(id, key)]))
      tokens = tokensByStep(id)
    },
    run: () => consume(compiled(tree.ref(weights), tokens.ref).dataSync()[0]),
    teardown: () => tree.dispose([weights, tokens]),
  }
}

const elementwise = {
  tanh: x => np.tanh(x),
  sigmoid: x => nn.sigmoid(x),
  exp: x => np.exp(x),
  add: (x, y) => x.add(y),
  sum: x => x.sum(),
  softmax: x => nn.softmax(x, -1),
}

const tinyGraph = () => {
  const gradients = jit(grad((a, b, c) => a.mul(b).add(c).sum(), { argnums: [0, 1, 2] }))
  let inputs
  return {
    name,
    setup: () => {
      inputs = ['a', 'b', 'c'].map(key => arrayOf('W9', key))
    },
    run: () => {
      for (const gradient of gradients(...inputs.map(input => input.ref))) consume(gradient.dataSync()[0])
    },
    teardown: () => tree.dispose(inputs),
  }
}

/** @type {Record<string, import('../harness.ts').Entry>} */
const entries = {
  W3: () =>
    training(
      'W3',
      layerNames,
      id => ({ x: arrayOf(id, 'x'), labels: arrayOf(id, 'labels') }),
      perceptronStep,
    ),
  W9: tinyGraph,
  W11: { cannot: 'a naive loop throws: an array is gone after its first use unless the user writes .ref' },
}
for (const id of Object.keys(products)) entries[id] = () => product(id)
for (const id of Object.keys(classifierSizes)) {
  if (id.includes('train'))
    entries[id] = () => training(id, classifierNames, classifierInputs, classifierStep(id))
  if (id.includes('infer')) entries[id] = () => inference(id)
}
for (const key of elementwiseNames) {
  entries[`W6-${key}`] = () => evaluation(`W6-${key}`, key === 'add' ? ['x', 'y'] : ['x'], elementwise[key])
}

/** @type {import('../harness.ts').Library} */
export const library = { name, entries, versions: versionsOf('@jax-js/jax') }
