import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup/fresh-kernels.ts'],
    testTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    isolate: true,
  },
})
