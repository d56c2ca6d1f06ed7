import { detectAnomaly } from '../autodiff/anomaly.ts'
import { traced } from '../autodiff/trace.ts'
import { BuildError, NonFiniteError, TensorloomError } from '../errors.ts'
import { observeLayers } from '../nn/path.ts'
import { assign } from '../ops/detach.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import type { GraphNode } from '../tensor/node.ts'
import { defaultGenerator } from '../tensor/random.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import type { Measure } from './measures.ts'
import type { Model, ModelResult } from './model.ts'
import { type Accumulation, type Batch, insideStep, lossOf, trainStep } from './step.ts'

type AnyModel = Model<ModelResult>

/**
 * A `trainStep` that stops before NaN or an infinity reaches the parameters, and says where it came from: the step is
 * run again, with the same random numbers, and every result and gradient is looked at. Buffers that a forward pass
 * changes (moving statistics) are then as before the batch, too.
 *
 * @throws NonFiniteError naming the first operation that gave one, its layer, what it was given, and the user's line
 */
export function investigatedStep(
  model: AnyModel,
  optimizer: () => Optimizer,
  measures: readonly Measure[],
  place: Accumulation,
  batch: () => Batch,
): number {
  const random = defaultGenerator().state()
  const buffers = buffersOf(model)
  try {
    return trainStep(model, optimizer, measures, place, batch, () => requireFiniteGradients(model))
  } catch (error) {
    if (!(error instanceof NonFiniteError)) throw error
    restore(model, buffers)
    requireFiniteState(model, [...model.namedParameters(), ...buffers])
    defaultGenerator().restore(random)
    try {
      runChecked(model, batch)
    } finally {
      restore(model, buffers)
    }
    // Every operation gave finite numbers this time: the first error is all there is.
    throw error
  }
}

function requireFiniteGradients(model: AnyModel): void {
  for (const [name, { gradient }] of model.namedParameters()) {
    if (gradient === null || gradient.values().every(Number.isFinite)) continue
    throw new NonFiniteError({
      operation: `fit of "${model.name}"`,
      problem: `got a gradient of "${name}" that is not finite; the parameters are those before this batch.`,
    })
  }
}

/** Copies of the buffers; none of a model that has not met a batch yet. */
function buffersOf(model: AnyModel): ReadonlyMap<string, Tensor> {
  try {
    return new Map(
      [...model.namedBuffers()].map(([name, buffer]) => [
        name,
        fromCold(buffer.values(), buffer.shape, buffer.dtype),
      ]),
    )
  } catch (error) {
    if (!(error instanceof BuildError)) throw error
    return new Map()
  }
}

function restore(model: AnyModel, buffers: ReadonlyMap<string, Tensor>): void {
  for (const [name, buffer] of model.namedBuffers()) {
    const saved = buffers.get(name)
    if (saved !== undefined) assign(buffer, saved)
  }
}

function requireFiniteState(model: AnyModel, state: readonly (readonly [string, Tensor])[]): void {
  for (const [name, tensor] of state) {
    const values = tensor.values()
    const position = values.findIndex(value => !Number.isFinite(value))
    if (position < 0) continue
    throw new NonFiniteError({
      operation: `fit of "${model.name}"`,
      problem: `began a batch with ${values[position]} in "${name}" (at ${position} of ${values.length}).`,
      hint: 'it was there before this fit: initialise or load the weights again.',
    })
  }
}

/** One forward and backward pass under `detectAnomaly`; errors carry the layers, those of backward as well. */
function runChecked(model: AnyModel, batch: () => Batch): void {
  const path: string[] = []
  const paths = new WeakMap<GraphNode, readonly string[]>()
  const watching = {
    recorded: (node: GraphNode): void => {
      paths.set(node, [...path])
    },
    visited: (node: GraphNode, body: () => void): void => {
      try {
        body()
      } catch (error) {
        if (error instanceof TensorloomError) {
          for (const label of [...(paths.get(node) ?? [])].reverse()) error.enterLayer(label)
        }
        throw error
      }
    },
  }
  const run = (): void => {
    insideStep(() => {
      const loss = observeLayers(
        ({ label }, body) => {
          path.push(label)
          try {
            return body()
          } finally {
            path.pop()
          }
        },
        () => lossOf(model, [], batch()),
      )
      loss.backward()
    })
  }
  try {
    detectAnomaly(() => traced(watching, run))
  } finally {
    model.zeroGrad()
  }
}
