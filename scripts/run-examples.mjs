// Runs every example (examples/*.ts and examples/*/main.ts) in its quick form; fails if one of them does. The page in
// examples/browser is tested in a browser instead.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const folder = join(root, 'examples')

const examples = readdirSync(folder, { withFileTypes: true })
  .filter(entry => !existsSync(join(folder, entry.name, 'index.html')))
  .map(entry => (entry.isDirectory() ? join(entry.name, 'main.ts') : entry.name))
  .filter(name => name.endsWith('.ts') && existsSync(join(folder, name)))
  .sort()

let failures = 0
for (const name of examples) {
  const start = performance.now()
  const { status, error, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', join(folder, name)],
    {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, TENSORLOOM_EXAMPLE_QUICK: '1' },
      timeout: 300_000,
    },
  )
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${status === 0 ? 'pass' : 'FAIL'}  examples/${name.replaceAll('\\', '/')}  ${seconds} s`)
  if (status === 0) continue
  failures++
  console.log(error === undefined ? `${stdout}${stderr}` : String(error))
}
if (failures > 0) {
  console.log(`${failures} of ${examples.length} examples failed`)
  process.exitCode = 1
}
