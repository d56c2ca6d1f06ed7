import { elementCount, type Values } from './decode.ts'

/** How close a value must be. */
export type Rule =
  | { readonly kind: 'tolerance'; readonly absolute: number; readonly relative?: number }
  /** For cases computed in float32: no tolerance of their own, and the sign of zero may count. */
  | { readonly kind: 'extreme'; readonly signedZero: boolean }

export interface Comparison {
  /** Largest error as a multiple of what is allowed. */
  readonly worst: number
  readonly problems: readonly string[]
}

const RELATIVE = 1e-5
const EXTREME_ABSOLUTE = 2e-6

/** Compares named tensors. A missing one and an extra one are problems, like a wrong value. */
export function compareAll(
  got: ReadonlyMap<string, Values>,
  want: ReadonlyMap<string, Values>,
  ruleOf: (name: string) => Rule,
): Comparison {
  let worst = 0
  const problems: string[] = []
  for (const [name, wanted] of want) {
    const comparison = compareTensor(name, got.get(name), wanted, ruleOf(name))
    worst = Math.max(worst, comparison.worst)
    problems.push(...comparison.problems)
  }
  for (const name of got.keys()) {
    if (want.has(name)) continue
    worst = Number.POSITIVE_INFINITY
    problems.push(`${name}: not expected`)
  }
  return { worst, problems }
}

/** Compares one tensor: dtype, shape, then every value. */
export function compareTensor(name: string, got: Values | undefined, want: Values, rule: Rule): Comparison {
  const mismatch = structuralMismatch(got, want)
  if (got === undefined || mismatch !== undefined) {
    return { worst: Number.POSITIVE_INFINITY, problems: [`${name}: ${mismatch}`] }
  }
  const exact = want.dtype === 'i32' || want.dtype === 'u8'
  let worst = 0
  let worstIndex = 0
  let wrong = 0
  for (let index = 0; index < want.data.length; index++) {
    const error = errorOf(got.data[index], want.data[index], exact, rule)
    if (error > 1) wrong++
    if (error <= worst) continue
    worst = error
    worstIndex = index
  }
  if (wrong === 0) return { worst, problems: [] }
  const values = `got ${print(got.data[worstIndex])}, want ${print(want.data[worstIndex])}`
  const where = `[${coordinates(worstIndex, want.shape).join(', ')}]`
  return {
    worst,
    problems: [
      `${name}: ${wrong} of ${want.data.length} wrong, worst at ${where}: ${values} (${worst.toPrecision(3)} × allowed)`,
    ],
  }
}

function structuralMismatch(got: Values | undefined, want: Values): string | undefined {
  if (got === undefined) return 'missing'
  if (!sameKind(got.dtype, want.dtype)) return `dtype ${got.dtype}, want ${want.dtype}`
  if (got.shape.length !== want.shape.length || got.shape.some((size, axis) => size !== want.shape[axis])) {
    return `shape [${got.shape.join(', ')}], want [${want.shape.join(', ')}]`
  }
  const expected = elementCount(want.shape)
  if (want.data.length !== expected) return `the case has ${want.data.length} values for ${expected} places`
  if (got.data.length !== expected) return `${got.data.length} values, want ${expected}`
  return undefined
}

/** float32 answers a float64 expectation: the files are computed in higher precision. */
function sameKind(got: Values['dtype'], want: Values['dtype']): boolean {
  const isFloat = (dtype: Values['dtype']): boolean => dtype === 'f32' || dtype === 'f64'
  return got === want || (isFloat(got) && isFloat(want))
}

/** Error as a multiple of what is allowed: at most 1 is right. */
function errorOf(got: number, want: number, exact: boolean, rule: Rule): number {
  if (exact || !Number.isFinite(want)) return Object.is(got, want) ? 0 : Number.POSITIVE_INFINITY
  if (!Number.isFinite(got)) return Number.POSITIVE_INFINITY
  if (rule.kind === 'extreme' && rule.signedZero && want === 0 && isNegative(got) !== isNegative(want)) {
    return Number.POSITIVE_INFINITY
  }
  const allowed =
    rule.kind === 'extreme'
      ? Math.max(EXTREME_ABSOLUTE, RELATIVE * Math.abs(want))
      : rule.absolute + (rule.relative ?? RELATIVE) * Math.abs(want)
  const difference = Math.abs(got - want)
  return difference === 0 ? 0 : difference / allowed
}

function isNegative(value: number): boolean {
  return value < 0 || Object.is(value, -0)
}

function print(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

function coordinates(index: number, shape: readonly number[]): number[] {
  const result: number[] = []
  let rest = index
  for (const size of [...shape].reverse()) {
    result.unshift(rest % size)
    rest = Math.floor(rest / size)
  }
  return result
}
