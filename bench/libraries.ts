/** The libraries under test: how each one's process is started, and whether it is installed. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Launch } from './remote.ts'

/** How the import time (W10) is taken and which packages make up the installed size. */
export interface Importing {
  /** Modules or, for Python, the module to import. */
  readonly modules: readonly string[]
  readonly language: 'javascript' | 'python'
  /** Folder whose node_modules holds the packages; absent where no npm package is installed. */
  readonly packageRoot?: string
}

export interface Candidate {
  readonly launch: Launch
  /** Why it cannot run here, with the remedy. */
  readonly missing?: string
  readonly importing?: Importing
}

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const javascript = (name: string, module: string): Launch => ({
  name,
  command: process.execPath,
  arguments: ['--expose-gc', '--import', 'tsx', folder('host.ts'), folder(module)],
})

const peersFolder = folder('peers')
export const howToInstallPeers = 'npm ci --prefix bench/peers'

const peer = (name: string, module: string, modules: readonly string[], timesImport = true): Candidate => ({
  launch: javascript(name, `peers/${module}`),
  missing: modules.every(specifier => existsSync(`${peersFolder}/node_modules/${specifier}`))
    ? undefined
    : `not installed: ${howToInstallPeers}`,
  importing: timesImport ? { modules, language: 'javascript', packageRoot: peersFolder } : undefined,
})

const tfjs = ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm']

/** tensorloom and the plain loops. */
export const ownCandidates = (): Candidate[] => [
  {
    launch: javascript('tensorloom', 'ours/index.ts'),
    importing: { modules: [folder('../dist/index.js')], language: 'javascript' },
  },
  { launch: javascript('plain loop', 'plain/index.ts') },
]

export const peerCandidates = (): Candidate[] => [
  peer('TF.js wasm', 'tfjs-wasm.mjs', tfjs),
  peer('TF.js wasm (new B)', 'tfjs-fresh.mjs', tfjs, false),
  peer('TF.js wasm (layers)', 'tfjs-layers.mjs', tfjs, false),
  peer('TF.js cpu', 'tfjs-cpu.mjs', tfjs, false),
  peer('jax-js', 'jax.mjs', ['@jax-js/jax']),
  peer('js-pytorch', 'js-pytorch.mjs', ['js-pytorch']),
]

/** PyTorch of the interpreter in the variable PYTHON, or of the system's python3. */
export const pytorchCandidate = (threads: number): Candidate => {
  const command = process.env.PYTHON ?? (existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3')
  const installed = spawnSync(command, [
    '-c',
    'import importlib.util as u; exit(u.find_spec("torch") is None)',
  ])
  return {
    launch: {
      name: threads === 1 ? 'PyTorch' : `PyTorch (${threads} threads)`,
      command,
      arguments: [folder('pytorch.py'), '--threads', String(threads)],
    },
    missing: installed.status === 0 ? undefined : `not installed: ${command} finds no module torch`,
    importing: { modules: ['torch'], language: 'python' },
  }
}
