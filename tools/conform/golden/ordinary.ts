import type { Values } from '../decode.ts'
import { type Adapters, Call } from './call.ts'
import type { GoldenCase, NamedValues } from './case.ts'
import type { Library } from './library.ts'

/**
 * Runs an ordinary case: the op, then the gradients of L = Σ over outputs k of Σ (out_k · g_k).
 * Answers every output, and a gradient for every input and parameter that the case differentiates.
 */
export function runOrdinary<T>(
  library: Library<T>,
  adapters: Adapters<T>,
  goldenCase: GoldenCase,
): NamedValues {
  const { op, attributes, note, cotangents, gradients } = goldenCase
  if (!Object.hasOwn(adapters, op)) throw new Error(`the runner has no adapter for the op "${op}"`)
  const create = (values: NamedValues): Map<string, T> =>
    new Map([...values].map(([name, value]) => [name, library.tensor(value, gradients.has(name))]))
  const inputs = create(goldenCase.inputs)
  const parameters = create(goldenCase.parameters)
  const buffers = create(goldenCase.buffers)
  const call = new Call({ attributes, note, inputs, parameters, buffers })
  const outputs = new Map(Object.entries(adapters[op](call)))

  const results = new Map<string, Values>()
  for (const [name, output] of outputs) results.set(name, library.read(output))
  if (gradients.size === 0) return results

  const pairs: [T, T][] = []
  for (const [name, weight] of cotangents) {
    const output = outputs.get(name)
    if (output !== undefined) pairs.push([output, library.tensor(weight, false)])
  }
  library.backward(library.weightedSum(pairs))
  for (const name of gradients.keys()) {
    const tensor = inputs.get(name) ?? parameters.get(name)
    const original = goldenCase.inputs.get(name) ?? goldenCase.parameters.get(name)
    if (tensor === undefined || original === undefined) continue
    const source = call.gradientSource(name)
    const gradient = source === undefined ? library.gradient(tensor) : source()
    results.set(`grad.${name}`, gradient === null ? zerosLike(original) : library.read(gradient))
  }
  return results
}

/** A gradient that never arrived counts as zero. */
function zerosLike({ shape, data }: Values): Values {
  return { dtype: 'f32', shape, data: new Float32Array(data.length) }
}
