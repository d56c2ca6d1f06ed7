import { ValueError } from '../../errors.ts'
import { contextTensors } from '../../nn/graph/apply.ts'
import type { LayerCall, SymbolicTensor } from '../../nn/graph/symbolic.ts'
import { Layer } from '../../nn/layer.ts'
import type { Module } from '../../nn/module.ts'
import { Model } from '../model.ts'
import { defaultName, freeName } from '../run-layer.ts'

/** A part of a graph of layers: what lies between some inputs and outputs. */
export interface Graph {
  readonly inputs: readonly SymbolicTensor[]
  readonly outputs: readonly SymbolicTensor[]
  /** In an order in which they can run. */
  readonly calls: readonly LayerCall[]
  /** Each layer once, by its name, in the order of its first call. */
  readonly layers: ReadonlyMap<string, Module<unknown>>
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
}

/** All that a call reads. */
export const readsOf = ({ inputs, context }: LayerCall): readonly SymbolicTensor[] => [
  ...inputs,
  ...contextTensors(context),
]

/**
 * Finds the calls between inputs and outputs.
 * @throws ValueError where an output depends on an input that is not among `inputs`
 */
export function findGraph(
  label: string,
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
): Graph {
  const given = new Set(inputs)
  const found = new Set<LayerCall>()
  const waiting = [...outputs]
  for (let tensor = waiting.pop(); tensor !== undefined; tensor = waiting.pop()) {
    if (given.has(tensor)) continue
    const { call } = tensor
    if (call === null) throw missingInput(label, tensor)
    if (found.has(call)) continue
    found.add(call)
    waiting.push(...readsOf(call))
  }
  const calls = [...found].sort((a, b) => a.id - b.id)
  const layers = nameLayers(label, calls)
  const names = new Map([...layers].map(([name, module]) => [module, name]))
  return {
    inputs,
    outputs,
    calls,
    layers,
    inputNames: distinct(inputs.map(({ name }) => name || 'input')),
    outputNames: distinct(
      outputs.map(({ call, name }) => (call === null ? name : names.get(call.module)) || 'output'),
    ),
  }
}

function missingInput(label: string, { name, shape }: SymbolicTensor): ValueError {
  return new ValueError({
    operation: label,
    problem: `depends on ${name === '' ? 'an input' : `the input "${name}"`} [${['batch', ...(shape ?? [])].join(', ')}] that is not among its inputs.`,
    hint: 'list every input() that the outputs are computed of.',
    argument: 'inputs',
  })
}

/** Names that a model made, and another one may change. */
const madeNames = new WeakMap<Module<unknown>, string>()

/** The layers by name: their own, or one made of the class, `dense`, `dense_1`, …, in the order of the calls. */
function nameLayers(label: string, calls: readonly LayerCall[]): ReadonlyMap<string, Module<unknown>> {
  const modules = new Set(calls.map(({ module }) => module))
  const taken = new Map<string, Module<unknown>>()
  for (const module of modules) {
    const name = givenName(module)
    if (name === '') continue
    const other = taken.get(name)
    if (other !== undefined) {
      throw new ValueError({
        operation: label,
        problem: `has two layers named "${name}".`,
        hint: 'give one of them another name.',
        argument: 'outputs',
        received: name,
      })
    }
    taken.set(name, module)
  }
  const layers = new Map<string, Module<unknown>>()
  for (const module of modules) {
    const given = givenName(module)
    const name =
      given === '' ? freeName(defaultName(module), each => taken.has(each) || layers.has(each)) : given
    layers.set(name, module)
    if (given !== '' || !(module instanceof Layer) || module.name !== '') continue
    module.name = name
    madeNames.set(module, name)
  }
  return layers
}

/** Names that models have by default. */
const UNNAMED = ['', 'model', 'sequential']

/** The name that the user gave a layer, or a model among the layers. */
function givenName(module: Module<unknown>): string {
  if (module instanceof Layer) return madeNames.get(module) === module.name ? '' : module.name
  const name = module instanceof Model ? module.name : ''
  return UNNAMED.includes(name) || name.includes('.') ? '' : name
}

/** Makes names unique: `input`, `input_1`. */
function distinct(names: readonly string[]): readonly string[] {
  const taken = new Set<string>()
  return names.map(base => {
    const name = freeName(base, each => taken.has(each) || (each !== base && names.includes(each)))
    taken.add(name)
    return name
  })
}
