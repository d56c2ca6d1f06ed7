/** W1, W2, W6 and W9: single operations. */
import { noGrad, type Tensor, tensor } from '../../src/index.ts'
import { dataFor } from '../data.ts'
import { type Contender, consume, type Entry } from '../harness.ts'
import { elementwiseNames, products } from '../tasks.ts'
import { tensorsFor } from './tensors.ts'

/** Evaluates `compute` without gradients, as a user does, and reads the result where it is a number. */
const evaluation = (id: string, compute: (inputs: Record<string, Tensor>) => Tensor): Contender => {
  let inputs: Record<string, Tensor>
  return {
    name: 'tensorloom',
    setup: () => {
      inputs = tensorsFor(id)
    },
    run: () => {
      const result = noGrad(() => compute(inputs))
      if (result.size === 1) consume(result.item())
    },
  }
}

const product = (id: string): Contender => {
  const { gradient } = products[id]
  if (gradient === 'dA') return evaluation(id, ({ g, b }) => g.matmul(b, { transposeB: true }))
  if (gradient === 'dB') return evaluation(id, ({ a, g }) => a.matmul(g, { transposeA: true }))
  return evaluation(id, ({ a, b }) => a.matmul(b))
}

const elementwise: Record<(typeof elementwiseNames)[number], (inputs: Record<string, Tensor>) => Tensor> = {
  tanh: ({ x }) => x.tanh(),
  sigmoid: ({ x }) => x.sigmoid(),
  exp: ({ x }) => x.exp(),
  add: ({ x, y }) => x.add(y),
  sum: ({ x }) => x.sum(),
  softmax: ({ x }) => x.softmax(),
}

/** (a·b + c).sum(), forward and backward to all three. */
const tinyGraph = (): Contender => {
  let leaves: Tensor[]
  return {
    name: 'tensorloom',
    setup: () => {
      leaves = Object.values(dataFor('W9')).map(({ values }) => tensor(values, { requiresGrad: true }))
    },
    run: () => {
      const [a, b, c] = leaves
      for (const leaf of leaves) leaf.gradient = null
      a.mul(b).add(c).sum().backward()
    },
  }
}

export const evaluations: Record<string, Entry> = {
  ...Object.fromEntries(Object.keys(products).map(id => [id, () => product(id)])),
  ...Object.fromEntries(
    elementwiseNames.map(name => [`W6-${name}`, () => evaluation(`W6-${name}`, elementwise[name])]),
  ),
  W9: tinyGraph,
}
