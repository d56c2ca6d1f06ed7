import { noGrad } from '../autodiff/mode.ts'
import { lifetime, withVisibility } from '../engine/lifetime.ts'
import type { Storage } from '../engine/storage.ts'
import { NonFiniteError } from '../errors.ts'
import type { LossFunction } from '../losses/loss.ts'
import type { Metric } from '../metrics/metric.ts'
import { activate } from '../nn/activations.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Model } from './model.ts'

/** Runs one batch inside the library: what no user code has seen is freed at the end. */
function insideStep<T>(body: () => T): T {
  const created: Storage[] = []
  try {
    return withVisibility('internal', created, body)
  } finally {
    const outer = lifetime.created
    for (const storage of created) {
      if (storage.visible || storage.owned || storage.released) continue
      if (storage.engine !== null) storage.engine.release(storage)
      else if (outer !== null) outer.push(storage)
    }
  }
}

/** The loss of a batch, and the metrics of its predictions. */
function lossOf(model: Model, loss: LossFunction, metrics: readonly Metric[], x: Tensor, y: Tensor): Tensor {
  const { output, isLogits } = model.predictionFor(x, loss.fromLogitsFor)
  const value = isLogits ? loss(output, y, { fromLogits: true }) : loss(output, y)
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
  x: Tensor,
  y: Tensor,
): number {
  return insideStep(() => {
    const value = lossOf(model, loss, metrics, x, y)
    const number = value.item()
    if (!Number.isFinite(number)) {
      throw new NonFiniteError({
        operation: `fit of "${model.name}"`,
        problem: `got the loss ${number} from ${loss.name}; the parameters are those before this batch.`,
        hint: 'lower the learning rate, clip gradients (globalClipNorm), or look for NaN in the data.',
      })
    }
    value.backward()
    const chosen = optimizer()
    chosen.step()
    chosen.zeroGrad()
    return number
  })
}

/** The loss of a batch, without a step. */
export function testStep(
  model: Model,
  loss: LossFunction,
  metrics: readonly Metric[],
  x: Tensor,
  y: Tensor,
): number {
  return noGrad(() => insideStep(() => lossOf(model, loss, metrics, x, y).item()))
}

/** The output of a batch, as a tensor that stays. */
export function predictStep(model: Model, x: Tensor): Tensor {
  return noGrad(() => model.forward(x))
}
