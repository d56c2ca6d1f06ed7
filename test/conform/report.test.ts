import { describe, expect, it } from 'vitest'
import { formatJson, formatReport } from '../../tools/conform/report.ts'
import { type CaseIdentity, failed, judged, notApplicable } from '../../tools/conform/result.ts'

const identity = (name: string, op: string): CaseIdentity => ({ file: 'ops.json', name, op, device: 'wasm' })

const results = [
  judged(identity('add/0', 'add'), 0.5, []),
  judged(identity('mul/0', 'mul'), 12.3456, ['out: 1 of 2 wrong']),
  failed(identity('div/0', 'div'), 'out: missing'),
  notApplicable(identity('conv1d/0', 'conv1d'), 'no convolution'),
  notApplicable(identity('conv1d/1', 'conv1d'), 'no convolution'),
]

describe('the report', () => {
  it('counts, names the failures with their worst error, and groups what does not apply', () => {
    expect(formatReport(results).split('\n')).toEqual([
      'wasm: 5 cases, 1 passed, 2 failed, 2 not applicable',
      '',
      'Failed',
      '  ops.json mul/0 on wasm: worst error 12.3 × allowed',
      '    out: 1 of 2 wrong',
      '  ops.json div/0 on wasm: not comparable',
      '    out: missing',
      '',
      'Not applicable',
      '  conv1d: no convolution (2 cases)',
    ])
  })

  it('is JSON for programs', () => {
    const { summary, results: parsed } = JSON.parse(formatJson(results))
    expect(summary).toEqual({ cases: 5, passed: 1, failed: 2, notApplicable: 2 })
    expect(parsed[2]).toEqual({
      ...identity('div/0', 'div'),
      status: 'failed',
      worst: null,
      problem: 'out: missing',
    })
  })
})
