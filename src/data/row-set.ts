import { ShapeError, ValueError } from '../errors.ts'
import { suggestName } from '../suggest.ts'
import { formatShape } from '../tensor/shape.ts'
import { Tensor } from '../tensor/tensor.ts'
import { type DataInput, type Hold, type ModelData, type RowSet, toRows } from './rows.ts'

/** `{ price: …, rating: … }`, and not a tensor or a shaped array. */
const isByName = (data: ModelData): data is { readonly [name: string]: DataInput } =>
  typeof data === 'object' &&
  data !== null &&
  !Array.isArray(data) &&
  !ArrayBuffer.isView(data) &&
  !(data instanceof Tensor) &&
  !('data' in data && 'shape' in data)

/**
 * Reads a model's data, one set of examples for each of its inputs (or outputs).
 *
 * @param names of the inputs, in order
 * @throws ValueError for missing or unknown names; ShapeError where the sets have unequal numbers of examples
 */
export function toRowSet(
  operation: string,
  what: string,
  data: ModelData,
  names: readonly string[],
  hold?: Hold,
): RowSet {
  const named = partsByName(operation, what, data, names)
  const parts = named.map(([name, part]) =>
    toRows(operation, named.length === 1 ? what : `${what} "${name}"`, part, hold),
  )
  const [{ count }] = parts
  const other = parts.findIndex(part => part.count !== count)
  if (other >= 0) {
    const shapeOf = (index: number) => [parts[index].count, ...parts[index].shape]
    throw new ShapeError({
      operation,
      problem: `needs equally many examples in all of ${what}, got ${formatShape(shapeOf(0))} for "${names[0]}" and ${formatShape(shapeOf(other))} for "${names[other]}".`,
      hint: 'the first axis of each counts the examples.',
      shapes: [shapeOf(0), shapeOf(other)],
    })
  }
  return { parts, count }
}

function partsByName(
  operation: string,
  what: string,
  data: ModelData,
  names: readonly string[],
): (readonly [string, DataInput])[] {
  if (isByName(data)) {
    const given = new Map(Object.entries(data))
    const stranger = [...given.keys()].find(name => !names.includes(name))
    if (stranger !== undefined) {
      throw new ValueError({
        operation,
        problem: `has no ${what} "${stranger}".`,
        hint: suggestName(stranger, names),
        argument: what,
        received: stranger,
      })
    }
    return names.map(name => {
      const part = given.get(name)
      if (part !== undefined) return [name, part] as const
      throw new ValueError({
        operation,
        problem: `misses ${what} "${name}".`,
        hint: `give all of ${names.map(each => `"${each}"`).join(', ')}.`,
        argument: what,
      })
    })
  }
  if (names.length === 1) return [[names[0], data as DataInput]]
  if (Array.isArray(data) && data.length === names.length)
    return names.map((name, index) => [name, (data as readonly DataInput[])[index]] as const)
  throw new ValueError({
    operation,
    problem: `needs ${names.length} sets of ${what} (${names.join(', ')}), got ${Array.isArray(data) ? data.length : 'one'}.`,
    hint: `a list in this order, or an object: { ${names.map(name => `${name}: …`).join(', ')} }.`,
    argument: what,
  })
}
