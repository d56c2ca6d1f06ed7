import { ValueError } from '../../errors.ts'
import type { Module } from '../module.ts'
import { inLayer } from '../path.ts'
import { type LayerCall, type SymbolicContext, SymbolicTensor } from './symbolic.ts'

let lastCall = 0

/** All symbolic tensors in a context, in the order of its keys. */
export function contextTensors(context: object): readonly SymbolicTensor[] {
  return Object.values(context).flatMap((value: unknown) => {
    if (value instanceof SymbolicTensor) return [value]
    return typeof value === 'object' && value !== null ? contextTensors(value) : []
  })
}

/** A copy of a context with something else in the place of each symbolic tensor. */
export function mapContext(context: object, map: (tensor: SymbolicTensor) => unknown): object {
  const each = (value: unknown): unknown => {
    if (value instanceof SymbolicTensor) return map(value)
    if (Array.isArray(value)) return value.map(each)
    return typeof value === 'object' && value !== null ? mapContext(value, map) : value
  }
  return Object.fromEntries(Object.entries(context).map(([name, value]) => [name, each(value)]))
}

/** Adds an application of a layer to the graph; shapes are checked and parameters created as far as shapes are known. */
export function applyModule(
  module: Module<unknown>,
  label: string,
  x: SymbolicTensor | readonly SymbolicTensor[],
  context: SymbolicContext,
): SymbolicTensor | readonly SymbolicTensor[] {
  const takesList = Array.isArray(x)
  const inputs: readonly SymbolicTensor[] = takesList ? x : [x as SymbolicTensor]
  requireSymbolic(label, inputs)
  checkContext(module, label, context)
  const shapes = inputs.map(({ shape }) => shape)
  const outputShapes = inLayer(label, () => {
    const after = module.outputShapes(shapes)
    module.buildFor(shapes)
    return after
  })
  const outputs: SymbolicTensor[] = []
  const call: LayerCall = { id: ++lastCall, module, inputs, takesList, context, outputs }
  for (const [index, shape] of outputShapes.entries()) outputs.push(new SymbolicTensor(call, index, shape))
  return module.givesList ? outputs : outputs[0]
}

function requireSymbolic(label: string, inputs: readonly unknown[]): void {
  if (inputs.length > 0 && inputs.every(item => item instanceof SymbolicTensor)) return
  const wrong = inputs.find(item => !(item instanceof SymbolicTensor))
  throw new ValueError({
    operation: `${label}.apply`,
    problem: `takes what input() and apply() give, got ${inputs.length === 0 ? 'an empty list' : (wrong?.constructor?.name ?? String(wrong))}.`,
    hint: 'a graph of layers begins with input({ shape }); forward() takes tensors.',
    received: wrong,
  })
}

function checkContext(module: Module<unknown>, label: string, context: SymbolicContext): void {
  const known = module.contextNames
  const stranger = known === null ? undefined : Object.keys(context).find(name => !known.includes(name))
  if (stranger !== undefined) {
    throw new ValueError({
      operation: `${label}.apply`,
      problem: `has no input "${stranger}".`,
      hint:
        known === null || known.length === 0 ? 'it takes its input alone.' : `there are ${known.join(', ')}.`,
      received: stranger,
    })
  }
  requireTensorsOnly(label, Object.values(context))
}

/** Everything at the ends of a context is a symbolic tensor. */
function requireTensorsOnly(label: string, values: readonly unknown[]): void {
  for (const value of values) {
    if (value instanceof SymbolicTensor) continue
    if (typeof value === 'object' && value !== null && isLiteral(value))
      requireTensorsOnly(label, Object.values(value))
    else requireSymbolic(label, [value])
  }
}

const isLiteral = (value: object): boolean =>
  Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
