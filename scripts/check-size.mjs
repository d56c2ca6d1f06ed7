// Bundles the text classifier from the built package with esbuild, Vite and webpack, runs each bundle, and refuses
// sizes beyond the limit. Build the package first: npm run build.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { dist, root } from './package/entries.mjs'

/** Bytes of what a page loads before it starts, gzipped; the kernels are about 30,000 of them. */
const MAXIMUM_GZIPPED_BYTES = 140_000

/** Packages that no bundle of a classifier may hold. */
const FOREIGN = /gpu-browser|node_modules\/(gpu\.js|webgpu|protobufjs|h5wasm)\//

async function withEsbuild(entry, folder) {
  const { build } = await import('esbuild')
  await build({
    entryPoints: [entry],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    minify: true,
    target: 'es2022',
    logLevel: 'error',
  })
}

async function withVite(entry, folder) {
  const { build } = await import('vite')
  await build({
    root: join(entry, '..'),
    configFile: false,
    logLevel: 'error',
    build: { outDir: folder, modulePreload: false, rolldownOptions: { input: entry } },
  })
}

async function withWebpack(entry, folder) {
  const { default: webpack } = await import('webpack')
  const stats = await new Promise((resolve, reject) =>
    webpack(
      {
        mode: 'production',
        context: join(entry, '..'),
        entry,
        target: ['web', 'es2022'],
        experiments: { outputModule: true },
        output: { path: folder, module: true, library: { type: 'module' } },
        performance: false,
      },
      (error, result) => (error ? reject(error) : resolve(result)),
    ),
  )
  if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }))
}

const scriptNames = folder => readdirSync(folder, { recursive: true }).filter(name => /\.m?js$/.test(name))

/** The script that holds the page's own program. */
function entryOf(folder) {
  const found = scriptNames(folder).filter(name =>
    readFileSync(join(folder, name), 'utf8').includes('classified'),
  )
  if (found.length !== 1) throw new Error(`${found.length} scripts hold the program, expected 1`)
  return found[0]
}

/** What a page loads before it starts: its script, and what that imports by name, not what it imports when it wants it. */
function startingScripts(folder) {
  const names = new Set([entryOf(folder)])
  for (const name of names) {
    const text = readFileSync(join(folder, name), 'utf8')
    for (const [, path] of text.matchAll(/(?:\bfrom|\bimport)\s*["'](\.[^"']+)["']/g))
      names.add(join(dirname(name), path))
  }
  return [...names]
}

/** Runs the bundle in Node, which has all that it needs of a browser. */
function smokeTest(name, folder) {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const program = `await import(${JSON.stringify(pathToFileURL(join(folder, entryOf(folder))))})
    const [good, bad] = await globalThis.classified
    if (!(good > 0.9 && bad < 0.1)) throw new Error('classified as ' + good + ' and ' + bad)`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the bundle of ${name} does not run\n${stderr}`)
}

/** The starting scripts of a bundle, as texts, and the sets of kernels in them. */
function readBundle(folder) {
  const texts = startingScripts(folder).map(script => readFileSync(join(folder, script), 'utf8'))
  const kernels = texts.flatMap(text => text.match(/[A-Za-z\d+/=]{10000,}/g) ?? [])
  return { texts, kernels }
}

function measure(name, folder) {
  const { texts, kernels } = readBundle(folder)
  const text = texts.join('\n')
  if (FOREIGN.test(text)) throw new Error(`the bundle of ${name} holds a foreign package`)
  if (kernels.length !== 1)
    throw new Error(`the bundle of ${name} holds ${kernels.length} sets of kernels, expected 1`)
  smokeTest(name, folder)
  const gzipped = texts.reduce((sum, script) => sum + gzipSync(script, { level: 9 }).length, 0)
  const gzippedKernels = gzipSync(kernels.join(''), { level: 9 }).length
  const later = scriptNames(folder).length - texts.length
  const figures = [text.length, gzipped, gzipped - gzippedKernels, gzippedKernels, later]
  console.log([name.padEnd(8), ...figures.map(figure => String(figure).padStart(9))].join(' '))
  if (gzipped <= MAXIMUM_GZIPPED_BYTES) return
  throw new Error(`the bundle of ${name} has ${gzipped} bytes, ${MAXIMUM_GZIPPED_BYTES} are allowed`)
}

if (!existsSync(join(dist, 'src/index.js'))) throw new Error('build the package first: npm run build')
const work = mkdtempSync(join(tmpdir(), 'tensorloom-size-'))
try {
  mkdirSync(join(work, 'node_modules'))
  symlinkSync(root, join(work, 'node_modules/tensorloom'), 'junction')
  const entry = join(work, 'classifier.js')
  copyFileSync(join(root, 'scripts/consumer/classifier.js'), entry)
  console.log('bytes      minified   gzipped  our code   kernels  scripts for later')
  for (const [name, bundle] of Object.entries({
    esbuild: withEsbuild,
    vite: withVite,
    webpack: withWebpack,
  })) {
    const folder = join(work, name)
    await bundle(entry, folder)
    measure(name, folder)
  }
  const both = join(work, 'both.js')
  writeFileSync(both, "import 'tensorloom/relaxed'\nimport './classifier.js'\n")
  await withVite(both, join(work, 'both'))
  const { length } = readBundle(join(work, 'both')).kernels
  if (length !== 2) throw new Error(`tensorloom/relaxed makes ${length} sets of kernels, expected 2`)
} finally {
  rmSync(work, { recursive: true, force: true })
}
