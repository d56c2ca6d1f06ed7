import { noGrad, userScope } from '../autodiff/mode.ts'
import { lifetime, withVisibility } from '../engine/lifetime.ts'
import type { Storage } from '../engine/storage.ts'
import { GradientError, NonFiniteError, ShapeError } from '../errors.ts'
import { activate } from '../nn/activations.ts'
import { BUILT_IN } from '../nn/layer.ts'
import { constrain, penaltyOf } from '../nn/rules.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import { formatShape } from '../tensor/shape.ts'
import { full } from '../tensor/creation.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { CompiledOutput } from './compiled.ts'
import { maskedLoss, weightedLoss } from './example-weights.ts'
import type { Measure } from './measures.ts'
import type { Model, ModelResult, Prediction } from './model.ts'
import { outputsOf } from './outputs.ts'
import { stepMaskOf, takesMask, validSteps } from './step-mask.ts'

type AnyModel = Model<ModelResult>

/** Examples and targets of one step, made inside it so that they go with it. */
export interface Batch {
  /** One tensor for each input. */
  readonly x: readonly Tensor[]
  /** One tensor for each output. */
  readonly y: readonly Tensor[]
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
function visit<T>(model: AnyModel, inputs: readonly Tensor[], run: () => T): T {
  return Object.hasOwn(model.constructor, BUILT_IN) ? run() : userScope(inputs, run)
}

/** The loss of one output of a batch. */
function outputLoss(
  { loss }: CompiledOutput,
  prediction: Prediction,
  target: Tensor,
  weights: Tensor | null,
): Tensor {
  const mask = takesMask(loss) ? stepMaskOf(prediction) : null
  const { output, isLogits } = prediction
  let value: Tensor
  if (mask !== null) value = maskedLoss(loss, prediction, target, mask, weights)
  else if (weights !== null) value = weightedLoss(loss, output, target, weights, isLogits)
  else value = isLogits ? loss(output, target, { fromLogits: true }) : loss(output, target)
  if (value.size === 1) return value
  throw new ShapeError({
    operation: `loss '${loss.name}'`,
    problem: `must give one number for a batch, got the shape ${formatShape(value.shape)}.`,
    hint: 'take the mean over the batch: loss.mean().',
    shapes: [value.shape],
  })
}

/** The loss of a batch, Σ weight·loss over the outputs and the penalties of regularizers; the measures see the predictions. */
export function lossOf(
  model: AnyModel,
  measures: readonly Measure[],
  { x, y, weights = null }: Batch,
): Tensor {
  const { outputs } = model.requireCompiled('fit')
  const activations = outputs.map(({ loss }) => loss.fromLogitsFor)
  const predictions = visit(model, x, () => model.predictionsFor(x, activations))
  const losses = outputs.map((output, i) => outputLoss(output, predictions[i], y[i], weights))
  if (measures.length > 0) {
    const observed = noGrad(() =>
      predictions.map((prediction, i) => {
        const detached = prediction.output.detach()
        const activation = prediction.isLogits ? activations[i] : null
        const activated = activation === null ? detached : activate(activation, detached)
        const mask = takesMask(outputs[i].loss) ? stepMaskOf(prediction) : null
        return {
          prediction: mask === null ? activated : validSteps(mask, activated),
          target: mask === null ? y[i] : validSteps(mask, y[i]),
          // Only outputs among several have a loss of their own to show.
          loss: outputs.length > 1 ? losses[i].item() : Number.NaN,
        }
      }),
    )
    for (const measure of measures) noGrad(() => measure.observe(observed))
  }
  const weighted = losses.map((loss, i) => (outputs[i].weight === 1 ? loss : loss.mul(outputs[i].weight)))
  const total = weighted.reduce((sum, loss) => sum.add(loss))
  const penalty = penaltyOf(model)
  return penalty === null ? total : total.add(penalty)
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
 * @param beforeStep called when the gradients are there
 * @returns the loss before the step
 * @throws NonFiniteError when the loss is NaN or infinite, GradientError when nothing is there to train; the parameters
 *   are then as they were
 */
export function trainStep(
  model: AnyModel,
  optimizer: () => Optimizer,
  measures: readonly Measure[],
  { share, isLast }: Accumulation,
  batch: () => Batch,
  beforeStep: () => void = () => {},
): number {
  return insideStep(() => {
    const value = lossOf(model, measures, batch())
    const number = value.item()
    if (!Number.isFinite(number)) {
      throw new NonFiniteError({
        operation: `fit of "${model.name}"`,
        problem: `got the loss ${number} from ${lossNames(model)}; the parameters are those before this batch.`,
        hint: 'lower the learning rate, clip gradients (globalClipNorm), or look for NaN in the data.',
      })
    }
    if (!value.requiresGrad) {
      throw new GradientError({
        operation: `fit of "${model.name}"`,
        problem: 'got a loss that depends on no parameter that is trained.',
        hint: model.parameters().some(parameter => parameter.requiresGrad)
          ? 'a forward or a loss of your own must not leave tensors: no detach(), data(), or noGrad().'
          : 'all are frozen: set trainable = true for a layer, or the model.',
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
      beforeStep()
      if (isLast) {
        chosen.step()
        constrain(model)
      } else isWaiting = true
    } finally {
      if (!isWaiting) chosen.zeroGrad()
    }
    return number
  })
}

const lossNames = (model: AnyModel): string =>
  model
    .requireCompiled('fit')
    .outputs.map(({ loss }) => loss.name)
    .join(' + ')

/** The loss of a batch, without a step. */
export function testStep(model: AnyModel, measures: readonly Measure[], batch: () => Batch): number {
  return noGrad(() => insideStep(() => lossOf(model, measures, batch()).item()))
}

/** Hands the outputs of a batch to `take`, which copies what it wants of them. */
export function predictStep(
  model: AnyModel,
  batch: () => readonly Tensor[],
  take: (outputs: readonly Tensor[]) => void,
): void {
  noGrad(() =>
    insideStep(() => {
      const inputs = batch()
      take(visit(model, inputs, () => outputsOf(model, inputs)))
    }),
  )
}
