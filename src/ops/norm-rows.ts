import { currentEngine } from '../engine/device.ts'
import { lifetime, withVisibility } from '../engine/lifetime.ts'
import { ShapeError } from '../errors.ts'
import { ones, zeros } from '../tensor/creation.ts'
import type { GraphNode } from '../tensor/node.ts'
import { formatShape, normalizeAxes, sameShape, type Shape, sizeOf } from '../tensor/shape.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { at, defineFused } from './define.ts'
import { fusedOrReplayed } from './fused-gradient.ts'
import { toFloat } from './operand.ts'
import { reshape } from './reshape.ts'

interface RowNorm {
  readonly cols: number
  readonly epsilon: number
  /** Whether the mean is subtracted (layer norm) or not (RMS norm). */
  readonly centred: boolean
}

/** x of any shape seen as [rows, cols], gamma [cols], beta [cols] */
const rowNormOp = defineFused<RowNorm>('rowNorm', {
  forward: ([x, gamma, beta], { cols, epsilon, centred }, engine, training) => {
    const rows = cols === 0 ? 0 : x.size / cols
    const out = emptyTensor(x.shape, 'float32')
    const count = centred ? 2 : 1
    const saved = training
      ? withVisibility('internal', lifetime.created, () =>
          Array.from({ length: count }, () => engine.create('float32', rows)),
        )
      : []
    const scratch = training ? [] : Array.from({ length: count }, () => engine.memory.allocate(8 * rows))
    const [rstd, mean = 0] = training ? saved.map(storage => engine.pointer(storage)) : scratch
    engine.kernels.rowNorm(
      at(engine, out),
      mean,
      rstd,
      at(engine, x),
      at(engine, gamma),
      at(engine, beta),
      rows,
      cols,
      epsilon,
    )
    for (const pointer of scratch) engine.memory.release(pointer)
    return { outputs: [out], saved }
  },
  gradient: fusedOrReplayed(
    'rowNorm',
    (inputs, attributes) => [composed(inputs, attributes)],
    fusedGradients,
  ),
})

/** The definition, out of ordinary operations. */
function composed([x, gamma, beta]: readonly Tensor[], { cols, epsilon, centred }: RowNorm): Tensor {
  const rows = reshape(x, [-1, cols])
  const along = { axis: -1, keepDims: true } as const
  const centre = centred ? rows.sub(rows.mean(along)) : rows
  const unit = centre.mul(centre.square().mean(along).add(epsilon).rsqrt())
  return reshape(unit.mul(gamma).add(beta), x.shape)
}

function fusedGradients(
  node: GraphNode,
  { cols }: RowNorm,
  [g]: readonly (Tensor | null)[],
): readonly (Tensor | null)[] {
  if (g === null) return []
  const [x, gamma] = node.inputs
  const engine = currentEngine()
  engine.beginOperation()
  const results = node.inputs.map(input => (input.requiresGrad ? emptyTensor(input.shape, 'float32') : null))
  const [dx, dGamma, dBeta] = results.map(result => (result === null ? 0 : at(engine, result)))
  const [rstd, mean = 0] = node.saved.map(storage => engine.pointer(storage))
  engine.kernels.rowNormGrad(
    dx,
    dGamma,
    dBeta,
    at(engine, x),
    mean,
    rstd,
    at(engine, gamma),
    at(engine, g),
    cols === 0 ? 0 : x.size / cols,
    cols,
  )
  return results
}

export interface RmsNormOptions {
  /** Scale, of the normalised axes' shape. */
  readonly gamma?: Tensor | null
  /** The axes that are normalised together: the last one by default, or several last ones. */
  readonly axis?: number | readonly number[]
  /** Added to the variance (or to the mean square). */
  readonly epsilon?: number
}

export interface LayerNormOptions extends RmsNormOptions {
  /** Shift, of the normalised axes' shape. */
  readonly beta?: Tensor | null
}

/**
 * Layer normalisation (Ba et al. 2016): y = γ ⊙ (x − mean)/√(variance + epsilon) + β, over the last axis or axes.
 *
 *   any shape → the same shape; epsilon is 1e-3 by default, as in Keras
 *
 * @throws ShapeError when the axes are not the last ones, or gamma and beta do not have their shape
 * @example layerNorm(x, { gamma, beta, epsilon: 1e-5 })
 */
export function layerNorm<S extends Shape>(x: Tensor<S>, options: LayerNormOptions = {}): Tensor<S> {
  const { gamma = null, beta = null, axis = -1, epsilon = 1e-3 } = options ?? {}
  return normalised('layerNorm', x, gamma, beta, axis, { epsilon, centred: true })
}

/**
 * Root-mean-square normalisation (Zhang & Sennrich 2019): y = γ ⊙ x/√(mean(x²) + epsilon), over the last axis or axes.
 *
 *   any shape → the same shape; epsilon is 1e-6 by default
 *
 * @throws ShapeError when the axes are not the last ones, or gamma does not have their shape
 * @example rmsNorm(x, { gamma })
 */
export function rmsNorm<S extends Shape>(x: Tensor<S>, options: RmsNormOptions = {}): Tensor<S> {
  const { gamma = null, axis = -1, epsilon = 1e-6 } = options ?? {}
  return normalised('rmsNorm', x, gamma, null, axis, { epsilon, centred: false })
}

function normalised(
  name: string,
  value: Tensor,
  gamma: Tensor | null,
  beta: Tensor | null,
  axis: number | readonly number[],
  options: Omit<RowNorm, 'cols'>,
): Tensor {
  const x = toFloat(name, value)
  const axes = normalizeAxes(name, axis, x.shape)
  const shape = x.shape.slice(x.rank - axes.length)
  if (axes.length === 0 || axes[0] !== x.rank - axes.length) {
    throw new ShapeError({
      operation: name,
      problem: `normalises the last axes, got [${axes.join(', ')}] of ${formatShape(x.shape)}.`,
      hint: 'permute the axes to the end and back.',
      shapes: [x.shape],
    })
  }
  const cols = sizeOf(shape)
  const vector = (what: string, given: Tensor | null, make: typeof ones): Tensor => {
    if (given === null) return make([cols])
    if (sameShape(given.shape, shape)) return reshape(given, [cols])
    throw new ShapeError({
      operation: name,
      problem: `needs ${what} ${formatShape(shape)} for the last axes of ${formatShape(x.shape)}, got ${formatShape(given.shape)}.`,
      hint: 'it has the axes that are normalised.',
      shapes: [given.shape, x.shape],
    })
  }
  const inputs = [x, vector('gamma', gamma, ones), vector('beta', beta, zeros)]
  return rowNormOp(inputs, { ...options, cols })[0]
}
