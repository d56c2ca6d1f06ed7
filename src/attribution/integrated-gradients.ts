import { type DataInput, toRows } from '../data/rows.ts'
import { ShapeError } from '../errors.ts'
import type { Module } from '../nn/module.ts'
import { refuseUnknown, requireCount } from '../nn/options.ts'
import { formatShape, sizeOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type Attribution, featuresOf, perInput, type TargetOptions } from './scores.ts'

export interface IntegratedGradientsOptions extends TargetOptions {
  /** Where the path begins, in the shape of x; for ids it is always the zero vector. Default zeros. */
  readonly baseline?: DataInput
  /** Points on the path at first. Default 16. */
  readonly steps?: number
  /** The points are doubled until the sum is right to this part of the output's change. Default 0.01. */
  readonly tolerance?: number
}

export interface IntegratedAttribution extends Attribution {
  /** The outputs at the baseline. */
  readonly baselineOutputs: Float32Array
  /** Σ attributions − (F(x) − F(baseline)) of each example: 0 in theory. */
  readonly errors: Float32Array
  /** Whether all errors are within the tolerance. */
  readonly isComplete: boolean
  /** Points on the path at last. */
  readonly steps: number
}

const MOST_STEPS = 1024
/** Changes of the output below this are not asked to be explained to a part of themselves. */
const SMALLEST_CHANGE = 1e-3

/**
 * Shares the change of an output between baseline and input among the parts of the input, without rest (Sundararajan,
 * Taly & Yan 2017):
 *
 *   aᵢ = (xᵢ − x′ᵢ) · ∫₀¹ ∂F/∂xᵢ(x′ + α(x − x′)) dα        Σᵢ aᵢ = F(x) − F(x′)
 *
 * The integral is taken by the midpoint rule, whose points are doubled until the sum comes out. For ids, x is the
 * vector that the model's Embedding gives, and x′ is zero.
 *
 * @throws ShapeError for a baseline of another shape, and for a model whose output is not [batch, outputs]
 * @example
 * const model = sequential(dense({ units: 1, inputSize: 3, activation: 'tanh' }))
 * integratedGradients(model, [[1, 2, 3]]).isComplete   // true
 */
export function integratedGradients(
  model: Module<Tensor>,
  x: DataInput,
  options: IntegratedGradientsOptions = {},
): IntegratedAttribution {
  refuseUnknown('integratedGradients', options, ['target', 'baseline', 'steps', 'tolerance'])
  const { steps: firstSteps = 16, tolerance = 0.01 } = options
  requireCount('integratedGradients', 'steps', firstSteps)
  const features = featuresOf('integratedGradients', model, x, options)
  const { values: end, inputShape: shape, targets } = features
  const start = baselineOf(options.baseline, features.shape)
  const outputs = features.scores(end).outputs
  const baselineOutputs = features.scores(start).outputs

  for (let steps = firstSteps; ; steps *= 2) {
    const sum = new Float64Array(end.length)
    for (let step = 0; step < steps; step++) {
      const part = (step + 0.5) / steps
      const { gradient } = features.scores(end.map((value, i) => start[i] + part * (value - start[i])))
      for (let i = 0; i < sum.length; i++) sum[i] += gradient[i]
    }
    const values = perInput(
      Float32Array.from(sum, (total, i) => ((end[i] - start[i]) * total) / steps),
      features,
    )
    const width = values.length / Math.max(1, targets.length)
    const errors = Float32Array.from(targets, (_, row) => {
      let total = 0
      for (let i = 0; i < width; i++) total += values[row * width + i]
      return total - (outputs[row] - baselineOutputs[row])
    })
    const isComplete = errors.every(
      (error, row) =>
        Math.abs(error) <=
        tolerance * Math.max(Math.abs(outputs[row] - baselineOutputs[row]), SMALLEST_CHANGE),
    )
    if (isComplete || 2 * steps > MOST_STEPS) {
      return { values, shape, outputs, targets, baselineOutputs, errors, isComplete, steps }
    }
  }
}

function baselineOf(baseline: DataInput | undefined, shape: readonly number[]): Float32Array {
  if (baseline === undefined) return new Float32Array(sizeOf(shape))
  const { values, count, shape: inner } = toRows('integratedGradients', 'baseline', baseline)
  if (formatShape([count, ...inner]) === formatShape(shape)) return Float32Array.from(values)
  throw new ShapeError({
    operation: 'integratedGradients',
    problem: `needs a baseline ${formatShape(shape)}, got ${formatShape([count, ...inner])}.`,
    hint: 'it has the shape of x; for ids leave it out.',
    shapes: [shape, [count, ...inner]],
  })
}
