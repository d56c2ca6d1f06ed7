// Builds the demonstration of examples/browser and serves it: npm run demo [-- --port 4173]
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build, preview } from 'vite'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { values } = parseArgs({ options: { port: { type: 'string', default: '4173' } } })
const configFile = join(root, 'examples/browser/vite.config.ts')

const { status } = spawnSync(process.execPath, [join(root, 'scripts/build-kernels.mjs')], {
  stdio: 'inherit',
})
if (status !== 0) process.exit(status ?? 1)
await build({ configFile, logLevel: 'warn' })
const server = await preview({ configFile, preview: { port: Number(values.port) } })
server.printUrls()
