import { batchOf, type ModelData } from '../data/rows.ts'
import { formatShape, type Shape } from '../tensor/shape.ts'
import { toExamples } from '../train/examples.ts'
import type { Model, ModelResult } from '../train/model.ts'
import { insideStep, lossOf } from '../train/step.ts'
import { type Distribution, distributionOf, sparkline } from './distribution.ts'
import { alignedTable, percent, shortNumber } from './table.ts'

/** The gradient of one parameter. */
export interface GradientRow extends Distribution {
  readonly name: string
  readonly shape: Shape
  /** ‖gradient‖ / ‖parameter‖: far below 1e-4 it hardly learns, far above 1 a step may throw it off. */
  readonly relative: number
}

/** Rows in the order of the parameters; prints as a table. */
export class GradientReport {
  constructor(
    readonly rows: readonly GradientRow[],
    readonly loss: number,
  ) {}

  /** √Σ‖gradient‖²: what `globalClipNorm` compares. */
  get globalNorm(): number {
    return Math.sqrt(this.rows.reduce((sum, { norm }) => sum + norm * norm, 0))
  }

  toString(): string {
    const table = alignedTable(
      ['Parameter', 'Shape', 'Norm', 'Relative', 'Min', 'Max', 'Zero', 'Histogram'],
      this.rows.map(row => [
        row.name,
        formatShape(row.shape),
        row.nonFinite > 0 ? `${row.nonFinite} not finite` : shortNumber(row.norm),
        shortNumber(row.relative),
        shortNumber(row.minimum),
        shortNumber(row.maximum),
        percent(row.zeros),
        sparkline(row.histogram),
      ]),
    )
    return `${table}\nloss ${shortNumber(this.loss)}, global norm ${shortNumber(this.globalNorm)}`
  }
}

/**
 * The gradient of a compiled model's loss by every trainable parameter, for one batch, in evaluation mode. Nothing is
 * trained, and gradients that are waiting stay.
 *
 * @throws BuildError for a model that was not compiled; ShapeError for data that do not fit
 * @example
 * const model = sequential(dense({ units: 1 }))
 * model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
 * console.log(String(inspect.gradients(model, [[1, 2], [3, 4]], [[1], [2]])))
 */
export function gradients(model: Model<ModelResult>, x: ModelData, y: ModelData): GradientReport {
  model.requireCompiled('inspect.gradients')
  const examples = toExamples('inspect.gradients', model, x, y)
  const { count } = examples.x
  const wasTraining = model.training
  model.eval()
  try {
    return insideStep(() => {
      const loss = lossOf(model, [], {
        x: batchOf(examples.x, null, 0, count),
        y: batchOf(examples.y, null, 0, count),
      })
      const number = loss.item()
      const parameters = model.namedParameters()
      const waiting = [...parameters.values()].map(parameter => parameter.gradient)
      for (const parameter of parameters.values()) parameter.gradient = null
      try {
        loss.backward()
        const rows: GradientRow[] = []
        for (const [name, parameter] of parameters) {
          if (parameter.gradient === null) continue
          const distribution = distributionOf(parameter.gradient.values())
          const { norm } = distributionOf(parameter.values())
          rows.push({ name, shape: parameter.shape, ...distribution, relative: distribution.norm / norm })
        }
        return new GradientReport(rows, number)
      } finally {
        let i = 0
        for (const parameter of parameters.values()) {
          parameter.grad = null
          parameter.gradient = waiting[i++]
        }
      }
    })
  } finally {
    if (wasTraining) model.train()
  }
}
