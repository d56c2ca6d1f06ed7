import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as tensorloom from '../src/index.ts'
import { rootPath } from './readme/snippets.ts'

/** Lines like `@example mean(tensor([1, 3]))   // 2`, whose comment is a number, a truth value or an array of them. */
const EXAMPLE = /^ \* @example (\S.*?) {3}\/\/ (-?[\d.]+|true|false|\[[-\d., [\]truefals]*\])$/gm
/** Operands that stand for the reader's own. */
const NAMED = /\((x|a|b|y|q|k|weights)\b/

const examples = readdirSync(join(rootPath, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .flatMap(file => [...readFileSync(join(rootPath, 'src', file), 'utf8').matchAll(EXAMPLE)])
  .map(([, code, result]) => [code, result] as const)
  .filter(([code]) => !NAMED.test(code))

type Value = number | boolean | readonly Value[]

/** To four digits, as the examples write numbers. */
function rounded(value: Value): Value {
  if (typeof value === 'boolean') return value
  return typeof value === 'number' ? Number(value.toFixed(4)) + 0 : value.map(rounded)
}

function evaluate(code: string): Value {
  const names = Object.keys(tensorloom)
  const result = new Function(...names, `return ${code}`)(...Object.values(tensorloom))
  if (result instanceof tensorloom.Tensor) return result.toArray()
  return typeof result === 'object' ? Array.from(result) : result
}

describe('the examples of the doc comments', () => {
  it('are many', () => expect(examples.length).toBeGreaterThan(120))

  it.each(examples)('%s gives %s', (code, result) => {
    expect(rounded(evaluate(code))).toEqual(JSON.parse(result))
  })
})
