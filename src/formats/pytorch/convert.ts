import { UnsupportedError, ValueError } from '../../errors.ts'
import type { Module, StateDict } from '../../nn/module.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { rulesOf } from './layer-rules.ts'
import type { Rule } from './rule.ts'

/**
 * What PyTorch calls the modules of a model: `{ lstm: 'rnn', dense: 'fc' }`; those that are not named have the same name
 * there. A module inside another one is named by its path, `encoder.dense`. One layer or direction of a stacked
 * recurrence is chosen by a second word: `'rnn l1'`, `'rnn l0_reverse'`.
 */
export type PyTorchNames = Readonly<Record<string, string>>

/** Counters that PyTorch's batch normalisation keeps, and that change nothing here. */
const isCounter = (name: string): boolean => name.endsWith('num_batches_tracked')

/**
 * Weights with PyTorch's names and layout as a state dict of the model: kernels transposed, gates and biases in our
 * order. An LSTM's two biases are added, or kept with `bias: 'separate'`.
 *
 * Images are [batch, height, width, channels] here and [batch, channels, height, width] there: the rows of a Dense
 * layer after a Flatten are in PyTorch's order with `dataFormat: 'channelsFirst'` in the layers before it.
 *
 * @throws ValueError for tensors that are missing or that no layer takes; UnsupportedError for layers without a
 *   counterpart in PyTorch
 * @example
 * const model = sequential(dense({ units: 2, inputSize: 3 }))
 * const weights = toPyTorch(model, { dense: 'fc' })
 * model.loadStateDict(fromPyTorch(model, weights, { dense: 'fc' }))
 */
export function fromPyTorch(
  model: Module<unknown>,
  weights: ReadonlyMap<string, Tensor>,
  names: PyTorchNames = {},
): StateDict {
  const state: StateDict = new Map()
  const used = new Set<string>()
  for (const { own, torch, read } of matched('fromPyTorch', model, names)) {
    const parts = torch.map(name => {
      const tensor = weights.get(name)
      if (tensor === undefined) throw missing(name, own[0], weights)
      used.add(name)
      return tensor.detach()
    })
    for (const [i, tensor] of read(parts).entries()) state.set(own[i], tensor)
  }
  const left = [...weights.keys()].filter(name => !used.has(name) && !isCounter(name))
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
 * @throws UnsupportedError for layers without a counterpart in PyTorch
 * @example
 * const model = sequential(dense({ units: 2, inputSize: 3 }))
 * toPyTorch(model, { dense: 'fc' }).get('fc.weight')?.shape   // [2, 3]
 */
export function toPyTorch(model: Module<unknown>, names: PyTorchNames = {}): StateDict {
  const state = model.stateDict()
  const weights: StateDict = new Map()
  for (const { own, torch, write } of matched('toPyTorch', model, names)) {
    const parts = own.flatMap(name => state.get(name) ?? [])
    if (parts.length !== own.length) continue
    for (const [i, tensor] of write(parts).entries()) weights.set(torch[i], tensor)
  }
  return weights
}

/** The rules of all layers, with full names on both sides. */
function matched(operation: string, model: Module<unknown>, names: PyTorchNames): Rule[] {
  const given = new Map(Object.entries(names))
  const unknown: string[] = []
  const rules = walk(model, '', '', given, unknown)
  if (unknown.length > 0) {
    throw new UnsupportedError({
      operation,
      problem: `knows no counterpart in PyTorch of ${unknown.map(name => `"${name}"`).join(', ')}.`,
      hint: 'rename and transpose their tensors by hand.',
      items: unknown,
    })
  }
  for (const name of given.keys()) {
    throw new ValueError({
      operation,
      problem: `got a name for "${name}", but there is no such layer with weights.`,
      hint: `there are ${[...model.namedModules().keys()].filter(path => path !== '').join(', ')}.`,
      argument: 'names',
      received: name,
    })
  }
  return rules
}

/** Goes through modules until one has rules; names are used up. */
function walk(
  module: Module<unknown>,
  path: string,
  torchPath: string,
  names: Map<string, string>,
  unknown: string[],
): Rule[] {
  const name = names.get(path)
  names.delete(path)
  const [prefix, suffix] = (name ?? torchPath).split(' ')
  const rules = rulesOf(module, suffix)
  if (rules !== null) return rules.map(rule => prefixed(rule, path, prefix))
  const children = [...module.namedModules()].filter(([inner]) => inner !== '' && isDirect(module, inner))
  if (children.length === 0 && module.namedState().size > 0) unknown.push(path)
  return children.flatMap(([inner, child]) =>
    walk(child, join(path, inner), join(prefix, inner), names, unknown),
  )
}

/** Whether no module lies between the two: lists in fields have a number in their name. */
const isDirect = (module: Module<unknown>, path: string): boolean => {
  const parts = path.split('.')
  const modules = module.namedModules()
  return parts.slice(0, -1).every((_, i) => !modules.has(parts.slice(0, i + 1).join('.')))
}

const join = (before: string, name: string): string => (before === '' ? name : `${before}.${name}`)

const prefixed = (rule: Rule, own: string, torch: string): Rule => ({
  ...rule,
  own: rule.own.map(name => join(own, name)),
  torch: rule.torch.map(name => join(torch, name)),
})

const missing = (source: string, own: string, weights: ReadonlyMap<string, Tensor>): ValueError =>
  new ValueError({
    operation: 'fromPyTorch',
    problem: `needs "${source}" for "${own}", and it is missing.`,
    hint: `there are ${[...weights.keys()].map(name => `"${name}"`).join(', ')}; name the layer if it is called otherwise.`,
    argument: 'weights',
  })
