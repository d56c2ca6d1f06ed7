import type { CaseResult } from './result.ts'

export interface Summary {
  readonly cases: number
  readonly passed: number
  readonly failed: number
  readonly notApplicable: number
}

export function summarize(results: readonly CaseResult[]): Summary {
  const count = (status: CaseResult['status']): number => results.filter(r => r.status === status).length
  return {
    cases: results.length,
    passed: count('passed'),
    failed: count('failed'),
    notApplicable: count('notApplicable'),
  }
}

/** The report for people: totals by device, every failure, and what does not apply, by op. */
export function formatReport(results: readonly CaseResult[]): string {
  const lines = [...new Set(results.map(result => result.device))].map(device => {
    const summary = summarize(results.filter(result => result.device === device))
    const { cases, passed, failed, notApplicable } = summary
    return `${device}: ${cases} cases, ${passed} passed, ${failed} failed, ${notApplicable} not applicable`
  })
  const failures = results.filter(result => result.status === 'failed')
  if (failures.length > 0) lines.push('', 'Failed', ...failures.map(formatFailure))
  const groups = notApplicableByOp(results)
  if (groups.length > 0) lines.push('', 'Not applicable', ...groups)
  return lines.join('\n')
}

function formatFailure({ file, name, device, worst, problem }: CaseResult): string {
  const size = Number.isFinite(worst) ? `worst error ${worst.toPrecision(3)} × allowed` : 'not comparable'
  return `  ${file} ${name} on ${device}: ${size}\n    ${problem}`
}

function notApplicableByOp(results: readonly CaseResult[]): string[] {
  const groups = new Map<string, number>()
  for (const { op, status, problem } of results) {
    if (status !== 'notApplicable') continue
    const key = `${op}: ${problem}`
    groups.set(key, (groups.get(key) ?? 0) + 1)
  }
  return [...groups].map(([key, count]) => `  ${key} (${count} ${count === 1 ? 'case' : 'cases'})`)
}

/** The report for programs. JSON has no infinity: `worst` is null where nothing was comparable. */
export function formatJson(results: readonly CaseResult[]): string {
  return JSON.stringify({ summary: summarize(results), results }, null, 1)
}
