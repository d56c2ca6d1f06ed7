import { customGradient } from '../autodiff/custom.ts'
import { gradMode } from '../autodiff/mode.ts'
import type { ColdArray } from '../engine/dtype.ts'
import { GradientError, ShapeError, ValueError } from '../errors.ts'
import { refuseUnknown } from '../nn/options.ts'
import { requireTensor } from '../ops/operand.ts'
import { formatShape } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import type { Reduction } from './loss.ts'

export interface CtcOptions {
  /** Steps of each example that count. Default: all. */
  readonly inputLengths?: ArrayLike<number>
  /** Labels of each example. Default: those before the first blank. */
  readonly labelLengths?: ArrayLike<number>
  /** The class that stands for "nothing new". Default 0. */
  readonly blank?: number
  /** `mean` divides each example's loss by the number of its labels first, as PyTorch does. Default `mean`. */
  readonly reduction?: Reduction
  /** Labels that do not fit into the steps cost 0 instead of infinity. Default false. */
  readonly zeroInfinity?: boolean
}

interface Example {
  readonly steps: number
  /** Blanks between, before and behind the labels: 2·labels + 1 of them. */
  readonly path: readonly number[]
}

/**
 * Connectionist temporal classification (Graves et al. 2006): the negative logarithm of the probability that the steps,
 * with repetitions merged and blanks left out, read as the labels.
 *
 *   logits [batch, time, classes], labels int32 [batch, most labels] → a number, or [batch] with `reduction: 'none'`
 *
 * Sums over all alignments run forwards and backwards in double precision; there is no second derivative.
 *
 * @throws ShapeError when the shapes do not fit; ValueError for labels and lengths out of range; GradientError for a second
 *   derivative
 * @example ctcLoss(zeros([1, 3, 4]), tensor([[1, 2]], { dtype: 'int32' })).item()   // 1.2747
 */
export function ctcLoss(logits: Tensor, labels: Tensor, options: CtcOptions = {}): Tensor {
  refuseUnknown('ctcLoss', options, ['inputLengths', 'labelLengths', 'blank', 'reduction', 'zeroInfinity'])
  const { reduction = 'mean', zeroInfinity = false } = options
  const examples = readExamples(logits, labels, options)
  const [batch, time, classes] = logits.shape
  const blank = options.blank ?? 0

  /** The loss of each example, and its gradient by the logits. */
  const run = (x: Tensor): { losses: ColdArray; gradient: ColdArray } => {
    const values = x.values()
    // Double precision stays double: gradcheck asks for it.
    const make = (n: number) => (values instanceof Float64Array ? new Float64Array(n) : new Float32Array(n))
    const losses = make(batch)
    const gradient = make(values.length)
    for (const [row, example] of examples.entries()) {
      const start = row * time * classes
      const part = gradient.subarray(start, start + time * classes)
      const loss = align(values.subarray(start, start + time * classes), classes, example, part)
      losses[row] = loss === Number.POSITIVE_INFINITY && zeroInfinity ? 0 : loss
      if (loss === Number.POSITIVE_INFINITY) part.fill(zeroInfinity ? 0 : Number.NaN)
    }
    return { losses, gradient }
  }
  const losses = customGradient<[Tensor]>('ctcLoss', {
    forward: x => fromCold(run(x).losses, [batch], 'float32'),
    gradient: (g, [x]) => {
      if (gradMode.enabled) {
        throw new GradientError({
          operation: 'ctcLoss',
          problem: 'has no second derivative.',
          hint: 'leave createGraph out.',
        })
      }
      return [fromCold(run(x).gradient, x.shape, 'float32').mul(g.reshape([batch, 1, 1]))]
    },
  })(logits)
  if (reduction === 'none') return losses
  if (reduction === 'sum') return losses.sum()
  if (reduction !== 'mean') {
    throw new ValueError({
      operation: 'ctcLoss',
      problem: `knows the reductions mean, sum and none, got ${String(reduction)}.`,
      argument: 'reduction',
      received: reduction,
    })
  }
  const weights = examples.map(
    ({ path }) => 1 / (batch * Math.max(1, path.filter(label => label !== blank).length)),
  )
  return losses.mul(fromCold(Float32Array.from(weights), [batch], 'float32')).sum()
}

