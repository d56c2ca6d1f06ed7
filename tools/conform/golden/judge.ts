import { compareAll } from '../compare.ts'
import { attempt, type CaseIdentity, type CaseResult, judged, notApplicable } from '../result.ts'
import type { GoldenCase, NamedValues } from './case.ts'
import { expectedValues, ruleOf } from './expected.ts'
import { reasonNotApplicable } from './not-applicable.ts'

/** Computes everything that a case expects, under the names of `expectedValues`. */
export type Producer = (goldenCase: GoldenCase) => NamedValues

/** Producers by kind of case. */
export type Producers = Readonly<Record<string, Producer>>

/** Runs one case and compares all that it expects. Whatever is unknown fails. */
export function judgeCase(
  file: string,
  device: string,
  goldenCase: GoldenCase,
  producers: Producers,
): Promise<CaseResult> {
  const { name, op, kind } = goldenCase
  const identity: CaseIdentity = { file, name, op, device }
  return attempt(identity, () => {
    const reason = reasonNotApplicable(goldenCase)
    if (reason !== undefined) return notApplicable(identity, reason)
    if (!Object.hasOwn(producers, kind)) throw new Error(`the runner does not know the kind "${kind}"`)
    const want = expectedValues(goldenCase)
    if (want.size === 0) throw new Error('the case expects nothing')
    const { worst, problems } = compareAll(producers[kind](goldenCase), want, key => ruleOf(goldenCase, key))
    return judged(identity, worst, problems)
  })
}
