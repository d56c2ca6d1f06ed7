import * as tl from '../../../src/index.ts'

type Tensor = tl.Tensor

/** A step of a perceptron: a linear layer by its name, or an activation. */
export type Step =
  | { readonly kind: 'linear'; readonly name: string }
  | { readonly kind: 'activation'; readonly apply: (x: Tensor) => Tensor }

const activations: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  relu: tl.relu,
  tanh: tl.tanh,
  gelu: x => tl.gelu(x),
  sigmoid: tl.sigmoid,
}

/** Reads an architecture such as `Linear(0) tanh Linear(2)`; the numbers are the names of the parameters. */
export function parseArchitecture(text: string): Step[] {
  return text.split(' ').map((word): Step => {
    const linear = /^Linear\((\w+)\)$/.exec(word)
    if (linear !== null) return { kind: 'linear', name: linear[1] }
    if (Object.hasOwn(activations, word)) return { kind: 'activation', apply: activations[word] }
    throw new Error(`the runner does not know the layer "${word}"`)
  })
}
