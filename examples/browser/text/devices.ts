import {
  device as gpu,
  type FitOptions,
  type GpuOptions,
  threadInfo,
  useGpu,
  useThreads,
} from '../../../src/index.ts'

/** A way to compute that the page offers. */
export interface Device {
  readonly id: string
  readonly label: string
  /** Why it cannot be chosen here; null where it can. */
  readonly missing: string | null
  readonly threads: number
  /** How to reach the GPU; null to do without. */
  readonly gpu: GpuOptions | null
  /** What training is told. */
  readonly device: NonNullable<FitOptions['device']>
}

const MOST_THREADS = 8

/** gpu.js, which is loaded where a GPU is asked for, here and in the worker. */
const library = new URL('../../../node_modules/gpu.js/dist/gpu-browser.min.js', import.meta.url).href

const hasWebGl2 = (): boolean =>
  typeof OffscreenCanvas === 'function' && new OffscreenCanvas(1, 1).getContext('webgl2') !== null

function whyNoThreads(cores: number): string | null {
  if (!crossOriginIsolated) return 'needs a page that is cross-origin isolated'
  return cores < 2 ? 'needs a second core' : null
}

/** What this browser offers. */
export function listDevices(): readonly Device[] {
  const cores = Math.min(MOST_THREADS, navigator.hardwareConcurrency ?? 1)
  const threads = Math.max(2, cores)
  const noGpu = hasWebGl2() ? null : 'needs WebGL 2 in workers'
  const wasm = { gpu: null, device: 'wasm' } as const
  return [
    { id: 'wasm', label: 'WebAssembly SIMD, one thread', missing: null, threads: 1, ...wasm },
    {
      id: 'wasm-threads',
      label: `WebAssembly SIMD, ${threads} threads`,
      missing: whyNoThreads(cores),
      threads,
      ...wasm,
    },
    {
      id: 'auto',
      label: 'GPU for what it does faster',
      missing: noGpu,
      threads: 1,
      gpu: { library },
      device: 'auto',
    },
    {
      id: 'webgl2',
      label: 'GPU through WebGL 2',
      missing: noGpu,
      threads: 1,
      gpu: { library, mode: 'webgl2' },
      device: 'gpu',
    },
  ]
}

/**
 * Switches threads and GPU on or off; the worker of a training follows.
 * @throws Error where the GPU turns out to be missing
 */
export async function prepareDevice(chosen: Device): Promise<void> {
  if (threadInfo().threads !== chosen.threads) await useThreads({ threads: chosen.threads })
  if (chosen.gpu !== null) await useGpu({ ...chosen.gpu, required: chosen.device === 'gpu' })
  else if (gpu.status().backend !== null) await useGpu({ mode: 'off' })
}

/** What became of the GPU, for those who have asked for one: a sentence, and the details. */
export function describeGpu(chosen: Device): readonly [text: string, details: string] {
  if (chosen.gpu === null) return ['', '']
  const { adapter, reason } = gpu.status()
  return reason === null
    ? [`GPU: ${adapter}.`, '']
    : ['No GPU was found that is faster: WebAssembly does the work.', reason]
}
