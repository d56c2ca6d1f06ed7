import type { Rule } from '../compare.ts'
import type { Values } from '../decode.ts'
import type { GoldenCase, NamedValues } from './case.ts'

/** Ops whose sign of zero must match where a case was recorded in float32. */
const signedZeroOps: ReadonlySet<string> = new Set(['neg', 'abs', 'mul', 'div', 'sqrt', 'floor'])

/** Everything that a case expects, under the names that its tolerances use. */
export function expectedValues(goldenCase: GoldenCase): NamedValues {
  return new Map<string, Values>([
    ...goldenCase.outputs,
    ...prefixed('grad', goldenCase.gradients),
    ...prefixed('hvp', goldenCase.hessianProducts),
    ...prefixed('first_grad', goldenCase.firstGradients),
    ...prefixed('final_param', goldenCase.finalParameters),
    ...prefixed('final_buffer', goldenCase.finalBuffers),
  ])
}

export function prefixed<V>(prefix: string, values: ReadonlyMap<string, V>): [string, V][] {
  return [...values].map(([name, value]) => [`${prefix}.${name}`, value])
}

/** How close each of them must be. Without a tolerance of its own, a value gets none beyond the relative one. */
export function ruleOf(goldenCase: GoldenCase, name: string): Rule {
  if (!goldenCase.float32) return { kind: 'tolerance', absolute: goldenCase.tolerances.get(name) ?? 0 }
  return { kind: 'extreme', signedZero: goldenCase.outputs.has(name) && signedZeroOps.has(goldenCase.op) }
}
