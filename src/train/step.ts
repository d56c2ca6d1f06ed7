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
import type { Tensor } from '../tensor/tensor.ts'
import type { Model, Prediction } from './model.ts'

/** Examples and targets of one step, made inside it so that they go with it. */
export interface Batch {
  readonly x: Tensor
  readonly y: Tensor
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
function lossOf(model: Model, loss: LossFunction, metrics: readonly Metric[], { x, y }: Batch): Tensor {
  const { output, isLogits } = predictionOf(model, loss, x)
  const value = isLogits ? loss(output, y, { fromLogits: true }) : loss(output, y)
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

/**
 * One optimizer step on a batch.
 * @returns the loss before the step
 * @throws NonFiniteError when the loss is NaN or infinite; the parameters are then as they were
 */
export function trainStep(
  model: Model,
  loss: LossFunction,
  optimizer: () => Optimizer,
  metrics: readonly Metric[],
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
    try {
      value.backward()
      chosen.step()
    } finally {
      chosen.zeroGrad()
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
