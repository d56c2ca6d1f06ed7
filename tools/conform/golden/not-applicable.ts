import type { GoldenCase } from './case.ts'

/** Why cases do not apply to this library, by the part of their names before the slash. */
const reasonByName: Readonly<Record<string, string>> = {
  batch_norm_eval:
    'its output was computed with other running statistics than it records (test/nn/normalization.test.ts finds them)',
}

/** Why a case does not apply to this library, or undefined where it does. */
export function reasonNotApplicable({ name }: GoldenCase): string | undefined {
  const [key] = name.split('/')
  return Object.hasOwn(reasonByName, key) ? reasonByName[key] : undefined
}
