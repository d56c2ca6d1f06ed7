import { traced } from '../autodiff/trace.ts'
import { batchOf, type ModelData } from '../data/rows.ts'
import { ValueError } from '../errors.ts'
import { refuseUnknown, requireCount } from '../nn/options.ts'
import { observeLayers } from '../nn/path.ts'
import type { GraphNode } from '../tensor/node.ts'
import { toExamples } from '../train/examples.ts'
import type { Model, ModelResult } from '../train/model.ts'
import { insideStep, lossOf, predictStep } from '../train/step.ts'
import { alignedTable, percent, shortNumber } from './table.ts'

export interface ProfileOptions {
  /** Passes that are timed, after one that is not; the middle one counts. Default 5. */
  readonly rounds?: number
}

/** What one layer costs in a training step, without the layers inside it. */
export interface ProfileRow {
  /** The layers around it and its own label, joined by ` → `; `(loss)` for what lies outside of layers. */
  readonly path: string
  /** Milliseconds. */
  readonly forward: number
  readonly backward: number
  /** Bytes that forward leaves for backward: results of operations, and what they save. */
  readonly bytes: number
}

/** Rows in the order in which the layers ran first; prints as a table. */
export class Profile {
  constructor(readonly rows: readonly ProfileRow[]) {}

  toString(): string {
    const total = this.rows.reduce((sum, { forward, backward }) => sum + forward + backward, 0)
    return alignedTable(
      ['Layer', 'Forward ms', 'Backward ms', 'Share', 'Kept KiB'],
      this.rows.map(({ path, forward, backward, bytes }) => [
        path,
        shortNumber(forward),
        shortNumber(backward),
        percent((forward + backward) / total),
        shortNumber(bytes / 1024),
      ]),
    )
  }
}

interface Cost {
  forward: number
  backward: number
  bytes: number
}

/** What lies outside of layers. */
const OUTSIDE = '(loss)'

/**
 * What each layer of a compiled model costs in a forward and backward pass over a batch, in time and in memory. The model
 * runs in training mode, and nothing is trained.
 *
 * @throws BuildError for a model that was not compiled; ValueError, ShapeError for data that are missing or do not fit
 * @example
 * const model = sequential(dense({ units: 8, activation: 'relu' }), dense({ units: 1 }))
 * model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
 * console.log(String(profile(model, { x: [[1, 2], [3, 4]], y: [[1], [2]] })))
 */
export function profile(
  model: Model<ModelResult>,
  batch: { readonly x: ModelData; readonly y: ModelData },
  options: ProfileOptions = {},
): Profile {
  refuseUnknown('profile', options, ['rounds'])
  const { rounds = 5 } = options
  requireCount('profile', 'rounds', rounds)
  model.requireCompiled('profile')
  if (batch?.x === undefined || batch.y === undefined) {
    throw new ValueError({
      operation: 'profile',
      problem: 'needs a batch of examples and their targets.',
      hint: 'profile(model, { x, y }).',
      argument: 'batch',
      received: batch,
    })
  }
  const { x, y } = toExamples('profile', model, batch.x, batch.y)
  const wasTraining = model.training
  // Builds the model, if it has not been; moving statistics move in training only.
  model.eval()
  predictStep(
    model,
    () => batchOf(x, null, 0, x.count),
    () => undefined,
  )
  const state = model.stateDict()
  model.train()
  try {
    const run = (): Map<string, Cost> =>
      measure(model, () =>
        lossOf(model, [], { x: batchOf(x, null, 0, x.count), y: batchOf(y, null, 0, y.count) }),
      )
    run()
    const results = Array.from({ length: rounds }, run)
    const paths = [...results[0].keys()]
    const middle = (path: string, what: keyof Cost): number =>
      results.map(result => result.get(path)?.[what] ?? 0).sort((a, b) => a - b)[Math.floor(rounds / 2)]
    return new Profile(
      paths.map(path => ({
        path,
        forward: middle(path, 'forward'),
        backward: middle(path, 'backward'),
        bytes: middle(path, 'bytes'),
      })),
    )
  } finally {
    model.loadStateDict(state)
    if (!wasTraining) model.eval()
  }
}

/** One pass forward and backward. */
function measure(model: Model<ModelResult>, loss: () => ReturnType<typeof lossOf>): Map<string, Cost> {
  const costs = new Map<string, Cost>()
  const owners = new WeakMap<GraphNode, Cost>()
  const labels: string[] = []
  const costOf = (): Cost => {
    const path = labels.length === 0 ? OUTSIDE : labels.join(' → ')
    const known = costs.get(path) ?? { forward: 0, backward: 0, bytes: 0 }
    costs.set(path, known)
    return known
  }
  let since = performance.now()
  /** Books the time since the last change of layer. */
  const book = (): void => {
    const now = performance.now()
    costOf().forward += now - since
    since = now
  }
  const watching = {
    recorded: (node: GraphNode): void => {
      const cost = costOf()
      owners.set(node, cost)
      for (const { size } of node.outputs) cost.bytes += 4 * size
      for (const { length } of node.saved) cost.bytes += 4 * length
    },
    visited: (node: GraphNode, body: () => void): void => {
      const start = performance.now()
      body()
      const cost = owners.get(node)
      if (cost !== undefined) cost.backward += performance.now() - start
    },
  }
  const waiting = model.parameters().map(({ gradient }) => gradient)
  for (const parameter of model.parameters()) parameter.gradient = null
  try {
    traced(watching, () =>
      insideStep(() => {
        since = performance.now()
        const value = observeLayers(({ label, layer }, body) => {
          // A model's own name says nothing; a Layer's path does.
          if (layer === null) return body()
          book()
          labels.push(label)
          try {
            return body()
          } finally {
            book()
            labels.pop()
          }
        }, loss)
        book()
        value.backward()
      }),
    )
  } finally {
    for (const [i, parameter] of model.parameters().entries()) {
      parameter.grad = null
      parameter.gradient = waiting[i] ?? null
    }
  }
  return costs
}
