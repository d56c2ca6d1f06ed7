import { currentEngine } from '../engine/device.ts'
import { ShapeError } from '../errors.ts'
import { ones, zeros } from '../tensor/creation.ts'
import type { GraphNode } from '../tensor/node.ts'
import { formatShape, normalizeAxis, type Shape, sizeOf } from '../tensor/shape.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { at, defineFused } from './define.ts'
import { fusedOrReplayed } from './fused-gradient.ts'
import { toFloat } from './operand.ts'
import { permute } from './permute.ts'
import { reshape } from './reshape.ts'

/** x is seen as [outer, rows, cols]; statistics run over the rows and over cols/groups adjacent columns. */
interface GroupNorm {
  readonly outer: number
  readonly rows: number
  readonly cols: number
  readonly groups: number
  readonly epsilon: number
}

/** x, gamma [cols], beta [cols] → y, and the mean and variance [outer, groups], which nobody differentiates. */
const groupNormOp = defineFused<GroupNorm>('groupNorm', {
  forward: ([x, gamma, beta], { outer, rows, cols, groups, epsilon }, engine) => {
    const outputs = [x.shape, [outer, groups], [outer, groups]].map(shape => emptyTensor(shape, 'float32'))
    const [out, mean, variance] = outputs.map(output => at(engine, output))
    const [from, scale, shift] = [x, gamma, beta].map(input => at(engine, input))
    engine.kernels.groupNorm(out, mean, variance, from, scale, shift, outer, rows, cols, groups, epsilon)
    return { outputs, saved: [] }
  },
  gradient: fusedOrReplayed(
    'groupNorm',
    (inputs, attributes) => [composed(inputs, attributes)],
    fusedGradients,
  ),
})

/** The definition, out of ordinary operations. */
function composed([x, gamma, beta]: readonly Tensor[], attributes: GroupNorm): Tensor {
  const { outer, rows, cols, groups, epsilon } = attributes
  const grouped = reshape(x, [outer, rows, groups, cols / groups])
  const along = { axis: [1, 3], keepDims: true }
  const centre = grouped.sub(grouped.mean(along))
  const unit = centre.mul(centre.square().mean(along).add(epsilon).rsqrt())
  return reshape(reshape(unit, [outer, rows, cols]).mul(gamma).add(beta), x.shape)
}

function fusedGradients(
  node: GraphNode,
  attributes: GroupNorm,
  [g]: readonly (Tensor | null)[],
): readonly (Tensor | null)[] {
  if (g === null) return []
  const { outer, rows, cols, groups, epsilon } = attributes
  const [x, gamma] = node.inputs
  const engine = currentEngine()
  engine.beginOperation()
  const results = node.inputs.map(input => (input.requiresGrad ? emptyTensor(input.shape, 'float32') : null))
  const [dx, dGamma, dBeta] = results.map(result => (result === null ? 0 : at(engine, result)))
  engine.kernels.groupNormGrad(
    dx,
    dGamma,
    dBeta,
    at(engine, x),
    at(engine, node.outputs[1]),
    at(engine, node.outputs[2]),
    at(engine, gamma),
    at(engine, g),
    outer,
    rows,
    cols,
    groups,
    epsilon,
  )
  return results
}

export interface BatchNormOptions {
  /** Scale and shift per channel, [channels]. */
  readonly gamma?: Tensor | null
  readonly beta?: Tensor | null
  /** The axis of the channels. Default −1. */
  readonly axis?: number
  /** Added to the variance. Default 1e-3, as in Keras. */
  readonly epsilon?: number
}

export interface GroupNormOptions extends BatchNormOptions {
  /** Number of groups of adjacent channels; it divides the channels. */
  readonly groups: number
}

export interface BatchNormResult {
  readonly output: Tensor
  /** Of each channel over the batch, [channels]: plain numbers, without a graph. The variance divides by the count. */
  readonly mean: Tensor
  readonly variance: Tensor
}

/**
 * Batch normalisation by the statistics of x (Ioffe & Szegedy 2015): y = γ ⊙ (x − mean)/√(variance + epsilon) + β, over
 * all axes but that of the channels.
 *
 * @throws ShapeError when gamma or beta are not [channels]
 * @example const { output, mean, variance } = batchNorm(x, { gamma, beta })
 */
export function batchNorm(x: Tensor, options: BatchNormOptions = {}): BatchNormResult {
  const { output, mean, variance, groups } = normalised('batchNorm', x, options ?? {}, null)
  return {
    output,
    mean: reshape(mean.detach(), [groups]),
    variance: reshape(variance.detach(), [groups]),
  }
}

/**
 * Group normalisation (Wu & He 2018): like layer norm, over the positions and the channels of one group of one example.
 * With one group per channel it is instance normalisation.
 *
 *   [batch, ..., channels] → the same shape
 *
 * @throws ShapeError when the groups do not divide the channels
 * @example groupNorm(x, { groups: 8, gamma, beta })
 */
export function groupNorm<S extends Shape>(x: Tensor<S>, options: GroupNormOptions): Tensor<S> {
  return normalised('groupNorm', x, options ?? {}, options?.groups ?? Number.NaN).output
}

/** With the number of groups per example, or (null) over the whole batch with a group for each channel. */
function normalised(name: string, value: Tensor, options: BatchNormOptions, wanted: number | null) {
  const { gamma = null, beta = null, axis = -1, epsilon = 1e-3 } = options
  const input = toFloat(name, value)
  const channel = normalizeAxis(name, axis, input.shape)
  const cols = input.shape[channel]
  const groups = wanted ?? cols
  const divides = groups === cols || (Number.isSafeInteger(groups) && groups >= 1 && cols % groups === 0)
  if (input.rank < 2 || (wanted !== null && channel === 0) || !divides) {
    throw new ShapeError({
      operation: name,
      problem: divides
        ? `needs [batch, ..., channels], got ${formatShape(input.shape)}.`
        : `cannot divide ${cols} channels of ${formatShape(input.shape)} into ${groups} groups.`,
      hint: 'channels are the last axis unless axis says otherwise, and groups divide them.',
      shapes: [input.shape],
    })
  }
  // Channels last, and back again.
  const order = input.shape.map((_, i) => i)
  const forth = [...order.filter(i => i !== channel), channel]
  const x = permute(input, forth)
  const outer = wanted === null ? 1 : x.shape[0]
  const rows = sizeOf(x.shape.slice(wanted === null ? 0 : 1, -1))
  const [scale, shift] = [vector(name, 'gamma', gamma ?? ones([cols]), cols), beta ?? zeros([cols])]
  const attributes = { outer, rows, cols, groups, epsilon }
  const [y, mean, variance] = groupNormOp([x, scale, vector(name, 'beta', shift, cols)], attributes)
  return {
    output: permute(
      y,
      order.map(i => forth.indexOf(i)),
    ),
    mean,
    variance,
    groups,
  }
}

function vector(name: string, what: string, given: Tensor, channels: number): Tensor {
  if (given.rank === 1 && given.shape[0] === channels) return given
  throw new ShapeError({
    operation: name,
    problem: `needs ${what} [${channels}], got ${formatShape(given.shape)}.`,
    hint: 'one number per channel.',
    shapes: [given.shape],
  })
}
