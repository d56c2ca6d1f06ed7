// Bundles the text classifier from the built package with esbuild, Vite and webpack, once from each entry that is for
// bundles, runs what comes out, and refuses sizes beyond the limits. Build the package first: npm run build.
import { spawnSync } from 'node:child_process'
import {
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

/** Bytes of what a page loads before it starts, gzipped; the kernels are about 30,000 of them; 23,000 in mini. */
const MAXIMUM_GZIPPED_BYTES = { tensorloom: 140_000, 'tensorloom/mini': 88_000 }

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

function measure(specifier, bundler, folder) {
  const name = `${bundler} of ${specifier}`
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
  console.log([bundler.padEnd(8), ...figures.map(figure => String(figure).padStart(9))].join(' '))
  const allowed = MAXIMUM_GZIPPED_BYTES[specifier]
  if (gzipped <= allowed) return
  throw new Error(`the bundle of ${name} has ${gzipped} bytes, ${allowed} are allowed`)
}

if (!existsSync(join(dist, 'src/index.js'))) throw new Error('build the package first: npm run build')
const work = mkdtempSync(join(tmpdir(), 'tensorloom-size-'))
try {
  mkdirSync(join(work, 'node_modules'))
  symlinkSync(root, join(work, 'node_modules/tensorloom'), 'junction')
  const program = readFileSync(join(root, 'scripts/consumer/classifier.js'), 'utf8')
  for (const specifier of Object.keys(MAXIMUM_GZIPPED_BYTES)) {
    const name = specifier.replace('/', '-')
    const entry = join(work, `${name}.js`)
    writeFileSync(entry, program.replace("from 'tensorloom'", `from '${specifier}'`))
    console.log(`${specifier}\nbytes      minified   gzipped  our code   kernels  scripts for later`)
    for (const [bundler, bundle] of Object.entries({
      esbuild: withEsbuild,
      vite: withVite,
      webpack: withWebpack,
    })) {
      const folder = join(work, `${name}-${bundler}`)
      await bundle(entry, folder)
      measure(specifier, bundler, folder)
    }
  }
  const both = join(work, 'both.js')
  writeFileSync(both, "import 'tensorloom/relaxed'\nimport './tensorloom.js'\n")
  await withVite(both, join(work, 'both'))
  const { length } = readBundle(join(work, 'both')).kernels
  if (length !== 2) throw new Error(`tensorloom/relaxed makes ${length} sets of kernels, expected 2`)
} finally {
  rmSync(work, { recursive: true, force: true })
}
