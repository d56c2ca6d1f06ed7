/** js-pytorch 0.7.2: nested arrays of numbers, on the CPU. */
import { torch } from 'js-pytorch'
import { dataFor } from '../data.ts'
import { consume } from '../harness.ts'
import { adam, classifierSizes, perceptron, products } from '../tasks.ts'
import { versionsOf } from './installed.mjs'

const name = 'js-pytorch'

/** Nested arrays of a task's array, as js-pytorch stores them. */
const nested = (id, key) => {
  const { shape, values } = dataFor(id)[key]
  if (shape.length === 1) return [...values]
  return Array.from({ length: shape[0] }, (_, row) => [
    ...values.subarray(row * shape[1], (row + 1) * shape[1]),
  ])
}

const tensorOf = (id, key, trained = false) => torch.tensor(nested(id, key), trained)

/** The first number of nested arrays. */
const firstNumber = data => (typeof data === 'number' ? data : firstNumber(data[0]))

const evaluation = (id, keys, compute) => {
  let inputs
  return {
    name,
    setup: () => {
      inputs = keys.map(key => tensorOf(id, key))
    },
    run: () => consume(firstNumber(compute(...inputs).data)),
  }
}

const product = id => {
  const { gradient } = products[id]
  if (gradient === 'dA') return evaluation(id, ['g', 'b'], (g, b) => torch.matmul(g, b.transpose(0, 1)))
  if (gradient === 'dB') return evaluation(id, ['a', 'g'], (a, g) => torch.matmul(a.transpose(0, 1), g))
  return evaluation(id, ['a', 'b'], torch.matmul)
}

/** With the library's own layers and Adam, which differ from the definition: its ReLU leaks, no bias correction. */
const perceptronStep = () => {
  const layers = perceptron.widths.length - 1
  const relu = new torch.nn.ReLU()
  const criterion = new torch.nn.CrossEntropyLoss()
  let x, labels, weights, optimizer, latest
  return {
    name,
    setup: () => {
      x = tensorOf('W3', 'x')
      labels = tensorOf('W3', 'labels')
      weights = Array.from({ length: layers }, (_, layer) => ({
        kernel: tensorOf('W3', `kernel${layer}`, true),
        bias: tensorOf('W3', `bias${layer}`, true),
      }))
      const trained = weights.flatMap(({ kernel, bias }) => [kernel, bias])
      const { learningRate, beta1, beta2, epsilon } = adam
      optimizer = new torch.optim.Adam(trained, learningRate, 0, [beta1, beta2], epsilon)
    },
    run: () => {
      let hidden = x
      weights.forEach(({ kernel, bias }, layer) => {
        hidden = torch.matmul(hidden, kernel).add(bias)
        if (layer + 1 < layers) hidden = relu.forward(hidden)
      })
      const loss = criterion.forward(hidden, labels)
      loss.backward()
      optimizer.step()
      optimizer.zero_grad()
      latest = firstNumber(loss.data)
    },
    loss: () => latest,
  }
}

const tinyGraph = () => {
  let inputs
  return {
    name,
    setup: () => {
      inputs = ['a', 'b', 'c'].map(key => tensorOf('W9', key, true))
    },
    run: () => {
      const [a, b, c] = inputs
      a.mul(b).add(c).sum().backward()
      consume(firstNumber(a.grad))
      for (const input of inputs) input.zero_grad()
    },
  }
}

const noGates = { cannot: 'it has no sigmoid, no tanh and no LSTM' }

/** @type {Record<string, import('../harness.ts').Entry>} */
const entries = {
  W3: perceptronStep,
  W9: tinyGraph,
  'W6-tanh': { cannot: 'it has no tanh' },
  'W6-sigmoid': { cannot: 'it has no sigmoid' },
  'W6-exp': () => evaluation('W6-exp', ['x'], torch.exp),
  'W6-add': () => evaluation('W6-add', ['x', 'y'], torch.add),
  'W6-sum': () => evaluation('W6-sum', ['x'], x => x.sum(0).sum()),
  'W6-softmax': () => {
    const softmax = new torch.nn.Softmax()
    return evaluation('W6-softmax', ['x'], x => softmax.forward(x))
  },
}
for (const id of Object.keys(products)) entries[id] = () => product(id)
for (const id of ['W1-1024', 'W1-2048']) {
  entries[id] = { cannot: 'left out: one product of nested arrays takes from several seconds to minutes' }
}
for (const id of Object.keys(classifierSizes)) entries[id] = noGates

/** @type {import('../harness.ts').Library} */
export const library = { name, entries, versions: versionsOf('js-pytorch') }
