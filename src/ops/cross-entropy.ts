import { ShapeError } from '../errors.ts'
import { formatShape, sameShape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { at, defineOp } from './define.ts'
import { mapLeading } from './map-rules.ts'
import { toFloat } from './operand.ts'

const sigmoidCrossEntropyOp = defineOp<null>('sigmoidCrossEntropy', {
  shape: ([z]) => z.shape,
  forward: ([z, y], out, _, engine) =>
    engine.kernels.sigmoidCrossEntropy(at(engine, out), at(engine, z), at(engine, y), z.size),
  gradient: ([z, y], g) => [() => g.mul(z.sigmoid().sub(y)), () => g.mul(z).neg()],
  map: mapLeading,
})

/**
 * Binary cross-entropy of targets y with logits z, elementwise: max(z, 0) − z·y + ln(1 + e^(−|z|)).
 * Safe for any z, where ln σ(z) would be −∞.
 *
 * @throws ShapeError when the shapes differ
 * @example sigmoidCrossEntropy(tensor([0, 2]), tensor([1, 1]))   // [0.6931, 0.1269]
 */
export function sigmoidCrossEntropy(logits: Tensor, targets: Tensor): Tensor {
  const z = toFloat('sigmoidCrossEntropy', logits)
  const y = toFloat('sigmoidCrossEntropy', targets)
  if (!sameShape(z.shape, y.shape)) {
    throw new ShapeError({
      operation: 'sigmoidCrossEntropy',
      problem: `needs one target per logit, got targets ${formatShape(y.shape)} for logits ${formatShape(z.shape)}.`,
      hint: 'reshape one of them; targets do not broadcast.',
      shapes: [y.shape, z.shape],
    })
  }
  return sigmoidCrossEntropyOp([z, y], null)
}

const sparseCrossEntropyOp = defineOp<null>('sparseCrossEntropy', {
  shape: ([x]) => [x.shape[0]],
  forward: ([x, labels], out, _, engine) =>
    engine.kernels.sparseCrossEntropy(
      at(engine, out),
      at(engine, x),
      at(engine, labels),
      x.shape[0],
      x.shape[1],
    ),
  gradient: ([x, labels], g) => [() => sparseCrossEntropyGradOp([x, labels, g], null), null],
})

/** g[r]·(softmax(x[r]) − onehot(label[r])) */
const sparseCrossEntropyGradOp = defineOp<null>('sparseCrossEntropyGrad', {
  shape: ([x]) => x.shape,
  forward: ([x, labels, g], out, _, engine) =>
    engine.kernels.sparseCrossEntropyGrad(
      at(engine, out),
      at(engine, x),
      at(engine, labels),
      at(engine, g),
      x.shape[0],
      x.shape[1],
    ),
  gradient: ([x, labels, g], h) => {
    const [rows, columns] = x.shape
    const counts = labels.greaterEqual(0).cast('float32').reshape([rows, 1])
    return [
      // h·g flows through softmax; ignored rows have no gradient.
      () => {
        const p = x.softmax()
        const v = h.mul(g.reshape([rows, 1])).mul(counts)
        return p.mul(v.sub(v.mul(p).sum({ axis: 1, keepDims: true })))
      },
      null,
      () => {
        const target = labels.clip({ min: 0 }).cast('int32').oneHot(columns)
        return h.mul(x.softmax().sub(target)).mul(counts).sum({ axis: 1 })
      },
    ]
  },
})

/**
 * Cross-entropy of class numbers with logits, one value per row: ln Σ eˣ − x[label]. A label < 0 gives 0.
 * The labels are checked by the loss, which knows its ignore index.
 *
 *   x [rows, classes], labels int32 [rows] → [rows]
 */
export const sparseCrossEntropy = (x: Tensor, labels: Tensor): Tensor =>
  sparseCrossEntropyOp([x, labels], null)
