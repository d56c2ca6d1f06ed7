import type { Generator, Sequential } from '../../src/index.ts'
import type { Characters } from './characters.ts'

export interface GenerateOptions {
  /** What the text begins with. */
  readonly prompt: string
  /** Characters to add. */
  readonly count: number
  /** Most characters that the model looks back. */
  readonly length: number
  /** Below 1 likely characters become likelier still. */
  readonly temperature: number
  readonly generator: Generator
}

/** Goes on with a text, one character at a time: p ∝ p(next | text so far)^(1/temperature). */
export function generate(
  model: Sequential,
  characters: Characters,
  { prompt, count, length, temperature, generator }: GenerateOptions,
): string {
  const ids = [...characters.encode(prompt)]
  for (let i = 0; i < count; i++) {
    const context = ids.slice(-length)
    const output = model.predict({ data: Int32Array.from(context), shape: [1, context.length] }).data()
    const last = output.subarray(output.length - characters.all.length)
    ids.push(draw(last, temperature, generator))
  }
  return ids.map(id => characters.all[id]).join('')
}

/** A number whose probability is in proportion to its weight. */
function draw(probabilities: Float32Array, temperature: number, generator: Generator): number {
  const weights = Array.from(probabilities, p => p ** (1 / temperature))
  let rest = generator.next() * weights.reduce((sum, weight) => sum + weight, 0)
  const drawn = weights.findIndex(weight => {
    rest -= weight
    return rest < 0
  })
  return drawn >= 0 ? drawn : weights.length - 1
}
