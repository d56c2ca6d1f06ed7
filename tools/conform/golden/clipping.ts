import { tensor, zeros } from '../../../src/index.ts'
import { clipGradNorm, clipGradValue } from '../../../src/optim/clip.ts'
import type { Values } from '../decode.ts'
import type { Attributes } from './attributes.ts'
import type { GoldenCase, NamedValues } from './case.ts'
import { createTensor, readTensor } from './tensorloom.ts'

/** Clips the gradients g0, g1, … in place, each at a parameter of its own. */
export function runClip({ op, attributes, inputs }: GoldenCase): NamedValues {
  const parameters = [...inputs.values()].map(values => {
    const parameter = zeros(values.shape, { requiresGrad: true })
    parameter.gradient = createTensor(values)
    return parameter
  })
  const results = new Map<string, Values>()
  if (op === 'clip_grad_norm') {
    const options = { maxNorm: attributes.number('max_norm'), normType: normTypeOf(attributes) }
    const total = tensor(clipGradNorm(parameters, options))
    results.set('total_norm', readTensor(total))
  } else if (op === 'clip_grad_value') clipGradValue(parameters, { value: attributes.number('value') })
  else throw new Error(`the runner does not know the op "${op}"`)
  ;[...inputs.keys()].forEach((name, index) => {
    const { grad } = parameters[index]
    if (grad !== null) results.set(name, readTensor(grad))
  })
  return results
}

/** A number, or "inf". */
function normTypeOf(attributes: Attributes): number {
  return attributes.has('norm_type', 'inf') ? Number.POSITIVE_INFINITY : attributes.number('norm_type')
}
