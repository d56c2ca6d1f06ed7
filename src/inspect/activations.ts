import { toRowSet } from '../data/row-set.ts'
import { batchOf, type ModelData } from '../data/rows.ts'
import { observeLayers } from '../nn/path.ts'
import { formatShape, type Shape } from '../tensor/shape.ts'
import { Tensor } from '../tensor/tensor.ts'
import type { Model, ModelResult } from '../train/model.ts'
import { predictStep } from '../train/step.ts'
import { type Distribution, distributionOf, sparkline } from './distribution.ts'
import { alignedTable, percent, shortNumber } from './table.ts'

/** What came out of one layer. */
export interface ActivationRow extends Distribution {
  /** The layers around it and its own label, joined by ` → `. */
  readonly path: string
  readonly shape: Shape
  /**
   * Units of the last axis that gave exactly the same number for every example and step: a ReLU that is always 0, a
   * sigmoid that is always 1.
   */
  readonly deadUnits: readonly number[]
}

/** Rows in the order in which the layers ran; prints as a table. */
export class ActivationReport {
  constructor(readonly rows: readonly ActivationRow[]) {}

  toString(): string {
    return alignedTable(
      ['Layer', 'Shape', 'Mean', 'σ', 'Min', 'Max', 'Zero', 'Dead units', 'Histogram'],
      this.rows.map(row => [
        row.path,
        formatShape(row.shape),
        shortNumber(row.mean),
        shortNumber(row.deviation),
        shortNumber(row.minimum),
        shortNumber(row.maximum),
        percent(row.zeros),
        row.nonFinite > 0
          ? `${row.nonFinite} not finite`
          : `${row.deadUnits.length} of ${row.shape[row.shape.length - 1]}`,
        sparkline(row.histogram),
      ]),
    )
  }
}

/**
 * What every layer gives for a batch of examples, in evaluation mode: where numbers vanish, blow up or stand still.
 *
 * @example
 * const model = sequential(dense({ units: 8, activation: 'relu' }), dense({ units: 1 }))
 * console.log(String(inspect.activations(model, [[1, 2], [3, 4]])))
 */
export function activations(model: Model<ModelResult>, x: ModelData): ActivationReport {
  const set = toRowSet('inspect.activations', 'x', x, model.inputNames)
  const rows: ActivationRow[] = []
  const path: string[] = []
  const wasTraining = model.training
  model.eval()
  try {
    observeLayers(
      ({ label, layer }, body) => {
        path.push(label)
        try {
          const result = body()
          if (layer !== null)
            for (const tensor of tensorsOf(result)) rows.push(rowOf(path.join(' → '), tensor))
          return result
        } finally {
          path.pop()
        }
      },
      () =>
        predictStep(
          model,
          () => batchOf(set, null, 0, set.count),
          () => undefined,
        ),
    )
  } finally {
    if (wasTraining) model.train()
  }
  return new ActivationReport(rows)
}

const tensorsOf = (result: unknown): readonly Tensor[] =>
  (Array.isArray(result) ? result : [result]).filter((item: unknown) => item instanceof Tensor)

function rowOf(path: string, tensor: Tensor): ActivationRow {
  const values = tensor.values()
  return { path, shape: tensor.shape, ...distributionOf(values), deadUnits: deadUnits(values, tensor.shape) }
}

function deadUnits(values: ArrayLike<number>, shape: Shape): number[] {
  const units = shape[shape.length - 1] ?? 1
  // A single example says nothing about a unit.
  if (shape.length < 2 || values.length <= units) return []
  const isAlive = Array<boolean>(units).fill(false)
  for (let i = units; i < values.length; i++) if (values[i] !== values[i % units]) isAlive[i % units] = true
  return [...isAlive.keys()].filter(unit => !isAlive[unit])
}
