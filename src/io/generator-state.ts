import type { GeneratorState } from '../tensor/random.ts'
import { StateReader } from './state-reader.ts'
import type { StateTree } from './state-tree.ts'

/** A generator's place out of a saved state; null where none was saved. */
export function readGenerator(state: StateTree): GeneratorState | null {
  if (state === null) return null
  const saved = new StateReader(state, 'generator')
  const [a, b, c, d] = saved.numbers('words')
  return { key: saved.number('key'), words: [a, b, c, d] }
}
