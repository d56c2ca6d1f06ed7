import { describe, expect, it } from 'vitest'
import { countLine, featuresPage } from '../../tools/features/page.ts'
import { readRoot, rootPath } from '../readme/snippets.ts'

describe('docs/features.md', () => {
  const page = featuresPage(rootPath)

  it('is what the source says; `npx tsx tools/features/main.ts` writes it', () => {
    expect(readRoot('docs/features.md')).toBe(page)
  })

  it('names what there is, with a sentence for each', () => {
    for (const name of [
      'matmul',
      'linalg.solve',
      'random.gamma',
      'LSTM',
      'huber',
      'AdamW',
      'vmap',
      'cosineSchedule',
      'f1Score',
    ]) {
      expect(page).toMatch(new RegExp(`^\\| \`${name}\` \\| [^|]{10,}`, 'm'))
    }
    expect(page).not.toMatch(/^\| `[\w.]+` \| +\|$/m)
  })

  it('counts', () => {
    expect(countLine()).toMatch(/^\d{3} operations × \d devices/)
    expect(page).toContain(countLine())
  })
})
