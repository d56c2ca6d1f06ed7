import { currentEngine } from '../engine/device.ts'
import { lifetime, withVisibility } from '../engine/lifetime.ts'
import { ShapeError, ValueError } from '../errors.ts'
import type { GraphNode } from '../tensor/node.ts'
import { formatShape, sameShape, sizeOf } from '../tensor/shape.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { AttentionBlocks } from './attention-blocks.ts'
import { type Attention, composedOutput, composedWeights } from './attention-composed.ts'
import { checkedMask } from './attention-mask.ts'
import { at, defineFused } from './define.ts'
import { fusedOrReplayed } from './fused-gradient.ts'
import { toFloat } from './operand.ts'
import { reshape } from './reshape.ts'

/** Weights up to this many numbers are kept for backward; beyond, they are computed again, block by block. */
const KEPT_WEIGHTS = 1 << 22

/**
 * Kernels of one operand write groups of four numbers. The weights of a head begin anywhere in those of all heads, so
 * behind the last ones there must be room.
 */
const GROUP_REST = 3

/** q, k, v packed as [batch, time, heads·size], and perhaps a mask, which has no gradient. */
const attentionOp = defineFused<Attention>('attention', {
  forward: ([q, k, v, mask], options, engine, training) => {
    const { heads, time, keys, valueSize } = options
    const out = emptyTensor([q.shape[0], time, heads * valueSize], 'float32')
    const total = sizeOf(options.lead) * time * keys
    const keeps = training && total <= KEPT_WEIGHTS
    const saved = keeps
      ? withVisibility('internal', lifetime.created, () => [engine.create('float32', total + GROUP_REST)])
      : []
    const [to, query, key, value] = [out, q, k, v].map(tensor => at(engine, tensor))
    const blocks = prepare(options, mask)
    const scratch = keeps ? 0 : blocks.allocateBlock()
    const width = heads * valueSize
    for (let head = 0; head < blocks.heads; head++) {
      const values = blocks.address(value, head, 0, keys, valueSize)
      for (const block of blocks.of(head)) {
        const weights = keeps ? blocks.savedAddress(engine.pointer(saved[0]), block) : scratch
        blocks.weights(weights, query, key, block)
        const target = blocks.address(to, head, block.from, time, valueSize)
        const { rows, keys: inner } = block
        engine.kernels.gemm(
          false,
          false,
          rows,
          valueSize,
          inner,
          weights,
          inner,
          values,
          width,
          target,
          width,
          false,
        )
      }
    }
    blocks.release()
    return { outputs: [out], saved }
  },
  gradient: fusedOrReplayed(
    'attention',
    ([q, k, v, mask = null], options) => [composedOutput(composedWeights(q, k, mask, options), v, options)],
    fusedGradients,
  ),
})

function prepare(options: Attention, mask: Tensor | undefined): AttentionBlocks {
  const engine = currentEngine()
  const blocks = new AttentionBlocks(engine, options)
  if (mask !== undefined) blocks.setMask(at(engine, mask), mask.shape, mask.size, mask.dtype !== 'float32')
  return blocks
}

/** With P the weights: dV = Pᵀ·G, dP = G·Vᵀ, dS = scale·P ⊙ (dP − Σ P⊙dP), dQ = dS·K, dK = dSᵀ·Q; head by head. */
function fusedGradients(
  node: GraphNode,
  options: Attention,
  [g]: readonly (Tensor | null)[],
): readonly (Tensor | null)[] {
  if (g === null) return []
  const { heads, time, keys, size, valueSize, scale } = options
  const [q, k, v, mask] = node.inputs
  const engine = currentEngine()
  engine.beginOperation('attention')
  const results = node.inputs.map((): Tensor | null => null)
  const result = (index: number): number => {
    if (!node.inputs[index].requiresGrad) return 0
    const tensor = emptyTensor(node.inputs[index].shape, 'float32')
    results[index] = tensor
    const pointer = at(engine, tensor)
    if (time === 0) engine.kernels.float.fill(pointer, tensor.size, 0)
    return pointer
  }
  const [dq, dk, dv] = [0, 1, 2].map(result)
  const [query, key, value, slope] = [q, k, v, g].map(tensor => at(engine, tensor))
  const kept = node.saved.length > 0 ? engine.pointer(node.saved[0]) : 0
  const blocks = prepare(options, kept === 0 ? mask : undefined)
  const [recomputed, dScores] = [kept === 0 ? blocks.allocateBlock() : 0, blocks.allocateBlock()]
  const { gemm, softmaxGrad, parametric } = engine.kernels
  const [width, valueWidth] = [heads * size, heads * valueSize]
  for (let head = 0; head < blocks.heads; head++) {
    for (const block of blocks.of(head)) {
      const { from, rows, keys: cols } = block
      // The last queries come first and meet all keys; the others add to what they leave.
      const accumulate = from + rows < time
      const p = kept === 0 ? recomputed : blocks.savedAddress(kept, block)
      if (kept === 0) blocks.weights(p, query, key, block)
      const gradient = blocks.address(slope, head, from, time, valueSize)
      const ofKeys = (base: number, width: number): number => blocks.address(base, head, 0, keys, width)
      const ofRows = (base: number): number => blocks.address(base, head, from, time, size)
      if (dv !== 0) {
        const to = ofKeys(dv, valueSize)
        gemm(true, false, cols, valueSize, rows, p, cols, gradient, valueWidth, to, valueWidth, accumulate)
      }
      if (dq === 0 && dk === 0) continue
      const values = ofKeys(value, valueSize)
      gemm(false, true, rows, cols, valueSize, gradient, valueWidth, values, valueWidth, dScores, cols, false)
      softmaxGrad(dScores, p, dScores, rows, cols)
      parametric.scale(dScores, dScores, rows * cols, scale, 0)
      if (dq !== 0) {
        const from = ofKeys(key, size)
        gemm(false, false, rows, size, cols, dScores, cols, from, width, ofRows(dq), width, false)
      }
      if (dk !== 0) {
        const to = ofKeys(dk, size)
        gemm(true, false, cols, size, rows, dScores, cols, ofRows(query), width, to, width, accumulate)
      }
    }
  }
  blocks.release()
  return results
}

