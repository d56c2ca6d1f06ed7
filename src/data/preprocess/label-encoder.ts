import { FormatError, ValueError } from '../../errors.ts'
import { requireFitted } from './rows.ts'
import { isLabels, readSaved, type Saved } from './saved.ts'

/** A class: its name, or a number that stands for it. */
export type Label = string | number

export interface Classes {
  readonly classes: readonly Label[]
}

/**
 * Numbers classes: 0 … n−1 in the order of their names (numbers by size, before texts).
 *
 * @throws ValueError for a label that `fit` did not see, and for numbers without a class; BuildError before `fit`
 * @example
 * const encoder = new LabelEncoder().fit(['spam', 'ham', 'spam'])
 * encoder.transform(['ham', 'spam'])   // Int32Array [0, 1]
 * encoder.inverseTransform([1])        // ['spam']
 */
export class LabelEncoder {
  private known: readonly Label[] | null = null
  private numbers: ReadonlyMap<Label, number> = new Map()

  /** Forgets what was seen before and learns the classes. */
  fit(labels: Iterable<Label>): this {
    return this.use([...new Set(requireLabels('LabelEncoder.fit', labels))].sort(compare))
  }

  /** The classes, each at its number. */
  get classes(): readonly Label[] {
    return requireFitted('LabelEncoder', this.known)
  }

  /** [labels] */
  transform(labels: Iterable<Label>): Int32Array {
    const { classes } = this
    return Int32Array.from(requireLabels('LabelEncoder.transform', labels), label => {
      const number = this.numbers.get(label)
      if (number !== undefined) return number
      throw new ValueError({
        operation: 'LabelEncoder.transform',
        problem: `knows ${classes.length} classes (${classes.slice(0, 5).map(show).join(', ')}${classes.length > 5 ? ', …' : ''}), got ${show(label)}.`,
        hint: 'fit it on all the classes there are.',
        argument: 'labels',
        received: label,
      })
    })
  }

  inverseTransform(numbers: ArrayLike<number>): Label[] {
    const { classes } = this
    return Array.from(numbers, number => {
      const label = classes[number]
      if (label !== undefined) return label
      throw new ValueError({
        operation: 'LabelEncoder.inverseTransform',
        problem: `needs numbers from 0 to ${classes.length - 1}, got ${number}.`,
        argument: 'numbers',
        received: number,
      })
    })
  }

  /** All there is to know, as plain data; `JSON.stringify(encoder)` uses it. */
  toJSON(): Saved<Classes> {
    return { format: 'LabelEncoder', version: 1, state: { classes: this.classes } }
  }

  /** @throws FormatError for anything but what `toJSON` gave */
  static fromJSON(saved: string | object): LabelEncoder {
    const { classes } = readSaved<Classes>('LabelEncoder', saved, { classes: isLabels })
    if (new Set(classes).size !== classes.length) {
      throw new FormatError({ operation: 'LabelEncoder.fromJSON', problem: 'has a class twice.' })
    }
    return new LabelEncoder().use(classes)
  }

  private use(classes: readonly Label[]): this {
    this.known = classes
    this.numbers = new Map(classes.map((label, number) => [label, number]))
    return this
  }
}

const show = (label: Label): string => (typeof label === 'string' ? `"${label}"` : String(label))

function requireLabels(operation: string, labels: Iterable<Label>): Label[] {
  const list = typeof labels === 'string' ? [] : [...labels]
  const wrong = list.find(label => typeof label !== 'string' && !Number.isFinite(label))
  if (typeof labels !== 'string' && wrong === undefined) return list
  throw new ValueError({
    operation,
    problem: `takes a list of texts or numbers, got ${typeof labels === 'string' ? 'a text' : String(wrong)}.`,
    argument: 'labels',
    received: labels,
  })
}

function compare(a: Label, b: Label): number {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1
  return typeof b === 'number' ? 1 : a < b ? -1 : 1
}
