import { lifetime } from '../engine/lifetime.ts'
import { DTypeError, ShapeError, ValueError } from '../errors.ts'
import type { GradientRule } from '../tensor/node.ts'
import { formatShape, sameShape } from '../tensor/shape.ts'
import { Tensor } from '../tensor/tensor.ts'
import { noGrad, requireFunction, userScope } from './mode.ts'
import { needsRecording, record } from './record.ts'

export interface CustomGradientSpec<T extends readonly Tensor[]> {
  /** Computes the result; it is not recorded. */
  readonly forward: (...inputs: T) => Tensor
  /** dL/d(input) for each input (null: none), from g = dL/d(output), the inputs and the output. */
  readonly gradient: (g: Tensor, inputs: T, output: Tensor) => readonly (Tensor | null)[]
}

function requireTensor(operation: string, value: unknown): void {
  if (value instanceof Tensor) return
  throw new DTypeError({ operation, problem: `needs tensors, got ${typeof value}.` })
}

/** Refuses what no gradient can be, or flow through. */
function requireFloat(operation: string, value: unknown): void {
  if (value instanceof Tensor && value.dtype === 'float32') return
  throw new DTypeError({
    operation,
    problem: `must give a float32 tensor, got ${value instanceof Tensor ? value.dtype : typeof value}.`,
    hint: 'return null where an input has no gradient.',
  })
}

/**
 * A function with a gradient of your own: for a rule that is more stable or faster than the derived one.
 * A gradient written with operations can be differentiated again.
 *
 * @throws ShapeError when a gradient does not have its input's shape; DTypeError when it is not float32
 * @example
 * const clippedExp = customGradient('clippedExp', {
 *   forward: x => x.exp(),
 *   gradient: (g, [x], y) => [g.mul(clip(y, {max: 10}))],
 * })
 */
export function customGradient<T extends readonly Tensor[]>(
  name: string,
  spec: CustomGradientSpec<T>,
): (...inputs: T) => Tensor {
  requireFunction('customGradient forward', spec?.forward)
  requireFunction('customGradient gradient', spec.gradient)
  const rule: GradientRule = {
    name,
    readsValues: true,
    gradient: (node, [g]) => {
      if (g === null) return []
      const inputs = node.inputs as T
      const gradients = userScope([g, ...inputs, ...node.outputs], () =>
        spec.gradient(g, inputs, node.outputs[0]),
      )
      if (!Array.isArray(gradients) || gradients.length !== inputs.length) {
        const got = Array.isArray(gradients) ? `${gradients.length} gradients` : 'no array'
        throw new ValueError({
          operation: `gradient of ${name}`,
          problem: `returned ${got} for ${inputs.length} inputs.`,
          hint: 'return one per input, null where there is none.',
        })
      }
      return gradients.map((gradient, i) => {
        if (gradient === null) return null
        requireFloat(`gradient of ${name}`, gradient)
        if (!sameShape(gradient.shape, inputs[i].shape)) {
          throw new ShapeError({
            operation: `gradient of ${name}`,
            problem: `returned ${formatShape(gradient.shape)} for an input ${formatShape(inputs[i].shape)}.`,
            hint: 'the gradient of an input has its shape; sum over the axes along which it was broadcast.',
            shapes: [gradient.shape, inputs[i].shape],
          })
        }
        return () => gradient
      })
    },
  }
  return (...inputs) => {
    for (const input of inputs) requireTensor(name, input)
    const result = noGrad(() => userScope(inputs, () => spec.forward(...inputs)))
    requireTensor(`forward of ${name}`, result)
    if (!needsRecording(inputs)) return result
    requireFloat(`forward of ${name}`, result)
    // A tensor of its own, so that a forward that returns its input does not change that input's history.
    const output = new Tensor(result.storage, result.shape)
    if (lifetime.mode === 'user') output.storage.visible = true
    record(rule, inputs, [output], null, [])
    return output
  }
}
