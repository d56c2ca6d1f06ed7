import { Generator } from '../../src/index.ts'
import type { LabelledText } from './bag-of-words.ts'
import { makeCorpus } from './corpus/grammar.ts'
import { InputError } from './input-error.ts'
import { type LabelledTexts, readTsv } from './read-tsv.ts'

/** Texts to learn from, and others to measure with. */
export interface Dataset {
  readonly name: string
  readonly labels: readonly string[]
  readonly train: readonly LabelledText[]
  readonly valid: readonly LabelledText[]
}

/** The synthetic reviews of `corpus/`. */
export function embeddedData(size: number): Dataset {
  const { train, valid } = makeCorpus({ size })
  return { name: 'the embedded corpus (synthetic reviews)', labels: ['blames', 'praises'], train, valid }
}

/**
 * Reads files of `label<TAB>text` lines; without `valid`, a tenth of `data` is held out.
 * @throws InputError for a file that cannot be read, a line that does not fit, or fewer than two classes
 */
export function fileData(data: string, valid: string | undefined, seed: number): Dataset {
  const all = read(data)
  if (all.labels.length < 2)
    throw new InputError(`${data}: needs two classes or more, got only "${all.labels[0]}".`)
  if (valid !== undefined) {
    const { examples } = read(valid, all.labels)
    return { name: data, labels: all.labels, train: all.examples, valid: examples }
  }
  return { name: data, labels: all.labels, ...holdOut(all.examples, seed) }
}

/**
 * A tenth of the examples, chosen by the seed, and the others.
 * @throws InputError for fewer than ten
 */
export function holdOut(
  examples: readonly LabelledText[],
  seed: number,
): { readonly train: LabelledText[]; readonly valid: LabelledText[] } {
  if (examples.length < 10)
    throw new InputError(
      `needs at least 10 texts to hold out a tenth of them, got ${examples.length}: give --valid, or more texts.`,
    )
  const order = new Generator(seed).split('hold out').permutation(examples.length)
  const chosen = Array.from(order, position => examples[position])
  const count = Math.floor(examples.length / 10)
  return { train: chosen.slice(count), valid: chosen.slice(0, count) }
}

function read(path: string, labels?: readonly string[]): LabelledTexts {
  try {
    return readTsv(path, { labels })
  } catch (error) {
    throw new InputError(explain(path, error))
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'this is a folder, and a file is needed',
  EACCES: 'it may not be read',
}

function explain(path: string, error: unknown): string {
  if (!(error instanceof Error)) return `${path}: ${String(error)}`
  const code = 'code' in error ? String(error.code) : ''
  return Object.hasOwn(REASONS, code) ? `${path}: ${REASONS[code]}.` : error.message
}
