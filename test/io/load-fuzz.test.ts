import { describe, expect, it } from 'vitest'
import { deserializeModel, FormatError, Generator, serializeModel, TensorloomError } from '../../src/index.ts'
import { ids, smallTokenizer, textClassifier } from './saved-models.ts'

/** Bytes that mean something in JSON, so that mutations are not all refused at the first quotation mark. */
const TELLING = new TextEncoder().encode('0123456789.-e+"{}[]:,\\ tfn_')

/** One to three bytes replaced, removed or inserted, half of them in the JSON, half of them in the weights. */
function mutate(bytes: Uint8Array, headerLength: number, random: Generator): Uint8Array {
  const below = (limit: number): number => Math.floor(random.next() * limit)
  const copy = [...bytes]
  for (let change = below(3); change >= 0; change--) {
    const at = below(2) === 0 ? headerLength + below(copy.length - headerLength) : below(headerLength)
    const byte = below(2) === 0 ? below(256) : TELLING[below(TELLING.length)]
    // Mostly replaced: another length breaks the offsets, and nothing behind them would be tried.
    copy.splice(at, below(8) === 0 ? below(2) * 2 : 1, byte)
  }
  return Uint8Array.from(copy)
}

describe('a damaged model', () => {
  it('is refused with a FormatError, or works, for 2,000 mutations', () => {
    const random = new Generator(20)
    const bytes = serializeModel(textClassifier(), { tokenizer: smallTokenizer() })
    const headerLength = 8 + new DataView(bytes.buffer).getUint32(0, true)
    const input = ids(2, 4, 7)
    const outcomes = { refused: 0, working: 0 }
    for (let round = 0; round < 2000; round++) {
      const mutated = mutate(bytes, headerLength, random)
      try {
        const { model, tokenizer } = deserializeModel(mutated)
        expect(model.predict(input).shape).toEqual([2, 1])
        tokenizer?.textsToSequences(['not dull'])
        outcomes.working++
      } catch (error) {
        if (!(error instanceof FormatError)) throw new Error(`round ${round}: ${error}`, { cause: error })
        const { cause } = error
        const isOurs = cause === undefined || cause instanceof TensorloomError || cause instanceof SyntaxError
        expect(isOurs, String(cause)).toBe(true)
        outcomes.refused++
      }
    }
    expect(outcomes.refused).toBeGreaterThan(500)
    expect(outcomes.working).toBeGreaterThan(200)
  })
})
