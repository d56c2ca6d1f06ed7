import { userScope } from '../autodiff/mode.ts'
import { DTypeError } from '../errors.ts'
import { BUILT_IN, inLayer, Layer } from '../nn/layer.ts'
import type { ForwardContext, Module } from '../nn/module.ts'
import { isTensor } from '../ops/operand.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** What flows from layer to layer. */
export interface Flow {
  readonly value: Tensor
  /** bool or int32 [batch, time]: 0 where a step is padding. */
  readonly mask: Tensor | null
}

/** A model used as a layer: it hands masks on. */
export interface FlowModel {
  flow(inputs: readonly Flow[]): readonly Flow[]
}

/** Whether no user code runs in it: a subclass may do and keep what it likes. */
export const isBuiltIn = (module: object): boolean => Object.hasOwn(module.constructor, BUILT_IN)

const isFlowModel = (module: object): module is FlowModel => isBuiltIn(module) && 'flow' in module

/** Errors of layers and models have them in their path already. */
const namesItself = (module: object): boolean => module instanceof Layer || 'flow' in module

/**
 * Runs one layer of a model.
 *
 * @param takesList whether it is applied to a list of tensors
 * @param context what it is handed besides
 */
export function runLayer(
  module: Module<unknown>,
  name: string,
  inputs: readonly Flow[],
  takesList = false,
  context: ForwardContext = {},
): readonly Flow[] {
  const hasContext = Object.keys(context).length > 0
  if (isFlowModel(module) && !hasContext) return module.flow(inputs)
  const values = inputs.map(({ value }) => value)
  const masks = inputs.map(({ mask }) => mask)
  const compute = (): readonly Flow[] => {
    const x = takesList ? values : values[0]
    const outputs = listOf(name, module.forward(x as Tensor, { mask: masks[0], ...context }))
    const after = module instanceof Layer ? module.masksFor(values, masks) : masks.slice(0, 1)
    return outputs.map((value, i) => ({ value, mask: after[i] ?? null }))
  }
  if (isBuiltIn(module)) return compute()
  const handed = [...values, ...masks, ...(hasContext ? tensorsIn(context) : [])]
  const visit = (): readonly Flow[] =>
    userScope(
      handed.filter(tensor => tensor !== null),
      compute,
    )
  return namesItself(module) ? visit() : inLayer(`${module.className} "${name}"`, visit)
}

function listOf(name: string, output: unknown): readonly Tensor[] {
  const outputs: readonly unknown[] = Array.isArray(output) ? output : [output]
  const wrong = outputs.find(item => !isTensor(item))
  if (wrong === undefined) return outputs as readonly Tensor[]
  throw new DTypeError({
    operation: `layer "${name}"`,
    problem: `must return tensors, got ${wrong === null ? 'null' : typeof wrong}.`,
    hint: 'forward gives a tensor, or a list of them.',
  })
}

/** All tensors in a context, however deep. */
function tensorsIn(context: object): readonly Tensor[] {
  return Object.values(context).flatMap((value: unknown) => {
    if (isTensor(value)) return [value]
    return typeof value === 'object' && value !== null ? tensorsIn(value) : []
  })
}

/** `LSTM` → `lstm`, `MaxPooling2D` → `max_pooling2d`, `RMSNorm` → `rms_norm`, as in Keras. */
export const defaultName = (module: Module<unknown>): string => {
  return module.className
    .replaceAll(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
}

/** `base`, or `base_1`, `base_2`, … if that is taken. */
export function freeName(base: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(base)) return base
  let i = 1
  while (isTaken(`${base}_${i}`)) i++
  return `${base}_${i}`
}
