// Compiles kernels/wasm (AssemblyScript) and embeds the binaries, deflated, as base64 modules under src/engine/generated, and
// bundles the programs of the workers into strings beside them.
// The results are keyed by hashes of the sources: an unchanged tree is left alone.
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateRawSync } from 'node:zlib'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const sources = join(root, 'kernels/wasm')
const outDir = join(root, 'src/engine/generated')
const generatedSources = join(sources, 'generated')

/** The programs of workers: where each goes, its entry, and what that imports. */
const workers = [
  {
    name: 'worker',
    constant: 'workerSource',
    program: 'The program of a worker thread',
    files: ['worker', 'chunk', 'layout', 'tickets'].map(file => `src/engine/threads/${file}.ts`),
  },
  {
    name: 'gpu-worker',
    constant: 'gpuWorkerSource',
    program: 'The program of the worker that has WebGPU',
    files: [
      ...[
        'worker',
        'adapter',
        'bridge-layout',
        'buffer-products',
        'device-store',
        'fault',
        'library',
        'lru',
      ].map(file => `src/engine/gpu/${file}.ts`),
      'src/engine/gpu/product.ts',
      'kernels/gpu/buffers.ts',
      'kernels/gpu/program.ts',
    ],
  },
]

/** Hash of everything that decides the binaries. */
function kernelHash() {
  const hash = createHash('sha256')
  const files = readdirSync(sources)
    .filter(f => f.endsWith('.ts') || f.endsWith('.mjs'))
    .sort()
  for (const file of files) hash.update(file).update(readFileSync(join(sources, file)))
  hash.update(readFileSync(fileURLToPath(import.meta.url)))
  hash.update(readFileSync(join(root, 'node_modules/assemblyscript/package.json')))
  return hash.digest('hex').slice(0, 16)
}

/** Hash of everything that decides the workers. */
function workerHash() {
  const hash = createHash('sha256')
  for (const { files } of workers)
    for (const file of files) hash.update(file).update(readFileSync(join(root, file)))
  hash.update(readFileSync(fileURLToPath(import.meta.url)))
  return hash.digest('hex').slice(0, 16)
}

const stamps = {
  kernels: { file: join(outDir, 'stamp.txt'), hash: kernelHash },
  workers: { file: join(outDir, 'workers.stamp.txt'), hash: workerHash },
}
const stampIsFresh = ({ file, hash }) => existsSync(file) && readFileSync(file, 'utf8') === hash()
export const isFresh = () => Object.values(stamps).every(stampIsFresh)

async function compile(name, { entry, relaxed, shared }) {
  const asc = await import('assemblyscript/asc')
  const outFile = join(mkdtempSync(join(tmpdir(), 'kernels-')), 'kernels.wasm')
  const args = [
    join(sources, entry),
    '--outFile',
    outFile,
    '-O3',
    '--noAssert',
    '--runtime',
    'stub',
    '--importMemory',
    '--initialMemory',
    '1',
    '--maximumMemory',
    '65536',
    '--enable',
    'simd',
    '--disable',
    'mutable-globals',
    '--disable',
    'bulk-memory',
  ]
  if (relaxed) args.push('--enable', 'relaxed-simd')
  if (shared) args.push('--enable', 'threads', '--sharedMemory')
  const { error, stderr } = await asc.main(args)
  if (error) throw new Error(`asc failed for ${name}: ${error.message}\n${stderr.toString()}`)
  return readFileSync(outFile)
}

/** The shared and the private build differ in the one byte of the memory import that says "shared": store one of them. */
function sharedFlagOffset(name, shared, own) {
  const differing = [...shared.keys()].filter(i => shared[i] !== own[i])
  if (shared.length !== own.length || differing.length !== 1) {
    throw new Error(`${name}: the shared and private builds differ in ${differing.length} bytes, expected 1`)
  }
  return differing[0]
}

/** Written beside and renamed, so that whoever reads meanwhile sees the old or the new file, never half of one. */
function replaceFile(file, text) {
  writeFileSync(`${file}.${process.pid}`, text)
  renameSync(`${file}.${process.pid}`, file)
}

async function bundleWorker({ name, constant, program, files }) {
  const { build: bundle } = await import('esbuild')
  const { outputFiles, metafile } = await bundle({
    entryPoints: [files[0]],
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    external: ['node:*'],
  })
  const strangers = Object.keys(metafile.inputs).filter(file => !files.includes(file))
  if (strangers.length > 0) throw new Error(`${name} imports files that its hash leaves out: ${strangers}`)
  const source = JSON.stringify(outputFiles[0].text)
  replaceFile(
    join(outDir, `${name}.ts`),
    `/** ${program}, ${files[0]}. */\nexport const ${constant} =\n  ${source}\n`,
  )
  console.log(`${name}: ${source.length} bytes`)
}

async function buildKernels() {
  mkdirSync(generatedSources, { recursive: true })
  const generator = join(sources, 'generate.mjs')
  if (existsSync(generator)) await (await import(generator)).generate(generatedSources)
  for (const [name, entry, relaxed] of [
    ['muladd', 'index.ts', false],
    ['relaxed', 'index.ts', true],
    ['core', 'core.ts', false],
  ]) {
    const shared = await compile(name, { entry, relaxed, shared: true })
    const own = await compile(name, { entry, relaxed, shared: false })
    const offset = sharedFlagOffset(name, shared, own)
    replaceFile(
      join(outDir, `${name}.ts`),
      `/** Byte of the memory import's limits: ${own[offset]} for private memory, ${shared[offset]} for shared. */\n` +
        `export const sharedFlag = { offset: ${offset}, shared: ${shared[offset]} } as const\n` +
        `/** Bytes of the module. */\n` +
        `export const size = ${own.length}\n` +
        `/** The module, deflated (raw), as base64. */\n` +
        `export const deflated =\n  '${deflateRawSync(own, { level: 9 }).toString('base64')}'\n`,
    )
    console.log(`kernels ${name}: ${own.length} bytes`)
  }
}

async function build() {
  mkdirSync(outDir, { recursive: true })
  if (!stampIsFresh(stamps.kernels)) {
    await buildKernels()
    replaceFile(stamps.kernels.file, kernelHash())
  }
  for (const worker of workers) await bundleWorker(worker)
  replaceFile(stamps.workers.file, workerHash())
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (isFresh()) console.log('kernels are fresh')
  else await build()
}
