import { summarize } from '../report.ts'
import type { CaseResult } from '../result.ts'

/** The table of operators: how many cases passed, failed, and use operators that there are none of here. */
export function operatorTable(results: readonly CaseResult[]): string {
  const operators = [...new Set(results.map(({ op }) => op))].sort()
  const rows = operators.map(op => {
    const { passed, failed, notApplicable } = summarize(results.filter(result => result.op === op))
    return `| ${op} | ${passed} | ${failed} | ${notApplicable} |`
  })
  return ['| operator | passed | failed | unsupported |', '|---|---|---|---|', ...rows].join('\n')
}