export interface AttentionOptions {
  /**
   * Broadcasts to the scores [..., time, keys]. bool or int32: a query may attend where it is not 0, and a query that
   * may attend nowhere gives zeros. float32: added to the scores.
   */
  readonly mask?: Tensor | null
  /** A query sees only keys up to its own place; with more keys than queries, the queries are the last ones. */
  readonly causal?: boolean
  /** Factor of the products q·k. Default 1/√size. */
  readonly scale?: number
  /** Given, q, k and v are [batch, time, heads·size], with the heads side by side; the scores [batch, heads, …]. */
  readonly heads?: number
}

/**
 * Attention (Vaswani et al. 2017): softmax(scale·q·kᵀ + mask)·v. Only a block of the scores exists at a time.
 *
 *   q [..., time, size], k [..., keys, size], v [..., keys, valueSize] → [..., time, valueSize]
 *
 * @throws ShapeError when the sizes do not fit
 * @example scaledDotProductAttention(q, k, v, { causal: true })
 */
export function scaledDotProductAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions = {},
): Tensor {
  const name = 'scaledDotProductAttention'
  const { attention, mask, packed } = prepared(name, [q, k, v], options ?? {})
  const [query, key, value] = packed
  const output =
    mask?.requiresGrad === true
      ? composedOutput(composedWeights(query, key, mask, attention), value, attention)
      : attentionOp(mask === null ? packed : [...packed, mask], attention)[0]
  return options?.heads === undefined
    ? reshape(output, [...attention.lead, attention.time, attention.valueSize])
    : output
}

/**
 * The weights that attention gives to the values, softmax(scale·q·kᵀ + mask).
 *
 *   q [..., time, size], k [..., keys, size] → [..., time, keys]; with `heads`: [batch, heads, time, keys]
 */
export function attentionWeights(q: Tensor, k: Tensor, options: AttentionOptions = {}): Tensor {
  const { attention, mask, packed } = prepared('attentionWeights', [q, k, k], options ?? {})
  return composedWeights(packed[0], packed[1], mask, attention)
}

/** Checks the sizes, and packs everything as [batch, time, heads·size]. */
function prepared(name: string, given: readonly [Tensor, Tensor, Tensor], options: AttentionOptions) {
  const { heads: wanted, causal = false } = options
  const [q, k, v] = given.map(x => toFloat(name, x))
  const heads = wanted ?? 1
  const refuse = (problem: string): ShapeError =>
    new ShapeError({
      operation: name,
      problem: `${problem}, got q ${formatShape(q.shape)}, k ${formatShape(k.shape)}, v ${formatShape(v.shape)}.`,
      hint: 'q is [batch, time, size]; k and v are [batch, keys, size].',
      shapes: [q.shape, k.shape, v.shape],
    })
  if (!Number.isSafeInteger(heads) || heads < 1) {
    throw new ValueError({ operation: name, problem: `needs a whole number of heads ≥ 1, got ${heads}.` })
  }
  const rank = q.rank
  if (rank < 2 || k.rank !== rank || v.rank !== rank || (wanted !== undefined && rank !== 3))
    throw refuse(wanted === undefined ? 'needs [..., time, size]' : 'needs [batch, time, heads·size]')
  const [time, width] = q.shape.slice(-2)
  const [keys, valueWidth] = v.shape.slice(-2)
  const front = q.shape.slice(0, -2)
  if (!sameShape(front, k.shape.slice(0, -2)) || !sameShape(front, v.shape.slice(0, -2)))
    throw refuse('needs equal axes before the last two')
  if (k.shape[rank - 1] !== width) throw refuse('needs q and k of one size')
  if (k.shape[rank - 2] !== keys) throw refuse('needs as many keys as values')
  if (width % heads !== 0 || valueWidth % heads !== 0) throw refuse(`needs sizes that ${heads} heads divide`)
  const lead = wanted === undefined ? front : [...front, heads]
  const { scale = 1 / Math.sqrt(width / heads) } = options
  const attention: Attention = {
    heads,
    lead,
    time,
    keys,
    size: width / heads,
    valueSize: valueWidth / heads,
    scale,
    causal,
  }
  const mask = checkedMask(name, options.mask ?? null, [...lead, time, keys])
  const batch = sizeOf(front)
  const packed = [q, k, v].map(x => reshape(x, [batch, ...x.shape.slice(-2)]))
  return { attention, mask, packed }
}
