// The JavaScript of dist, in three forms: for Node, for bundlers, for a page's <script type="module">.
import { build } from 'esbuild'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { commands, dist, entries, manifest, peers, root } from './entries.mjs'

/** Names are kept: they stand in users' stack traces. */
const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
}

/** Development dependencies that are shipped inside, and the only files (or folders) that may import them. */
const INSIDE = { commander: ['src/cli/'] }

const isInside = (path, importer) =>
  INSIDE[path]?.some(place => relative(root, importer).replaceAll('\\', '/').startsWith(place)) ?? false

const packageOf = path => /^(@[^/]+\/[^/]+|[^/]+)/.exec(path)[0]

/** Peers stay imports, except in files that may have them inside. Any other package is a mistake. */
const packages = {
  name: 'packages',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, importer, kind }) => {
      if (kind === 'entry-point' || importer.includes('node_modules')) return null
      if (path.startsWith('node:')) return { path, external: true }
      if (isInside(path, importer))
        return path === 'commander' ? { path: './commander.js', external: true } : null
      if (peers.includes(packageOf(path))) return { path, external: true }
      return {
        errors: [{ text: `${path} is neither a peer dependency nor among the packages shipped inside` }],
      }
    })
  },
}

/** Each module stays a file of its own: imports of other modules are renamed, not followed. */
const separate = {
  name: 'separate',
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, importer, kind }) =>
      kind === 'entry-point' || importer.includes('node_modules')
        ? null
        : { path: path.replace(/\.ts$/, '.js'), external: true },
    )
  },
}

/** Programs of workers (that train models, that read files of Keras): they share chunks, and lie beside them. */
const workers = [
  { source: 'src/train/worker/worker.ts', name: 'worker' },
  { source: 'src/formats/keras/worker.ts', name: 'keras-worker' },
]

/** The file for pages is the program of its workers, too. */
const workerInside = {
  name: 'worker-inside',
  setup({ onResolve }) {
    onResolve({ filter: /\/load-remote\.ts$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace(/\.ts$/, '-single-file.ts')),
    }))
  },
}

/** The kernels, which both the bundles for Node and the modules import from one place. */
const sharedKernels = {
  name: 'shared-kernels',
  setup({ onResolve }) {
    onResolve({ filter: /\/generated\/(core|muladd|relaxed)\.ts$/ }, ({ path }) => ({
      path: `./src/engine/generated/${path.split('/').pop().replace(/\.ts$/, '.js')}`,
      external: true,
    }))
  },
}
const KERNEL_FILES = ['core', 'muladd', 'relaxed'].map(name => `src/engine/generated/${name}.ts`)

const MAIN = 'src/index.ts'

/**
 * Whatever is loaded loads the main entry first. So all that this one reaches is reached by every entry alike, and makes
 * one chunk: without it there are forty, which take Node half as long again to import.
 */
const mainFirst = {
  name: 'main-first',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.ts$/ }, ({ path, resolveDir, kind, namespace }) => {
      const isStart = (kind === 'entry-point' || kind === 'dynamic-import') && namespace !== 'main-first'
      return isStart && path !== MAIN ? { path: join(resolveDir, path), namespace: 'main-first' } : null
    })
    onLoad({ filter: /.*/, namespace: 'main-first' }, ({ path }) => {
      const shebang = /^#!.*\n/.exec(readFileSync(path, 'utf8'))?.[0] ?? ''
      const imports = [`import ${JSON.stringify(`./${MAIN}`)}`, `export * from ${JSON.stringify(path)}`]
      return { contents: shebang + imports.join('\n'), resolveDir: root }
    })
  },
}

/** Licences of the packages whose code is inside `outputs`. */
function notices(metafiles) {
  const found = new Set()
  for (const { inputs } of metafiles) {
    for (const file of Object.keys(inputs)) {
      const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]
      if (name !== undefined) found.add(name)
    }
  }
  return [...found].sort().map(name => {
    const folder = join(root, 'node_modules', name)
    const licence = readdirSync(folder).find(file => /^licen[cs]e/i.test(file))
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    return `${name} ${version}\n\n${readFileSync(join(folder, licence), 'utf8').trim()}\n`
  })
}

