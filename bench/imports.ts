/** W10: import time in fresh processes, and the installed size with all dependencies. */
import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Timed } from './harness.ts'
import type { Candidate, Importing } from './libraries.ts'

const javascriptProgram = (modules: readonly string[]): string => {
  const specifiers = modules.map(module => (module.startsWith('/') ? pathToFileURL(module).href : module))
  return `const start = performance.now()
for (const module of ${JSON.stringify(specifiers)}) await import(module)
const seconds = (performance.now() - start) / 1000
console.log('@seconds ' + seconds)
process.exit(0)`
}

const pythonProgram = (modules: readonly string[]): string =>
  `import time; start = time.perf_counter(); import ${modules.join(', ')}; print('@seconds', time.perf_counter() - start)`

const importOnce = (command: string, { modules, language, packageRoot }: Importing): number => {
  const program =
    language === 'python'
      ? ['-c', pythonProgram(modules)]
      : ['--input-type=module', '--eval', javascriptProgram(modules)]
  const child = spawnSync(command, program, { cwd: packageRoot, encoding: 'utf8' })
  const seconds = /^@seconds (.*)$/m.exec(child.stdout)
  if (!seconds) throw new Error(child.stderr.trim().split('\n').at(-1) || 'the import failed')
  return Number(seconds[1])
}

/** A candidate whose slice is one import in a fresh process, or the reason why there is none. */
export const importTimed = ({ launch, importing }: Candidate): Timed | { cannot: string } => {
  if (!importing) return { cannot: 'nothing of its own to import' }
  const [first] = importing.modules
  if (first.startsWith('/') && !existsSync(first)) return { cannot: 'not built: npm run build' }
  return { name: launch.name, slice: async () => [importOnce(launch.command, importing)] }
}

const folderBytes = (path: string): number => {
  const status = lstatSync(path)
  if (!status.isDirectory()) return status.size
  return readdirSync(path).reduce((sum, entry) => sum + folderBytes(join(path, entry)), 0)
}

/** Folders of the packages that `names` need, themselves included, found the way Node finds them. */
const packageClosure = (root: string, names: readonly string[]): Set<string> => {
  const found = new Set<string>()
  const visit = (from: string, name: string): void => {
    let at = from
    while (!existsSync(join(at, 'node_modules', name, 'package.json'))) {
      if (at === root || at === dirname(at)) return
      at = dirname(at)
    }
    const path = join(at, 'node_modules', name)
    if (found.has(path)) return
    found.add(path)
    const { dependencies = {} } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>
    }
    for (const dependency of Object.keys(dependencies)) visit(path, dependency)
  }
  for (const name of names) visit(root, name)
  return found
}

/** A package's own files, without what is installed inside of it. */
const packageBytes = (path: string): number =>
  readdirSync(path)
    .filter(entry => entry !== 'node_modules')
    .reduce((sum, entry) => sum + folderBytes(join(path, entry)), 0)

/** Bytes and number of packages that installing the candidate brings, or the reason why that is not known. */
export const installedSize = ({
  importing,
}: Candidate): { bytes: number; packages: number } | { cannot: string } => {
  if (!importing) return { cannot: 'nothing of its own to install' }
  if (importing.language === 'python') return { cannot: 'not an npm package' }
  if (importing.packageRoot) {
    const folders = [...packageClosure(importing.packageRoot, importing.modules)]
    return { bytes: folders.reduce((sum, path) => sum + packageBytes(path), 0), packages: folders.length }
  }
  const distribution = dirname(importing.modules[0])
  if (!existsSync(distribution)) return { cannot: 'not built: npm run build' }
  return { bytes: folderBytes(distribution), packages: 1 }
}
