import { withDevice } from '../engine/device.ts'
import type { DeviceName } from '../engine/engine.ts'
import { GradientError, ShapeError, ValueError } from '../errors.ts'
import { Generator } from '../tensor/random.ts'
import { formatShape, sameShape, type Shape, sizeOf, stridesOf } from '../tensor/shape.ts'
import { fromCold, Tensor } from '../tensor/tensor.ts'
import { calculus } from './calculus.ts'
import { valueAndGrad } from './grad.ts'
import { enableGrad, requireFunction } from './mode.ts'

export interface GradcheckOptions {
  /** Half the distance of the two points of a difference quotient. Default 1e-5. */
  readonly epsilon?: number
  /** Largest error allowed, relative to the larger of 1 and the gradient. Default 1e-6. */
  readonly tolerance?: number
  /** 2 checks the gradient of the gradient as well. Default 1. */
  readonly order?: 1 | 2
  /** Where to compute; a float32 device needs an epsilon and a tolerance near 1e-2. Default `reference64`. */
  readonly device?: DeviceName
}

/** The function to check, of tensors. */
type Checked = (...inputs: Tensor[]) => Tensor | readonly Tensor[]
/** A function whose result is a single number. */
type Scalar = (...inputs: Tensor[]) => Tensor

/**
 * Compares the gradients of a function with central differences, in double precision.
 *
 * Results of any shape (or several of them) are projected to a number with random weights. With `order: 2` the
 * gradient, projected likewise, is checked as a function of the inputs and of those weights.
 *
 * @param inputs tensors, or shapes that are filled with normally distributed numbers; int32 and bool tensors are
 *   constants
 * @returns the largest error found
 * @throws GradientError naming the input, the position and both numbers
 * @example gradcheck((a, b) => a.matmul(b).tanh(), [[2, 3], [3, 4]], {order: 2})
 */
export function gradcheck(
  f: Checked,
  inputs: readonly (Tensor | Shape)[],
  options: GradcheckOptions = {},
): number {
  requireFunction('gradcheck', f)
  if (!Array.isArray(inputs)) {
    throw new ValueError({
      operation: 'gradcheck',
      problem: `takes an array of tensors and shapes, got ${inputs === null ? 'null' : typeof inputs}.`,
      hint: 'gradcheck(f, [[2, 3], x])',
    })
  }
  const { epsilon = 1e-5, tolerance = 1e-6, order = 1, device = 'reference64' } = options ?? {}
  const generator = new Generator(0)
  return withDevice(device, () =>
    enableGrad(() => {
      const points = inputs.map((input, i) => leafOf(input, generator.split(i)))
      const results = listOf(f(...points))
      const weights = results.map((result, i) => leafOf(result.shape, generator.split(`weights ${i}`)))
      const loss: Scalar = (...all) => project(listOf(f(...all.slice(0, points.length))), weights)
      const first = compare('gradient', loss, points, { epsilon, tolerance })
      if (order === 1) return first

      const directions = points.map((x, i) => leafOf(x.shape, generator.split(`directions ${i}`)))
      const slope: Scalar = (...all) => {
        const [xs, ws] = [all.slice(0, points.length), all.slice(points.length)]
        const projected: Scalar = (...ys) => project(listOf(f(...ys)), ws)
        const { gradients } = valueAndGrad(projected, { createGraph: true })(...xs)
        const isFloat = (_: unknown, i: number): boolean => xs[i].dtype === 'float32'
        return project(gradients.filter(isFloat), directions.filter(isFloat))
      }
      return Math.max(
        first,
        compare('second gradient', slope, [...points, ...weights], { epsilon, tolerance }),
      )
    }),
  )
}

const listOf = (result: Tensor | readonly Tensor[]): readonly Tensor[] =>
  result instanceof Tensor ? [result] : result

const isShape = (input: Tensor | Shape): input is Shape => Array.isArray(input)

/** A leaf that holds float64 numbers; whole numbers and booleans stay as they are. */
function leafOf(input: Tensor | Shape, generator: Generator): Tensor {
  if (!isShape(input)) {
    if (input.dtype !== 'float32') return input
    return leafWith(Float64Array.from(input.values()), input.shape)
  }
  return leafWith(Float64Array.from(generator.normal(sizeOf(input))), input)
}

function leafWith(values: Float64Array, shape: Shape): Tensor {
  const leaf = fromCold(values, shape, 'float32')
  leaf.requiresGrad = true
  return leaf
}

/** Σ over k of Σ resultₖ ⊙ weightₖ */
function project(results: readonly Tensor[], weights: readonly Tensor[]): Tensor {
  const terms = results.map((result, i) => {
    if (!sameShape(result.shape, weights[i].shape)) {
      throw new ShapeError({
        operation: 'gradcheck',
        problem: `needs a function whose result keeps its shape, got ${formatShape(weights[i].shape)}, then ${formatShape(result.shape)}.`,
        hint: 'the shape must not depend on the numbers.',
        shapes: [weights[i].shape, result.shape],
      })
    }
    return result.mul(weights[i]).sum()
  })
  return terms.reduce((sum, term) => calculus.add(sum, term))
}

/** The largest error of the gradient of `f` at `points`. */
function compare(
  what: string,
  f: Scalar,
  points: readonly Tensor[],
  { epsilon, tolerance }: { epsilon: number; tolerance: number },
): number {
  const { gradients } = valueAndGrad(f)(...points)
  let worst = 0
  points.forEach((point, i) => {
    if (point.dtype !== 'float32') return
    const gradient = gradients[i].values()
    const centre = Float64Array.from(point.values())
    const valueAt = (position: number, shift: number): number => {
      const moved = centre.slice()
      moved[position] += shift
      return f(...points.map((other, j) => (j === i ? leafWith(moved, point.shape) : other))).item()
    }
    for (let position = 0; position < centre.length; position++) {
      const quotient = (valueAt(position, epsilon) - valueAt(position, -epsilon)) / (2 * epsilon)
      const got = gradient[position]
      const error = Math.abs(got - quotient) / Math.max(1, Math.abs(got), Math.abs(quotient))
      if (!(error <= tolerance)) {
        throw new GradientError({
          operation: 'gradcheck',
          problem: `found a wrong ${what} by input ${i} ${formatShape(point.shape)} at [${indexOf(position, point.shape).join(', ')}]: it is ${got}, differences give ${quotient} (error ${error.toExponential(1)} > ${tolerance}).`,
          hint: 'at a kink (relu at 0) the two differ rightly: choose other inputs.',
        })
      }
      worst = Math.max(worst, error)
    }
  })
  return worst
}

/** A position in the flat array as one index per axis. */
const indexOf = (position: number, shape: Shape): number[] =>
  stridesOf(shape).map((stride, axis) => Math.floor(position / stride) % shape[axis])
