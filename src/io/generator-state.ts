import { FormatError } from '../errors.ts'
import type { GeneratorState } from '../tensor/random.ts'
import { StateReader } from './state-reader.ts'
import type { StateTree } from './state-tree.ts'

const isBits = (value: number): boolean => value === value >>> 0

/**
 * A generator's place out of a saved state; null where none was saved.
 * @throws FormatError for numbers that no generator has
 */
export function readGenerator(state: StateTree): GeneratorState | null {
  if (state === null) return null
  const saved = new StateReader(state, 'generator')
  const key = saved.number('key')
  const words = saved.numbers('words')
  const [a, b, c, d] = words
  // Of four zeros only zeros would follow.
  if (Number.isSafeInteger(key) && words.length === 4 && words.every(isBits) && words.some(word => word > 0))
    return { key, words: [a, b, c, d] }
  throw new FormatError({
    operation: 'loadStateDict',
    problem: `needs the place of a generator, got the key ${key} and [${words.slice(0, 8).join(', ')}].`,
    hint: 'the state was saved by something else, or is damaged.',
    location: 'generator',
  })
}
