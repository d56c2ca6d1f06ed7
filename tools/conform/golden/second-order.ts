import * as tl from '../../../src/index.ts'
import { sparseCategoricalCrossentropy } from '../../../src/losses/sparse-categorical-crossentropy.ts'
import type { Values } from '../decode.ts'
import type { GoldenCase, NamedValues } from './case.ts'
import { createTensor, readTensor } from './tensorloom.ts'

type Tensor = tl.Tensor
type Named = Readonly<Record<string, Tensor>>
type NamedFunction = (inputs: Named) => Tensor
type Gradients = (...inputs: Tensor[]) => readonly Tensor[]

/** The functions that the cases name, by their formula. */
const functions: Readonly<Record<string, NamedFunction>> = {
  'x^3': ({ x }) => tl.pow(x, 3),
  'exp(sin(x))': ({ x }) => tl.exp(tl.sin(x)),
  'tanh(x)': ({ x }) => tl.tanh(x),
  'sigmoid(x)': ({ x }) => tl.sigmoid(x),
  'log_softmax(x, -1)': ({ x }) => tl.logSoftmax(x, { axis: -1 }),
  'softplus(x)': ({ x }) => tl.softplus(x),
  'tanh(x@w)': ({ x, w }) => tl.tanh(tl.matmul(x, w)),
  'x/(1+y*y), y broadcast': ({ x, y }) => tl.div(x, tl.add(1, tl.mul(y, y))),
  'sqrt(sum(x*x, -1))': ({ x }) => tl.sqrt(tl.sum(tl.mul(x, x), { axis: -1 })),
  'x^4-2x^2+x': ({ x }) => tl.add(tl.sub(tl.pow(x, 4), tl.mul(tl.pow(x, 2), 2)), x),
}

/** `cross_entropy(tanh(X@w1)@w2, [0,1,1,0]) mean; …`: the labels stand in the formula. */
const perceptron = /^cross_entropy\(tanh\(X@w1\)@w2, \[([\d,]+)\]\) mean/

function findFunction(formula: string): NamedFunction {
  const labels = perceptron.exec(formula)?.[1].split(',').map(Number)
  if (labels !== undefined) return perceptronLoss(tl.tensor(labels, { dtype: 'int32' }))
  if (!Object.hasOwn(functions, formula))
    throw new Error(`the runner does not know the function "${formula}"`)
  return functions[formula]
}

function perceptronLoss(labels: Tensor): NamedFunction {
  return ({ X, w1, w2 }) => {
    const logits = tl.matmul(tl.tanh(tl.matmul(X, w1)), w2)
    return tl.reshape(sparseCategoricalCrossentropy(logits, labels, { fromLogits: true }), [1])
  }
}

/** g = dL/dx for L = Σ cot·f(x), then the gradient of Σ v·g: a product with the Hessian. */
export function runSecondOrder(goldenCase: GoldenCase): NamedValues {
  const names = [...goldenCase.inputs.keys()]
  const inputs = names.map(name => create(goldenCase.inputs, name))
  const directions = names.map(name => create(goldenCase.directions, name))
  const weight = create(goldenCase.cotangents, 'out')
  const constants = Object.fromEntries([...goldenCase.constants].map(([name, v]) => [name, createTensor(v)]))
  const f = findFunction(goldenCase.attributes.text('f'))
  const evaluate = (...xs: Tensor[]): Tensor =>
    f({ ...constants, ...Object.fromEntries(names.map((name, index) => [name, xs[index]])) })

  const gradients = gradientsOf((...xs) => tl.sum(tl.mul(evaluate(...xs), weight)))
  const product = gradientsOf((...xs) => weightedSum(gradients(...xs), directions))
  const first = gradients(...inputs)
  const second = product(...inputs)
  const results = new Map<string, Values>([['out', readTensor(evaluate(...inputs))]])
  names.forEach((name, index) => {
    results.set(`grad.${name}`, readTensor(first[index]))
    results.set(`hvp.${name}`, readTensor(second[index]))
  })
  return results
}

/** Elementwise derivatives d1, d2, …: each is the gradient of the sum of the one before. */
export function runNthDerivative(goldenCase: GoldenCase): NamedValues {
  const f = findFunction(goldenCase.attributes.text('f'))
  const input = create(goldenCase.inputs, 'x')
  const results = new Map<string, Values>()
  let current = (x: Tensor): Tensor => f({ x })
  for (let order = 1; order <= goldenCase.attributes.number('order'); order++) {
    const before = current
    const gradients = gradientsOf(x => tl.sum(before(x)))
    current = x => gradients(x)[0]
    results.set(`d${order}`, readTensor(current(input)))
  }
  return results
}

/** Gradients of a scalar function by all of its arguments, themselves differentiable. */
function gradientsOf(f: (...inputs: Tensor[]) => Tensor): Gradients {
  const run = tl.valueAndGrad(f, { createGraph: true })
  return (...inputs) => run(...inputs).gradients
}

function weightedSum(terms: readonly Tensor[], weights: readonly Tensor[]): Tensor {
  return terms.map((term, index) => tl.sum(tl.mul(term, weights[index]))).reduce((a, b) => tl.add(a, b))
}

function create(values: NamedValues, name: string): Tensor {
  const found = values.get(name)
  if (found === undefined) throw new Error(`the case lacks a tensor "${name}"`)
  return createTensor(found)
}
