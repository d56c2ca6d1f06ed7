import { defineConfig } from 'vitest/config'

// Tests of data from outside the repository exist only where the variable says where it is.
const outside = process.env.TENSORLOOM_FIXTURES ? [] : ['test/fixtures/**']

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: outside,
    globalSetup: ['test/setup/fresh-kernels.ts'],
    testTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
