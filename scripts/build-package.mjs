// Builds dist: one ES module without dependencies, and the declarations that a consumer's compiler reads.
import { build } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(root, 'dist')

/** Specifiers of other files, wherever they stand: import … from, import(…), declare module. */
const SPECIFIER = /(\b(?:from|import|declare module)\s*\(?\s*)(['"])(\.{1,2}\/[^'"]+)\.ts\2/g

/** Names are kept: they stand in users' stack traces. */
async function bundle() {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/index.ts'],
    outfile: join(dist, 'index.js'),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    external: ['node:*'],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  const [output] = Object.values(metafile.outputs)
  const imports = output.imports.map(({ path }) => path).filter(path => !path.startsWith('node:'))
  if (imports.length > 0) throw new Error(`the bundle imports ${imports.join(', ')}`)
}

/** TypeScript declares WebAssembly with the DOM only; a file that names its types gets them as opaque ones. */
function withoutDom(text) {
  const names = new Set([...text.matchAll(/\bWebAssembly\.(\w+)/g)].map(([, name]) => name))
  const interfaces = [...names].map(name => `interface ${name} {} `).join('')
  return names.size === 0 ? text : `${text}declare namespace WebAssembly { ${interfaces}}\n`
}

function compileDeclarations(folder) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const { status, stdout } = spawnSync(
    process.execPath,
    [compiler, '-p', 'tsconfig.build.json', '--outDir', folder],
    { cwd: root, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`tsc failed\n${stdout}`)
}

/**
 * Copies the declarations that index.d.ts reaches. Their imports end in .js, which every way of resolving modules
 * understands; a file is reached through imports only, so those that serve the code alone stay out.
 */
function copyReachable(from, entry) {
  const seen = new Set([entry])
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

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist)
const declarations = mkdtempSync(join(dist, 'declarations-'))
try {
  await bundle()
  compileDeclarations(declarations)
  const count = copyReachable(declarations, join('src', 'index.d.ts'))
  const { length } = readFileSync(join(dist, 'index.js'))
  console.log(`dist: index.js ${(length / 1024).toFixed(0)} KiB, ${count} declaration files`)
} finally {
  rmSync(declarations, { recursive: true, force: true })
}
