import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
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
  it('names three cases, whose statistics test/nn/normalization.test.ts finds', () => {
    const names = files
      .flatMap(({ cases }) => cases)
      .filter(goldenCase => reasonNotApplicable(goldenCase) !== undefined)
      .map(({ name }) => name)
    expect(names).toEqual(['batch_norm_eval/0', 'batch_norm_eval/1', 'batch_norm_eval/2'])
  })
})
