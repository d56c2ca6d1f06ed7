import { noGrad, userScope } from '../autodiff/mode.ts'
import { lifetime, withVisibility } from '../engine/lifetime.ts'
import type { Storage } from '../engine/storage.ts'
import { NonFiniteError, ShapeError } from '../errors.ts'
import type { LossFunction } from '../losses/loss.ts'
import type { Metric } from '../metrics/metric.ts'
import { activate } from '../nn/activations.ts'
import { BUILT_IN } from '../nn/layer.ts'
import { requireTensor } from '../ops/operand.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import { formatShape } from '../tensor/shape.ts'
import { full } from '../tensor/creation.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { weightedLoss } from './example-weights.ts'
import type { Model, Prediction } from './model.ts'

/** Examples and targets of one step, made inside it so that they go with it. */
export interface Batch {
  readonly x: Tensor
  readonly y: Tensor
  /** How much each example counts, [batch]; absent where all count alike. */
  readonly weights?: Tensor | null
}

/**
 * Runs one batch inside the library: at its end what no user code has seen is freed, and what it has seen leaves the
 * engine's memory.
 */
export function insideStep<T>(body: () => T): T {
  const created: Storage[] = []
  try {
    return withVisibility('internal', created, body)
  } finally {
    const outer = lifetime.created
    for (const storage of created) {
      if (storage.owned || storage.released) continue
      if (storage.engine === null) {
        if (!storage.visible) outer?.push(storage)
      } else if (storage.visible) storage.engine.evict(storage)
      else storage.engine.release(storage)
    }
  }
}

/** Runs a model; if its code is the user's, what it is handed and what it makes stays readable. */
function visit<T>(model: Model, x: Tensor, run: () => T): T {
  return Object.hasOwn(model.constructor, BUILT_IN) ? run() : userScope([x], run)
}

function predictionOf(model: Model, loss: LossFunction, x: Tensor): Prediction {
  const prediction = visit(model, x, () => model.predictionFor(x, loss.fromLogitsFor))
  requireTensor(`the output of "${model.name}"`, prediction.output)
  return prediction
}

/** The loss of a batch, and the metrics of its predictions. */
function lossOf(
  model: Model,
  loss: LossFunction,
  metrics: readonly Metric[],
  { x, y, weights = null }: Batch,
): Tensor {
  const { output, isLogits } = predictionOf(model, loss, x)
  let value: Tensor
  if (weights !== null) value = weightedLoss(loss, output, y, weights, isLogits)
  else value = isLogits ? loss(output, y, { fromLogits: true }) : loss(output, y)
  if (value.size !== 1) {
    throw new ShapeError({
      operation: `loss '${loss.name}'`,
      problem: `must give one number for a batch, got the shape ${formatShape(value.shape)}.`,
      hint: 'take the mean over the batch: loss.mean().',
      shapes: [value.shape],
    })
  }
  if (metrics.length > 0) {
    noGrad(() => {
      const detached = output.detach()
      const prediction =
        isLogits && loss.fromLogitsFor !== null ? activate(loss.fromLogitsFor, detached) : detached
      for (const metric of metrics) metric.update(prediction, y)
    })
  }
  return value
}

/** The place of a batch in the optimizer's step, where several batches make one. */
export interface Accumulation {
  /** The batch's share of the step's examples; 1 for a batch that is a step of its own. */
  readonly share: number
  /** Whether the optimizer takes its step now. */
  readonly isLast: boolean
}

/**
 * One optimizer step on a batch, or the part of one: the gradients of the batches add up to those of one large batch.
 * @returns the loss before the step
 * @throws NonFiniteError when the loss is NaN or infinite; the parameters are then as they were
 */
export function trainStep(
  model: Model,
  loss: LossFunction,
  optimizer: () => Optimizer,
  metrics: readonly Metric[],
  { share, isLast }: Accumulation,
  batch: () => Batch,
): number {
  return insideStep(() => {
    const value = lossOf(model, loss, metrics, batch())
    const number = value.item()
    if (!Number.isFinite(number)) {
      throw new NonFiniteError({
        operation: `fit of "${model.name}"`,
        problem: `got the loss ${number} from ${loss.name}; the parameters are those before this batch.`,
        hint: 'lower the learning rate, clip gradients (globalClipNorm), or look for NaN in the data.',
      })
    }
    const chosen = optimizer()
    let isWaiting = false
    try {
      if (share === 1) value.backward()
      else {
        // A sum of gradients that user code has looked at is a new tensor: it must outlive this batch.
        const seed = full(value.shape, share)
        withVisibility('backward', null, () => value.backward(seed))
      }
      if (isLast) chosen.step()
      else isWaiting = true
    } finally {
      if (!isWaiting) chosen.zeroGrad()
    }
    return number
  })
}

/** The loss of a batch, without a step. */
export function testStep(
  model: Model,
  loss: LossFunction,
  metrics: readonly Metric[],
  batch: () => Batch,
): number {
  return noGrad(() => insideStep(() => lossOf(model, loss, metrics, batch()).item()))
}

/** Hands the output of a batch to `take`, which copies what it wants of it. */
export function predictStep(model: Model, batch: () => Tensor, take: (output: Tensor) => void): void {
  noGrad(() =>
    insideStep(() => {
      const x = batch()
      take(
        requireTensor(
          `the output of "${model.name}"`,
          visit(model, x, () => model.forward(x)),
        ),
      )
    }),
  )
}