/** For Node: an output per entry, and chunks that they share, so that a class is the same one in all of them. */
async function buildForNode() {
  const { metafile } = await build({
    ...common,
    entryPoints: [...entries, ...commands, ...workers].map(({ source, name }) => ({ in: source, out: name })),
    outdir: dist,
    splitting: true,
    // Node prints the whole line of an error that nobody catches.
    lineLimit: 160,
    // What an entry is there for is done on import: nothing is left out here.
    ignoreAnnotations: true,
    // Beside the entries, so that the kernels have one address.
    chunkNames: '[name]-[hash]',
    plugins: [mainFirst, sharedKernels, packages],
  })
  if (!existsSync(join(root, 'src/cli/main.ts'))) return [metafile]
  // commander is CommonJS inside, and asks for Node's modules by require.
  const { metafile: cli } = await build({
    ...common,
    platform: 'node',
    entryPoints: ['node_modules/commander/esm.mjs'],
    outfile: join(dist, 'commander.js'),
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  })
  return [metafile, cli]
}

/** Modules that the entries reach in the sources, and those that bundlers for browsers take instead. */
function reached({ inputs }) {
  const sources = Object.keys(inputs).filter(file => /^(src|kernels)\//.test(file))
  const instead = Object.values(manifest.browser).filter(file => file.startsWith('./src/'))
  return [...sources, ...KERNEL_FILES, ...instead.map(file => file.slice(2))]
}

/** An entry that is imported alone, in a bundle, must bring the methods of Tensor along. */
function checkMethods({ inputs }) {
  for (const { source } of entries) {
    const seen = new Set([source])
    for (const file of seen) for (const { path } of inputs[file]?.imports ?? []) seen.add(path)
    const methods = `src/ops/${source === 'src/mini.ts' ? 'core-' : ''}methods.ts`
    if (seen.has('src/tensor/tensor.ts') && !seen.has(methods))
      throw new Error(`${source} uses tensors: it has to import ${methods} for their methods`)
  }
}

/** For bundlers: a file per module beside its declarations. */
async function buildModules(files) {
  const { metafile } = await build({
    ...common,
    // Bundlers read the comments within import(…), and minify themselves.
    minifyWhitespace: false,
    entryPoints: files,
    outdir: dist,
    outbase: root,
    plugins: [separate, packages],
  })
  return metafile
}

/** For pages without a bundler: everything of the main entry in one file that imports nothing. */
export const pageOptions = {
  ...common,
  entryPoints: ['src/index.ts'],
  outfile: join(dist, 'browser/tensorloom.js'),
  minifyIdentifiers: true,
  plugins: [workerInside, packages],
  banner: { js: '/*! tensorloom, MIT; what else is inside: THIRD-PARTY-LICENSES.txt in the package */' },
}

async function buildForPages() {
  const { metafile } = await build(pageOptions)
  const [{ imports }] = Object.values(metafile.outputs)
  const paths = imports.map(({ path }) => path)
  if (paths.length > 0) throw new Error(`the file for pages imports ${paths.join(', ')}`)
  return metafile
}

/** Builds all three; returns how many bytes each output has. */
export async function buildCode() {
  const forNode = await buildForNode()
  const [main] = forNode
  checkMethods(main)
  const commandSources = commands.map(({ source }) => source)
  const modules = await buildModules(
    reached(main).filter(file => !commandSources.some(source => file.startsWith(dirname(source)))),
  )
  const forPages = await buildForPages()
  const metafiles = [...forNode, modules, forPages]
  writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), notices(metafiles).join('\n---\n\n'))
  return metafiles.flatMap(({ outputs }) =>
    Object.entries(outputs).map(([file, { bytes }]) => ({ file, bytes })),
  )
}
