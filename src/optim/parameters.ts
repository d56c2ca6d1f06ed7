import type { ColdArray } from '../engine/dtype.ts'
import { Storage } from '../engine/storage.ts'
import { DTypeError, ValueError } from '../errors.ts'
import { requireTensor } from '../ops/operand.ts'
import { type Shape, sizeOf } from '../tensor/shape.ts'
import { Tensor } from '../tensor/tensor.ts'

/** Parameters with names (a Map, or pairs), or without: then they are called `0`, `1`, …. */
export type ParameterSource = Iterable<Tensor> | Iterable<readonly [string, Tensor]>

/** Lists parameters by name. One that comes twice (tied weights) is kept once, so that it is updated once. */
export function listParameters(operation: string, source: ParameterSource): ReadonlyMap<string, Tensor> {
  const named = new Map<string, Tensor>()
  const seen = new Set<Tensor>()
  let index = 0
  for (const item of source) {
    const [name, parameter] = Array.isArray(item)
      ? (item as [string, Tensor])
      : [String(index), item as Tensor]
    index++
    requireTensor(operation, parameter)
    if (parameter.dtype !== 'float32') {
      throw new DTypeError({
        operation,
        problem: `updates float32 parameters, got ${parameter.dtype} for "${name}".`,
        dtypes: [parameter.dtype],
      })
    }
    if (parameter.node !== null) {
      throw new ValueError({
        operation,
        problem: `updates leaves, but "${name}" was computed by ${parameter.node.rule.name}.`,
        hint: 'pass the parameters themselves, not something computed from them.',
        argument: 'parameters',
      })
    }
    if (seen.has(parameter)) continue
    if (named.has(name)) {
      throw new ValueError({
        operation,
        problem: `got two parameters named "${name}".`,
        argument: 'parameters',
        received: name,
      })
    }
    seen.add(parameter)
    named.set(name, parameter)
  }
  return named
}

/** A tensor that stays in the engine's memory as long as it is reachable, and needs no gradient. */
export function ownedTensor(shape: Shape, values: ColdArray = new Float32Array(sizeOf(shape))): Tensor {
  const storage = new Storage('float32', sizeOf(shape))
  storage.cold = values
  storage.owned = true
  storage.visible = true
  return new Tensor(storage, shape)
}
