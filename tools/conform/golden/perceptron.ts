import * as tl from '../../../src/index.ts'
import { Dense } from '../../../src/nn/dense.ts'
import { type Binding, linearBindings } from './binding.ts'
import type { NamedValues } from './case.ts'

/** A stack of Dense layers and activations, with its parameters under PyTorch's names. */
export interface Perceptron {
  readonly bindings: Map<string, Binding>
  forward(x: tl.Tensor): tl.Tensor
}

const activations: Readonly<Record<string, (x: tl.Tensor) => tl.Tensor>> = {
  relu: tl.relu,
  tanh: tl.tanh,
  gelu: x => tl.gelu(x),
  sigmoid: tl.sigmoid,
}

/** Builds an architecture such as `Linear(0) tanh Linear(2)`; the numbers name the parameters. */
export function buildPerceptron(architecture: string, parameters: NamedValues): Perceptron {
  const bindings = new Map<string, Binding>()
  const steps = architecture.split(' ').map((word): ((x: tl.Tensor) => tl.Tensor) => {
    if (Object.hasOwn(activations, word)) return activations[word]
    const name = /^Linear\((\w+)\)$/.exec(word)?.[1]
    const weight = parameters.get(`${name}.weight`)
    if (name === undefined || weight === undefined)
      throw new Error(`the runner does not know the layer "${word}"`)
    const [units, inputSize] = weight.shape
    const layer = new Dense({ units, inputSize, useBias: parameters.has(`${name}.bias`) })
    for (const [key, binding] of linearBindings(`${name}.`, layer)) bindings.set(key, binding)
    return x => layer.forward(x)
  })
  return { bindings, forward: x => steps.reduce((value, step) => step(value), x) }
}
