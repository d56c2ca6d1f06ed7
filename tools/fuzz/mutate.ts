import { Generator } from '../../src/index.ts'
import { mutateBytes } from './mutate-bytes.ts'
import { mutateJson } from './mutate-json.ts'
import { decode, encode, type Files, type Reader } from './reader.ts'

const isJson = ([first]: Uint8Array): boolean => first === 0x7b || first === 0x5b

/** The damaged file of a round. Each round has a generator of its own, so that it can be run alone. */
export function damaged(reader: Reader, seeds: readonly Files[], seed: number, round: number): Files {
  const random = new Generator(seed).split(`${reader.name} ${round}`)
  const parts = seeds[round % seeds.length]
  const assemble = (changed: Files, repair: boolean): Files => reader.assemble?.(changed, repair) ?? changed
  const structured = [...parts.keys()].filter(index => isJson(parts[index]))
  if (structured.length > 0 && random.below(3) > 0) {
    const chosen = structured[random.below(structured.length)]
    const changed = parts.map((part, i) => (i === chosen ? encode(mutateJson(decode(part), random)) : part))
    return assemble(changed, random.below(4) > 0)
  }
  // Before it is put together bytes change under a checksum; afterwards it is damaged itself.
  const isBefore = random.below(2) === 0
  const whole = isBefore ? parts : assemble(parts, false)
  const chosen = random.below(whole.length)
  const others = seeds.flatMap(files => files.filter((_, i) => i === chosen))
  const changed = whole.map((part, i) => (i === chosen ? mutateBytes(part, random, others) : part))
  return isBefore ? assemble(changed, random.below(2) === 0) : changed
}
