import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: import.meta.dirname,
  test: { include: ['*.interop.ts'], testTimeout: 60_000, pool: 'forks', maxWorkers: 1 },
})
