import { type Kind, opposites, topics } from './lexicon.ts'
import { pick, seededRandom, shuffled } from './random.ts'
import { type Construction, closings, contrasts, openings, plain, type Verdict } from './templates.ts'

/** A review: 1 praises, 0 blames. */
export interface Example {
  readonly label: 0 | 1
  readonly text: string
  /** The sentence before words were put in: held-out examples have templates that training never shows. */
  readonly template: string
}

export interface Corpus {
  readonly train: readonly Example[]
  readonly valid: readonly Example[]
}

interface Template {
  readonly kind: Kind
  readonly verdict: Verdict
  readonly text: string
}

type Random = () => number

/**
 * Short synthetic reviews in which the order of the words tells praise from blame.
 *
 * All held-out reviews, and three quarters of those for training, come in twins: the same words, two of them
 * exchanged, and the opposite label ("The play began badly but ended superbly." and "The play began superbly but
 * ended badly."), so that no weighing of words gets more than half of them right. The last quarter of the training
 * set is plain ("The acting was superb."): it teaches what the words mean. Without it order and meaning could only be
 * learnt together, which takes an LSTM far longer.
 *
 * A fifth of the templates is held out; their parts (openings, wordings, closings) are all known from training,
 * their combinations are not.
 *
 * @param options `seed` chooses the reviews; `size` is their number in all, a fifth of it held out
 * @throws RangeError when size is not a whole number from 20 to 20000
 * @example const { train, valid } = makeCorpus({ seed: 7 })   // 4000 and 1000 reviews
 */
export function makeCorpus(options: { readonly seed?: number; readonly size?: number } = {}): Corpus {
  const { seed = 1, size = 5000 } = options
  if (!Number.isInteger(size) || size < 20 || size > 20_000)
    throw new RangeError(`makeCorpus needs size to be a whole number from 20 to 20000, got ${size}.`)
  const random = seededRandom(seed)
  const validPairs = Math.round(size / 10)
  const trainPairs = Math.floor(size / 2) - validPairs
  const plainPairs = Math.round(trainPairs / 4)
  const valid = makePairs(validPairs, contrasts, pattern => framed(pattern, true, random), random)
  const twins = makePairs(
    trainPairs - plainPairs,
    contrasts,
    pattern => framed(pattern, false, random),
    random,
  )
  const simple = makePairs(plainPairs, plain, pattern => worded(pattern, random).text, random)
  return { train: shuffled([...twins, ...simple], random), valid: shuffled(valid, random) }
}

/** Pairs of a praising and a blaming review, no review twice. */
function makePairs(
  count: number,
  constructions: readonly Construction[],
  templateOf: (pattern: string) => string,
  random: Random,
): Example[] {
  const taken = new Set<string>()
  const examples: Example[] = []
  // In turn, so that every construction is as frequent as the others, as long as it has something new to say.
  for (let turn = 0; examples.length < 2 * count; turn++) {
    const { kind, verdict, pattern } = constructions[turn % constructions.length]
    const [praise, blame] = makePair({ kind, verdict, text: templateOf(pattern) }, random)
    if (taken.has(praise.text) || taken.has(blame.text)) continue
    taken.add(praise.text).add(blame.text)
    examples.push(praise, blame)
  }
  return examples
}

/**
 * Chooses opening, wording and closing, until the template is on the wanted side. It is held out when the numbers of
 * its choices add up to a multiple of five: a Latin square, in which every choice, and every pair of choices, still
 * occurs in training.
 */
function framed(pattern: string, heldOut: boolean, random: Random): string {
  for (;;) {
    const opening = Math.floor(random() * openings.length)
    const closing = Math.floor(random() * closings.length)
    const { text, sum } = worded(pattern, random)
    if (((opening + sum + closing) % 5 === 0) === heldOut)
      return joined(openings[opening], text, closings[closing])
  }
}

/** Chooses among the wordings of a pattern; `sum` adds the numbers of the choices. */
function worded(pattern: string, random: Random): { text: string; sum: number } {
  let sum = 0
  const text = pattern.replace(/\[([^\]]*)\]/g, (_, wordings: string) => {
    const choices = wordings.split('|')
    const choice = Math.floor(random() * choices.length)
    sum += choice
    return choices[choice]
  })
  return { text: joined(text), sum }
}

/** One text with single spaces: a choice may be empty. */
const joined = (...parts: readonly string[]): string => parts.join(' ').replace(/ +/g, ' ').trim()

function makePair({ kind, verdict, text }: Template, random: Random): [praise: Example, blame: Example] {
  const { praise, blame } = opposites[kind]
  const [good, alsoGood] = shuffled(praise, random)
  const [bad, alsoBad] = shuffled(blame, random)
  const aside = shuffled(
    [pick(opposites.adjective.praise, random), pick(opposites.adjective.blame, random)],
    random,
  )
  const common = new Map([
    ['either', aside[0]],
    ['other', aside[1]],
    ['work', pick(topics.work, random)],
    ['part', pick(topics.part, random)],
    ['others', pick(topics.others, random)],
  ])
  const fill = (label: 0 | 1): Example => {
    const verdictIsGood = label === 1
    const firstIsGood = (verdict === 'first') === verdictIsGood
    const words = new Map(common)
    words.set('first', firstIsGood ? good : bad).set('second', firstIsGood ? bad : good)
    words
      .set('alsoFirst', firstIsGood ? alsoGood : alsoBad)
      .set('alsoSecond', firstIsGood ? alsoBad : alsoGood)
    const filled = text.replace(/\{(\w+)\}/g, (_, slot: string) => words.get(slot)!)
    return { label, text: capitalised(filled), template: text }
  }
  return [fill(1), fill(0)]
}

const capitalised = (text: string): string =>
  text.replace(/(^|\. )([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase())
