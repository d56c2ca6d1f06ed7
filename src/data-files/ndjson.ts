import { type Dataset, dataset } from '../data/dataset.ts'
import { FormatError } from '../errors.ts'
import { nameOf, type TextSource, textChunks } from './chunks.ts'

/**
 * The values of a file with one JSON value per line, read as they are wanted; empty lines are left out.
 *
 * @throws FormatError while reading, with the line, for a line that is not JSON
 * @example fromNdjson(['{"text":"good","label":1}\n', '{"text":"bad","label":0}\n'])
 */
export function fromNdjson(source: TextSource): Dataset<unknown> {
  return dataset(() => valuesOf(source))
}

async function* valuesOf(source: TextSource): AsyncGenerator<unknown> {
  let number = 0
  for await (const line of textLines(source)) {
    number++
    if (line.trim() === '') continue
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch (cause) {
      const location = `line ${number}`
      throw new FormatError({
        operation: nameOf(source),
        problem: `has no JSON in ${location}.`,
        location,
        cause,
      })
    }
    yield value
  }
}

/** The lines of a source without their ends. */
export async function* textLines(source: TextSource): AsyncGenerator<string> {
  let rest = ''
  for await (const text of textChunks(source)) {
    // Only the new text can end a line: a long one is not searched again with every piece.
    const parts = text.split('\n')
    parts[0] = rest + parts[0]
    rest = parts[parts.length - 1]
    for (const line of parts.slice(0, -1)) yield line
  }
  if (rest !== '') yield rest
}
