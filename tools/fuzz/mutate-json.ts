import type { Generator } from '../../src/index.ts'

type Container = Record<string, unknown> | unknown[]

/** A value inside another, and where it is. */
interface Spot {
  readonly parent: Container
  readonly key: string
  readonly value: unknown
}

const nested = (depth: number): unknown => {
  let value: unknown = 0
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

/** What programs forget to think of. */
const ODD: readonly (() => unknown)[] = [
  ...[null, true, false, 0, 1, -1, -0.5, 1.5, 3, 7, 255, 65536, 2 ** 31, 2 ** 53, 1e308, 5e-324].map(
    value => () => value,
  ),
  ...['', 'x', '0', '__proto__', 'constructor', 'toString', '\ud800', '\u0000', 'NaN', '9e9', 'a.b'].map(
    value => () => value,
  ),
  ...['../x', '%2e%2e/x', '.\t./x', ' https://other.test/x', '/etc/hostname', '..\\x', 'C:/x', 'a//b'].map(
    value => () => value,
  ),
  () => 'x'.repeat(5000),
  () => [],
  () => ({}),
  () => [[]],
  () => [null],
  () => [-1, 2],
  () => [2 ** 26, 2 ** 26],
  () => Array(300).fill(0),
  () => nested(70),
  () => nested(300),
]

/** Deeper than functions can call themselves. */
const DEEP = 20_000
const NUMBER = /:\d+(?=[,}\]])/

const KEYS = ['__proto__', 'constructor', 'prototype', 'toJSON', 'length', 'then', '$map', '$tensor', '0', '']

const pick = <T>(list: readonly T[], random: Generator): T => list[random.below(list.length)]

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null

/** Sets an own property, of whatever name: JSON.parse makes own ones of `__proto__`, too. */
const give = (parent: Container, key: string, value: unknown): void =>
  void Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true })

function spotsIn(root: Container): Spot[] {
  const spots: Spot[] = []
  const visit = (parent: Container): void => {
    for (const [key, value] of Object.entries(parent)) {
      spots.push({ parent, key, value })
      if (isContainer(value)) visit(value)
    }
  }
  visit(root)
  return spots
}

type Mutation = (spot: Spot, spots: readonly Spot[], random: Generator) => void

const replace: Mutation = ({ parent, key }, _, random) => give(parent, key, pick(ODD, random)())

const mutations: readonly Mutation[] = [
  replace,
  replace,
  // Another value of the same kind, so that more is right than wrong.
  ({ parent, key, value }, spots, random) => {
    const alike = spots.filter(other => typeof other.value === typeof value)
    give(parent, key, structuredClone(pick(alike, random).value))
  },
  ({ parent, key }, spots, random) => give(parent, key, structuredClone(pick(spots, random).value)),
  ({ parent, key, value }, spots, random) => {
    if (typeof value === 'number') give(parent, key, value + pick([-1, 1, 0.5, value, -2 * value], random))
    else replace({ parent, key, value }, spots, random)
  },
  ({ parent, key }) => {
    if (Array.isArray(parent)) parent.splice(Number(key), 1)
    else Reflect.deleteProperty(parent, key)
  },
  ({ parent, key, value }) => {
    if (Array.isArray(parent)) parent.splice(Number(key), 0, structuredClone(value))
    else give(parent, `${key}_1`, structuredClone(value))
  },
  ({ parent, key, value }, _, random) => {
    if (Array.isArray(parent)) parent.reverse()
    else {
      Reflect.deleteProperty(parent, key)
      give(parent, pick(KEYS, random), value)
    }
  },
  ({ parent, value }, _, random) => {
    const target = isContainer(value) ? value : parent
    if (Array.isArray(target)) target.push(pick(ODD, random)())
    else give(target, pick(KEYS, random), random.below(2) === 0 ? { polluted: true } : pick(ODD, random)())
  },
]

const asContainer = (text: unknown): Container | null => {
  if (typeof text !== 'string' || !/^[[{]/.test(text)) return null
  try {
    const value: unknown = JSON.parse(text)
    return isContainer(value) ? value : null
  } catch {
    return null
  }
}

function mutateContainer(root: Container, random: Generator): void {
  for (let round = random.below(3); round >= 0; round--) {
    const spots = spotsIn(root)
    if (spots.length === 0) return
    const spot = pick(spots, random)
    // JSON in a text: mostly it is what is inside that counts.
    const inner = asContainer(spot.value)
    if (inner !== null && random.below(16) > 0) {
      mutateContainer(inner, random)
      give(spot.parent, spot.key, JSON.stringify(inner))
    } else pick(mutations, random)(spot, spots, random)
  }
}

/** The same JSON after one to three changes: values, keys, order, and what is inside texts that are JSON themselves. */
export function mutateJson(text: string, random: Generator): string {
  const root = asContainer(text)
  if (root === null) return text
  mutateContainer(root, random)
  const result = JSON.stringify(root)
  // What JSON.stringify does not write: a number beyond all bounds, a key that comes twice, lists without end.
  if (random.below(40) === 0) return result.replace(NUMBER, ':1e999')
  if (random.below(40) === 0) return result.replace('{', '{"__proto__":{"polluted":1},')
  if (random.below(40) === 0) return result.replace(NUMBER, `:${'['.repeat(DEEP)}${']'.repeat(DEEP)}`)
  return result
}
