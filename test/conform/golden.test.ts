import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { adapters } from '../../tools/conform/golden/adapters.ts'
import { reasonNotApplicable } from '../../tools/conform/golden/not-applicable.ts'
import { cpuDevices, loadGoldenFolder, runGoldenCase } from '../../tools/conform/golden/run.ts'

const files = await loadGoldenFolder(join(import.meta.dirname, '../golden'))

/**
 * Where the library does not give what was recorded. The list must be exact: a case that passes again has to leave it.
 */
const deviations: Readonly<Record<string, readonly string[]>> = {
  wasm: ['log1p/special', 'sign/special', 'logsumexp/large', 'tanh/2'],
  reference: ['log1p/special', 'sign/special', 'logsumexp/large'],
  reference64: [],
}

describe.each(cpuDevices)('the golden cases on %s', device => {
  it.each(files)('of $file pass', async ({ file, cases }) => {
    const names = new Set(cases.map(goldenCase => goldenCase.name))
    const failed: string[] = []
    const unexpected: string[] = []
    for (const goldenCase of cases) {
      const { name, status, problem } = await runGoldenCase(file, device, goldenCase)
      if (status !== 'failed') continue
      failed.push(name)
      if (!deviations[device].includes(name)) unexpected.push(`${name}: ${problem}`)
    }
    expect(unexpected).toEqual([])
    expect(failed).toEqual(deviations[device].filter(name => names.has(name)))
  })
})

describe('the table of what does not apply', () => {
  it('names no op that the runner can run', () => {
    const contradictions = files
      .flatMap(({ cases }) => cases)
      .filter(
        goldenCase => Object.hasOwn(adapters, goldenCase.op) && reasonNotApplicable(goldenCase) !== undefined,
      )
    expect(contradictions.map(goldenCase => goldenCase.name)).toEqual([])
  })
})
