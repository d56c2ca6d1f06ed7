// The declarations of dist: those that the entries reach, with imports that every way of resolving modules understands.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { dist, entries, root } from './entries.mjs'

/** Specifiers of other files, wherever they stand: import … from, import(…), declare module. */
const SPECIFIER = /(\b(?:from|import|declare module)\s*\(?\s*)(['"])(\.{1,2}\/[^'"]+)\.ts\2/g

/** TypeScript declares WebAssembly with the DOM only; a file that names its types gets them as opaque ones. */
function withoutDom(text) {
  const names = new Set([...text.matchAll(/\bWebAssembly\.(\w+)/g)].map(([, name]) => name))
  const interfaces = [...names].map(name => `interface ${name} {} `).join('')
  return names.size === 0 ? text : `${text}declare namespace WebAssembly { ${interfaces}}\n`
}

function compile(folder) {
  const project = join(folder, 'tsconfig.json')
  const files = entries.map(({ source }) => relative(folder, join(root, source)))
  writeFileSync(
    project,
    JSON.stringify({
      extends: relative(folder, join(root, 'tsconfig.build.json')),
      compilerOptions: { rootDir: relative(folder, root), outDir: 'out' },
      include: [],
      files,
    }),
  )
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', project], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`tsc failed\n${stdout}`)
  return join(folder, 'out')
}

/**
 * Copies the declarations that the entries reach. Their imports end in .js; a file is reached through imports only, so
 * those that serve the code alone stay out.
 */
function copyReachable(from) {
  const seen = new Set(entries.map(({ source }) => source.replace(/\.ts$/, '.d.ts')))
  for (const file of seen) {
    const text = readFileSync(join(from, file), 'utf8').replace(SPECIFIER, (_, before, quote, path) => {
      const target = join(dirname(file), `${path}.d.ts`)
      if (existsSync(join(from, target))) seen.add(target)
      return `${before}${quote}${path}.js${quote}`
    })
    mkdirSync(dirname(join(dist, file)), { recursive: true })
    writeFileSync(join(dist, file), withoutDom(text))
  }
  return seen.size
}

/** Writes them; returns how many files there are. */
export function buildDeclarations() {
  const folder = mkdtempSync(join(dist, 'declarations-'))
  try {
    return copyReachable(compile(folder))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