function readExamples(logits: Tensor, labels: Tensor, options: CtcOptions): Example[] {
  requireTensor('ctcLoss', logits)
  requireTensor('ctcLoss', labels)
  const { blank = 0 } = options
  if (logits.rank !== 3 || labels.rank !== 2 || labels.shape[0] !== logits.shape[0]) {
    throw new ShapeError({
      operation: 'ctcLoss',
      problem: `needs logits [batch, time, classes] and labels [batch, most labels], got ${formatShape(logits.shape)} and ${formatShape(labels.shape)}.`,
      hint: 'pad the labels with the blank.',
      shapes: [logits.shape, labels.shape],
    })
  }
  const [batch, time, classes] = logits.shape
  const most = labels.shape[1]
  const inRange = (what: string, value: number, from: number, to: number): number => {
    if (Number.isInteger(value) && value >= from && value <= to) return value
    throw new ValueError({
      operation: 'ctcLoss',
      problem: `needs ${what} from ${from} to ${to}, got ${value}.`,
      received: value,
    })
  }
  inRange('a blank', blank, 0, classes - 1)
  const all = labels.values()
  return Array.from({ length: batch }, (_, row) => {
    const own = Array.from(all.subarray(row * most, (row + 1) * most))
    const end = own.indexOf(blank)
    const count = options.labelLengths?.[row] ?? (end < 0 ? most : end)
    const used = own.slice(0, inRange('labelLengths', count, 0, most))
    for (const label of used) {
      inRange('labels', label, 0, classes - 1)
      if (label === blank)
        throw new ValueError({ operation: 'ctcLoss', problem: `got the blank ${blank} as a label.` })
    }
    return {
      steps: inRange('inputLengths', options.inputLengths?.[row] ?? time, 0, time),
      path: [blank, ...used.flatMap(label => [label, blank])],
    }
  })
}

/** log(eᵃ + eᵇ) */
function logAdd(a: number, b: number): number {
  const high = Math.max(a, b)
  return high === Number.NEGATIVE_INFINITY ? high : high + Math.log1p(Math.exp(Math.min(a, b) - high))
}

/**
 * −log p of one example; fills in its gradient by the logits, softmax − (expected use of each class).
 *
 * αₜ(s): all ways to have read path[0 … s] after step t; βₜ(s): all ways to read the rest after it.
 */
function align(
  logits: ArrayLike<number>,
  classes: number,
  { steps, path }: Example,
  gradient: Float32Array | Float64Array,
): number {
  const size = path.length
  if (steps === 0) return size === 1 ? 0 : Number.POSITIVE_INFINITY
  const logProbabilities = logSoftmaxRows(logits, steps, classes)
  const at = (t: number, s: number): number => logProbabilities[t * classes + path[s]]
  /** A label may follow the one before it without a blank, unless they are the same. */
  const mayJump = (s: number): boolean => s >= 2 && path[s] !== path[s - 2] && s % 2 === 1
  const alpha = new Float64Array(steps * size).fill(Number.NEGATIVE_INFINITY)
  alpha[0] = at(0, 0)
  if (size > 1) alpha[1] = at(0, 1)
  for (let t = 1; t < steps; t++) {
    const before = (t - 1) * size
    for (let s = 0; s < size; s++) {
      let sum = alpha[before + s]
      if (s >= 1) sum = logAdd(sum, alpha[before + s - 1])
      if (mayJump(s)) sum = logAdd(sum, alpha[before + s - 2])
      alpha[t * size + s] = sum + at(t, s)
    }
  }
  const last = (steps - 1) * size
  const logTotal = logAdd(
    alpha[last + size - 1],
    size > 1 ? alpha[last + size - 2] : Number.NEGATIVE_INFINITY,
  )
  if (logTotal === Number.NEGATIVE_INFINITY) return Number.POSITIVE_INFINITY

  let beta = new Float64Array(size).fill(Number.NEGATIVE_INFINITY)
  beta[size - 1] = 0
  if (size > 1) beta[size - 2] = 0
  for (let t = steps - 1; t >= 0; t--) {
    for (let k = 0; k < classes; k++) gradient[t * classes + k] = Math.exp(logProbabilities[t * classes + k])
    const used = new Float64Array(classes)
    for (let s = 0; s < size; s++) used[path[s]] += Math.exp(alpha[t * size + s] + beta[s] - logTotal)
    for (let k = 0; k < classes; k++) gradient[t * classes + k] -= used[k]
    if (t === 0) break
    const earlier = new Float64Array(size).fill(Number.NEGATIVE_INFINITY)
    for (let s = 0; s < size; s++) {
      const here = beta[s] + at(t, s)
      earlier[s] = logAdd(earlier[s], here)
      if (s >= 1) earlier[s - 1] = logAdd(earlier[s - 1], here)
      if (mayJump(s)) earlier[s - 2] = logAdd(earlier[s - 2], here)
    }
    beta = earlier
  }
  return -logTotal
}

function logSoftmaxRows(logits: ArrayLike<number>, rows: number, width: number): Float64Array {
  const result = new Float64Array(rows * width)
  for (let row = 0; row < rows; row++) {
    let high = Number.NEGATIVE_INFINITY
    for (let k = 0; k < width; k++) high = Math.max(high, logits[row * width + k])
    let sum = 0
    for (let k = 0; k < width; k++) sum += Math.exp(logits[row * width + k] - high)
    const logSum = high + Math.log(sum)
    for (let k = 0; k < width; k++) result[row * width + k] = logits[row * width + k] - logSum
  }
  return result
}
