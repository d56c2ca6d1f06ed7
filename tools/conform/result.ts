/** The outcome of one case on one device. */
export interface CaseResult {
  readonly file: string
  readonly name: string
  readonly op: string
  readonly device: string
  readonly status: 'passed' | 'failed' | 'notApplicable'
  /** Largest error as a multiple of what is allowed: 1 is the limit; Infinity where nothing was comparable. */
  readonly worst: number
  /** Why it failed, or why it does not apply. */
  readonly problem?: string
}

/** What is known of a case before it runs. */
export type CaseIdentity = Pick<CaseResult, 'file' | 'name' | 'op' | 'device'>

export function notApplicable(identity: CaseIdentity, reason: string): CaseResult {
  return { ...identity, status: 'notApplicable', worst: 0, problem: reason }
}

export function failed(
  identity: CaseIdentity,
  problem: string,
  worst = Number.POSITIVE_INFINITY,
): CaseResult {
  return { ...identity, status: 'failed', worst, problem }
}

/** Passed when nothing is wrong. */
export function judged(identity: CaseIdentity, worst: number, problems: readonly string[]): CaseResult {
  if (problems.length > 0) return failed(identity, problems.join('; '), worst)
  return { ...identity, status: 'passed', worst }
}

/** Runs a check and turns whatever it throws into a failure: a runner never stops at a bad case. */
export async function attempt(
  identity: CaseIdentity,
  check: () => CaseResult | Promise<CaseResult>,
): Promise<CaseResult> {
  try {
    return await check()
  } catch (error) {
    return failed(identity, error instanceof Error ? `${error.name}: ${error.message}` : String(error))
  }
}
