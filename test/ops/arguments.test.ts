import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as tensorloom from '../../src/index.ts'
import { rootPath } from '../readme/snippets.ts'

const { TensorloomError, tensor, zeros } = tensorloom

const x = tensor([
  [1, 2],
  [3, 4],
])
const wrongLists: readonly (readonly unknown[])[] = [
  [],
  [x],
  [x, null],
  [x, 'text'],
  [x, 3],
  [x, Number.NaN],
  [x, [1]],
  [x, ['text']],
  [x, [[1]]],
  [x, [null]],
  [x, {}],
  [x, x],
  [x, x, null],
  [x, x, 'text'],
  [x, x, {}],
  [x, x, x],
  [x, x, x, null],
  [x, zeros([3, 5])],
  [x, { axis: 7 }],
  [x, { axis: 'text' }],
  [x, { axis: {} }],
  [x, [0], null],
  [null],
  ['text'],
  ['text', null],
  [5],
  [[1, 2]],
  [{}],
  [[x], {}],
  [[x], null],
  [[x, null]],
  [[2, 3], null],
  [[2, 3], 'text'],
  [[2, 3], 'text', null],
  [[-1], {}],
  [() => x],
  [() => 3, x],
  [null, x, x],
  [(a: unknown) => a, x, 3],
]

const show = (value: unknown): string =>
  value instanceof tensorloom.Tensor
    ? 'a tensor'
    : Array.isArray(value)
      ? `[${value.map(show).join(', ')}]`
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value)

/** Functions on tensors that the source files of a folder export. */
async function functionsOf(folder: string): Promise<[string, (...args: readonly unknown[]) => unknown][]> {
  const files = readdirSync(join(rootPath, folder)).filter(file => file.endsWith('.ts'))
  const modules: unknown[] = await Promise.all(files.map(file => import(join(rootPath, folder, file))))
  const names = new Set(modules.flatMap(module => Object.keys(module as object)))
  return Object.entries(tensorloom).flatMap(([name, value]) =>
    typeof value === 'function' && names.has(name) && /^[a-z]/.test(name)
      ? [[name, value as (...args: readonly unknown[]) => unknown]]
      : [],
  )
}

/** Whether a call returns or throws one of our errors; else what it threw. */
function otherError(call: (...args: readonly unknown[]) => unknown, args: readonly unknown[]): string | null {
  try {
    call(...args)
    return null
  } catch (error) {
    return error instanceof TensorloomError ? null : `(${args.map(show).join(', ')}) → ${String(error)}`
  }
}

const folders = await Promise.all(['src/ops', 'src/autodiff'].map(functionsOf))
const functions = folders.flat()
const namespaces = Object.entries({ linalg: tensorloom.linalg, random: tensorloom.random }).flatMap(
  ([space, members]) =>
    Object.entries(members).map(([name, call]): [string, (...args: readonly unknown[]) => unknown] => [
      `${space}.${name}`,
      call as (...args: readonly unknown[]) => unknown,
    ]),
)
const creators: readonly string[] = [
  'tensor',
  'full',
  'zeros',
  'ones',
  'zerosLike',
  'onesLike',
  'eye',
  'rand',
  'randn',
  'uniform',
  'randint',
  'randperm',
]
const made = Object.entries(tensorloom).flatMap(
  ([name, call]): [string, (...args: readonly unknown[]) => unknown][] =>
    creators.includes(name) ? [[name, call as (...args: readonly unknown[]) => unknown]] : [],
)

describe('wrong and missing arguments', () => {
  it('are tried on many functions', () => expect(functions.length).toBeGreaterThan(110))

  it.each([...functions, ...namespaces, ...made])('are refused by errors of the library: %s', (_, call) => {
    expect(wrongLists.map(args => otherError(call, args)).filter(text => text !== null)).toEqual([])
  })
})
