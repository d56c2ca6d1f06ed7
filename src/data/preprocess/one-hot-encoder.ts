import { ValueError } from '../../errors.ts'
import { refuseUnknown } from '../../nn/options.ts'
import type { ShapedData } from '../rows.ts'
import { type Classes, type Label, LabelEncoder } from './label-encoder.ts'
import { isLabels, readSaved, type Saved } from './saved.ts'

export interface OneHotEncoderOptions {
  /** What a label that `fit` did not see becomes: an error, or a row of zeros. Default `error`. */
  readonly unknown?: 'error' | 'zeros'
}

/**
 * Turns classes into rows with a single 1.
 *
 *   [labels] → [labels, classes]
 *
 * @throws ValueError for a label that `fit` did not see, unless `unknown` is `'zeros'`; BuildError before `fit`
 * @example new OneHotEncoder().fit(['red', 'green']).transform(['green', 'red']).data   // Float32Array [1, 0, 0, 1]
 */
export class OneHotEncoder {
  private labels = new LabelEncoder()
  private readonly unknown: 'error' | 'zeros'

  constructor(options: OneHotEncoderOptions = {}) {
    refuseUnknown('OneHotEncoder', options, ['unknown'])
    const { unknown = 'error' } = options
    if (unknown !== 'error' && unknown !== 'zeros') {
      throw new ValueError({
        operation: 'OneHotEncoder',
        problem: `knows unknown: 'error' and 'zeros', got ${String(unknown)}.`,
      })
    }
    this.unknown = unknown
  }

  fit(labels: Iterable<Label>): this {
    this.labels.fit(labels)
    return this
  }

  /** The classes, each at its column. */
  get classes(): readonly Label[] {
    return this.labels.classes
  }

  transform(labels: Iterable<Label>): ShapedData {
    const { classes } = this
    const known = new Set(classes)
    const rows = [...labels].map(label =>
      this.unknown === 'zeros' && !known.has(label) ? -1 : this.labels.transform([label])[0],
    )
    const data = new Float32Array(rows.length * classes.length)
    for (const [row, column] of rows.entries()) if (column >= 0) data[row * classes.length + column] = 1
    return { data, shape: [rows.length, classes.length] }
  }

  /** The class of the largest value in each row, so that probabilities will do. */
  inverseTransform({ data, shape }: ShapedData): Label[] {
    const { classes } = this
    if (shape.length !== 2 || shape[1] !== classes.length) {
      throw new ValueError({
        operation: 'OneHotEncoder.inverseTransform',
        problem: `needs [rows, ${classes.length}], got [${shape.join(', ')}].`,
      })
    }
    return Array.from({ length: shape[0] }, (_, row) => {
      const values = data.subarray(row * classes.length, (row + 1) * classes.length)
      return classes[values.indexOf(Math.max(...values))]
    })
  }

  /** All there is to know, as plain data; `JSON.stringify(encoder)` uses it. */
  toJSON(): Saved<Classes & { readonly unknown: 'error' | 'zeros' }> {
    const state = { classes: this.classes, unknown: this.unknown }
    return { format: 'OneHotEncoder', version: 1, state }
  }

  /** @throws FormatError for anything but what `toJSON` gave */
  static fromJSON(saved: string | object): OneHotEncoder {
    const { classes, unknown } = readSaved('OneHotEncoder', saved, {
      classes: isLabels,
      unknown: (value): value is 'error' | 'zeros' => value === 'error' || value === 'zeros',
    })
    const encoder = new OneHotEncoder({ unknown })
    encoder.labels = LabelEncoder.fromJSON({ format: 'LabelEncoder', version: 1, state: { classes } })
    return encoder
  }
}
