import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { adapters } from '../../tools/conform/golden/adapters.ts'
import { reasonNotApplicable } from '../../tools/conform/golden/not-applicable.ts'
import { cpuDevices, loadGoldenFolder, runGoldenCase } from '../../tools/conform/golden/run.ts'

const files = await loadGoldenFolder(join(import.meta.dirname, '../golden'))

describe.each(cpuDevices)('the golden cases on %s', device => {
  it.each(files)('of $file pass', async ({ file, cases }) => {
    const failed: string[] = []
    for (const goldenCase of cases) {
      const { name, status, problem } = await runGoldenCase(file, device, goldenCase)
      if (status === 'failed') failed.push(`${name}: ${problem}`)
    }
    expect(failed).toEqual([])
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
