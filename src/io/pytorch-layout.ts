import { ValueError } from '../errors.ts'
import { Dense } from '../nn/dense.ts'
import { Embedding } from '../nn/embedding.ts'
import { LSTM } from '../nn/lstm.ts'
import type { StateDict } from '../nn/module.ts'
import { add } from '../ops/arithmetic.ts'
import { transpose } from '../ops/permute.ts'
import { zeros } from '../tensor/creation.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { AnyLayer, Sequential } from '../train/sequential.ts'

/**
 * Layers of a model by name, and what PyTorch calls them: `{ lstm: 'rnn', dense: 'fc' }`. One layer of a stacked
 * LSTM is chosen by a second word: `'rnn l1'`, `'rnn l0_reverse'`.
 */
export type PyTorchNames = Readonly<Record<string, string>>

/** A parameter of a layer, and the PyTorch tensors (without prefix) whose sum it is. */
export interface PyTorchRule {
  readonly parameter: string
  readonly sources: readonly string[]
  /** PyTorch's weights are [out, in], a kernel is [in, out]. */
  readonly transposed: boolean
}

/** How a layer's parameters are called and laid out in PyTorch; null for a layer without a counterpart. */
export function pyTorchRules(layer: AnyLayer, suffix = 'l0'): PyTorchRule[] | null {
  if (layer instanceof Dense) {
    const kernel = { parameter: 'kernel', sources: ['weight'], transposed: true }
    const bias = { parameter: 'bias', sources: ['bias'], transposed: false }
    return layer.config().useBias === false ? [kernel] : [kernel, bias]
  }
  if (layer instanceof Embedding) return [{ parameter: 'embeddings', sources: ['weight'], transposed: false }]
  return layer instanceof LSTM ? lstmRules(layer, suffix) : null
}

function lstmRules(layer: LSTM<number, number, boolean>, suffix: string): PyTorchRule[] {
  const rules: PyTorchRule[] = [
    { parameter: 'kernel', sources: [`weight_ih_${suffix}`], transposed: true },
    { parameter: 'recurrentKernel', sources: [`weight_hh_${suffix}`], transposed: true },
  ]
  const [input, recurrent] = [`bias_ih_${suffix}`, `bias_hh_${suffix}`]
  const { bias = 'single' } = layer.config()
  if (bias === 'single') rules.push({ parameter: 'bias', sources: [input, recurrent], transposed: false })
  if (bias === 'separate') {
    rules.push({ parameter: 'bias', sources: [input], transposed: false })
    rules.push({ parameter: 'recurrentBias', sources: [recurrent], transposed: false })
  }
  return rules
}

/**
 * Weights with PyTorch's names and layout as a state dict of the model: kernels transposed, an LSTM's two biases added
 * (or kept, with `bias: 'separate'`).
 *
 * @throws ValueError for tensors that are missing or that no layer takes
 * @example model.loadStateDict(fromPyTorch(model, weights, { embedding: 'emb', lstm: 'rnn', dense: 'fc' }))
 */
export function fromPyTorch(
  model: Sequential,
  weights: ReadonlyMap<string, Tensor>,
  names: PyTorchNames,
): StateDict {
  const state: StateDict = new Map()
  const used = new Set<string>()
  for (const { own, sources, transposed } of matchNames('fromPyTorch', model, names)) {
    const parts = sources.map(source => {
      const tensor = weights.get(source)
      if (tensor === undefined) throw missing(source, own, weights)
      used.add(source)
      return tensor.detach()
    })
    const sum = parts.slice(1).reduce((total, part) => add(total, part), parts[0])
    state.set(own, transposed ? transpose(sum) : sum)
  }
  const left = [...weights.keys()].filter(name => !used.has(name))
  if (left.length === 0) return state
  throw new ValueError({
    operation: 'fromPyTorch',
    problem: `found no layer for ${left.map(name => `"${name}"`).join(', ')}.`,
    hint: 'name their layer, or delete them from the Map if they are not wanted.',
    argument: 'weights',
  })
}

/**
 * The model's weights with PyTorch's names and layout. An LSTM's single bias becomes `bias_ih`, with zeros as `bias_hh`.
 *
 * @example serializeStateDict(toPyTorch(model, { embedding: 'emb', lstm: 'rnn', dense: 'fc' }))
 */
export function toPyTorch(model: Sequential, names: PyTorchNames): StateDict {
  const state = model.stateDict()
  const weights: StateDict = new Map()
  for (const { own, sources, transposed } of matchNames('toPyTorch', model, names)) {
    const value = state.get(own)
    if (value === undefined) continue
    const [first, ...others] = sources
    weights.set(first, transposed ? transpose(value) : value)
    for (const other of others) weights.set(other, zeros(value.shape))
  }
  return weights
}

/** The rules of all layers with full names on both sides. */
function matchNames(operation: string, model: Sequential, names: PyTorchNames) {
  const given = new Map(Object.entries(names))
  const rules = model.namedLayers().flatMap(([name, layer]) => {
    const text = given.get(name)
    given.delete(name)
    const [prefix, suffix] = text?.split(' ') ?? []
    const found = pyTorchRules(layer, suffix)
    if (text === undefined && (found !== null || layer.namedParameters().size > 0))
      throw refuse(operation, `needs PyTorch's name of layer "${name}".`)
    if (text !== undefined && found === null)
      throw refuse(operation, `maps Dense, Embedding and LSTM, not layer "${name}".`)
    return (found ?? []).map(rule => ({
      own: `${name}.${rule.parameter}`,
      sources: rule.sources.map(source => (prefix === '' ? source : `${prefix}.${source}`)),
      transposed: rule.transposed,
    }))
  })
  for (const name of given.keys())
    throw refuse(operation, `got a name for "${name}", but there is no such layer.`)
  return rules
}

const refuse = (operation: string, problem: string): ValueError =>
  new ValueError({
    operation,
    problem,
    hint: "for example { embedding: 'emb', lstm: 'rnn', dense: 'fc' }; the model's names are in model.summary().",
    argument: 'names',
  })

const missing = (source: string, own: string, weights: ReadonlyMap<string, Tensor>): ValueError =>
  new ValueError({
    operation: 'fromPyTorch',
    problem: `needs "${source}" for "${own}", and it is missing.`,
    hint: `there are ${[...weights.keys()].map(name => `"${name}"`).join(', ')}.`,
    argument: 'weights',
  })
