import { DeviceError, ValueError } from '../../errors.ts'
import { engineOf, isDeterministic } from '../device.ts'
import { offloading } from '../policy.ts'
import { hasSimd } from '../wasm-modules.ts'
import { attach, attachedGpu, attachLate, detach } from './attach.ts'
import { candidates, isPage, openBackend, openLate } from './candidates.ts'
import { toFault } from './fault.ts'
import { GPU_MODES, type GpuMode } from './library.ts'
import { freshCounters, type OffloadCounters } from './report.ts'

export interface GpuOptions {
  /** How to reach the GPU; `off` stops using it. Default: the best way that leads to a real GPU. */
  readonly mode?: GpuMode | 'off'
  /** Whether to throw where there is no GPU, instead of going on without one. Default false. */
  readonly required?: boolean
  /** Floating-point operations of the smallest product that may go to the GPU. Default 2 million; for `gpu` 0. */
  readonly minFlops?: number
  /** gpu.js itself, or its URL, where it cannot be imported by its name: in pages and bundles. */
  readonly library?: unknown
}

/** How the GPU is doing. */
export interface GpuStatus {
  /** How it is reached; null without one. */
  readonly backend: GpuMode | null
  readonly adapter: string | null
  /** Whether it is a program that imitates a GPU: used only where the device is `gpu`. */
  readonly software: boolean
  /** Why the GPU is not used; null while it may be. */
  readonly reason: string | null
  readonly counters: Readonly<OffloadCounters>
  /** Kernels that are built. */
  readonly kernels: number
  /** Bytes of operands that are kept on the GPU. */
  readonly cacheBytes: number
}

/** Calls take their turns. */
let turn: Promise<unknown> = Promise.resolve()
/** What the GPU in use was asked for with. */
let asked: GpuOptions = {}

/** How a worker can reach the same GPU: gpu.js travels as a URL, if that is how it was given; null without a GPU. */
export function gpuSettings(): { readonly mode: GpuMode; readonly library?: string } | null {
  const gpu = attachedGpu()
  if (gpu === null) return null
  const { library } = asked
  return typeof library === 'string' ? { mode: gpu.mode, library } : { mode: gpu.mode }
}

function status(): GpuStatus {
  const gpu = attachedGpu()
  return {
    backend: gpu?.mode ?? null,
    adapter: gpu?.adapter.name ?? null,
    software: gpu?.adapter.software ?? false,
    reason: gpu === null ? offloading.absent : gpu.disabled(),
    counters: { ...(gpu?.counters ?? freshCounters()) },
    kernels: gpu?.kernelCount() ?? 0,
    cacheBytes: gpu?.cache.bytes ?? 0,
  }
}

/**
 * What is known of the GPU.
 *
 * @example device.status().backend   // null, until useGpu()
 */
export const device: { readonly status: () => GpuStatus } = { status }

function checkMode(mode: unknown): void {
  if (mode === undefined || mode === 'off' || GPU_MODES.includes(mode as GpuMode)) return
  const isOwn = ['webasm', 'wasm', 'cpu', 'gpu', 'dev', 'async'].includes(String(mode))
  throw new ValueError({
    operation: 'useGpu',
    problem: isOwn
      ? `does not use gpu.js's mode "${mode}", which may run without a GPU: WebAssembly is faster here.`
      : `does not know the mode "${mode}".`,
    hint: `use one of ${GPU_MODES.join(', ')}, or off.`,
    argument: 'mode',
    received: mode,
  })
}

function checkFlops(minFlops: number | undefined): void {
  if (minFlops === undefined || minFlops >= 0) return
  throw new ValueError({
    operation: 'useGpu',
    problem: `needs minFlops ≥ 0, got ${minFlops}.`,
    argument: 'minFlops',
    received: minFlops,
  })
}

/**
 * Looks for a GPU, through gpu.js, and lets it compute large matrix products: the device becomes `auto`. Each call has to
 * pay, the first result of every shape is compared with WebAssembly, and whatever the GPU fails at goes on without it.
 *
 * Without a GPU nothing changes: there is one warning, and the status says why.
 *
 * @throws ValueError for an unknown mode; with `required`, DeviceError where there is no GPU
 * @example const { backend, reason } = await useGpu()
 */
export function useGpu(options: GpuOptions = {}): Promise<GpuStatus> {
  checkMode(options.mode)
  checkFlops(options.minFlops)
  const next = turn.then(async () => {
    await detach()
    if (options.mode !== 'off') await switchOn(options)
    return status()
  })
  turn = next.catch(() => undefined)
  return next
}

async function switchOn(options: GpuOptions): Promise<void> {
  const { found, reasons } = await search(options)
  if (found !== null) {
    asked = options
    found(options)
    return
  }
  offloading.absent = `no GPU was found: ${reasons.join('; ')}`
  if (!options.required) {
    console.warn(`tensorloom: no GPU is used (${reasons.join('; ')}). Everything runs on WebAssembly.`)
    return
  }
  throw new DeviceError({
    operation: 'useGpu',
    problem: `finds no GPU: ${reasons.join('; ')}.`,
    hint: 'in Node: npm install gpu.js webgpu, and a driver for Vulkan, Metal or Direct3D 12; in browsers: hardware acceleration.',
  })
}

/** Without the hint that may follow, and the full stop. */
const firstSentence = (message: string): string => message.split('\n', 1)[0].replace(/\.$/, '')

interface Search {
  /** Puts what was found in use. */
  readonly found: ((options: GpuOptions) => void) | null
  readonly reasons: readonly string[]
}

async function search({ mode, library }: GpuOptions): Promise<Search> {
  const reasons: string[] = []
  if (!hasSimd()) return { found: null, reasons: ['this runtime has no WebAssembly with 128-bit SIMD'] }
  if (isDeterministic()) return { found: null, reasons: ['useDeterministic() excludes the GPU'] }
  const engine = engineOf('wasm')
  for (const candidate of mode === undefined || mode === 'off' ? candidates() : [mode]) {
    try {
      if (candidate === 'webgpu' && isPage()) {
        const { products, adapter } = await openLate(library)
        return { found: options => attachLate(products, adapter, options), reasons }
      }
      const backend = await openBackend(engine, candidate, library)
      // A program is no gain: it is for those who name its mode.
      if (mode !== undefined || !backend.adapter.software)
        return { found: options => attach(backend, options), reasons }
      reasons.push(`${candidate}: ${backend.adapter.name} is a program, not a GPU`)
      await backend.close()
    } catch (error) {
      reasons.push(`${candidate}: ${firstSentence(toFault(error).message)}`)
    }
  }
  return { found: null, reasons }
}
