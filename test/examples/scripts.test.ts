import { readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'

const scripts = ['xor', 'linear-regression', 'custom-training-loop']

describe.each(scripts)('examples/%s.ts', name => {
  it('learns what it says', async () => {
    const print = vi.spyOn(console, 'log').mockImplementation(() => {})
    // It throws when it has not learnt its task.
    await import(`../../examples/${name}.ts`)
    expect(print).toHaveBeenCalled()
    print.mockRestore()
  })

  it('is shorter than 80 lines', () => {
    const lines = readFileSync(new URL(`../../examples/${name}.ts`, import.meta.url), 'utf8').split('\n')
    expect(lines.length).toBeLessThan(80)
  })
})
