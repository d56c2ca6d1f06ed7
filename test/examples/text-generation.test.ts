import { describe, expect, it } from 'vitest'
import {
  allWindows,
  Characters,
  randomWindows,
  windowsAt,
} from '../../examples/text-generation/characters.ts'
import { generate } from '../../examples/text-generation/generate.ts'
import { languageModels } from '../../examples/text-generation/models.ts'
import { Generator, manualSeed, tensor, ValueError } from '../../src/index.ts'

describe('Characters', () => {
  it('numbers the characters of a text by their code', () => {
    const characters = new Characters('banana!')
    expect(characters.all).toEqual(['!', 'a', 'b', 'n'])
    expect([...characters.encode('nab')]).toEqual([3, 1, 2])
  })

  it('names a character that the text does not have', () => {
    expect(() => new Characters('abc').encode('abd')).toThrow(ValueError)
    expect(() => new Characters('abc').encode('abd')).toThrow(/got "d"/)
  })
})

describe('windows', () => {
  const ids = Int32Array.from([0, 1, 2, 3, 4, 5])

  it('pair each character with the one after it', () => {
    const { x, y } = windowsAt(ids, [3, 0], 2)
    expect([...x.data]).toEqual([3, 4, 0, 1])
    expect([...y.data]).toEqual([4, 5, 1, 2])
    expect(x.shape).toEqual([2, 2])
  })

  it('follow each other, or begin anywhere that has a next character', () => {
    expect([...allWindows(ids, 2).x.data]).toEqual([0, 1, 2, 3])
    const { y } = randomWindows(ids, 200, 2, new Generator(1))
    expect(new Set(y.data)).toEqual(new Set([1, 2, 3, 4, 5]))
  })
})

describe.each(Object.keys(languageModels))('the %s', name => {
  const build = () => languageModels[name]({ characters: 5, units: 8, length: 6, layers: 2, dropout: 0 })

  it('gives probabilities of the next character that later ones do not change', () => {
    manualSeed(1)
    const model = build()
    const first = model.predict(tensor([[0, 1, 2, 3]], { dtype: 'int32' }))
    const second = model.predict(tensor([[0, 1, 2, 4]], { dtype: 'int32' }))
    expect(first.shape).toEqual([1, 4, 5])
    const seen = (output: typeof first) => output.data().subarray(0, 15)
    expect(seen(second)).toEqual(seen(first))
    expect(second.data()).not.toEqual(first.data())
  })

  it('goes on with a text, the same for the same generator', () => {
    manualSeed(1)
    const model = build()
    const characters = new Characters('abcde')
    const write = (seed: number) =>
      generate(model, characters, {
        prompt: 'ab',
        count: 12,
        length: 6,
        temperature: 1,
        generator: new Generator(seed),
      })
    expect(write(1)).toMatch(/^ab[a-e]{12}$/)
    expect(write(1)).toBe(write(1))
    expect(write(1)).not.toBe(write(2))
  })
})
