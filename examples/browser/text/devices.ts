import { threadInfo, useThreads } from '../../../src/index.ts'

/** A way to compute that the page offers. */
export interface Device {
  readonly id: string
  readonly label: string
  /** Why it cannot be chosen here; null where it can. */
  readonly missing: string | null
  readonly threads: number
}

const MOST_THREADS = 8

/** What this browser offers, the best first. */
export function listDevices(): readonly Device[] {
  const cores = Math.min(MOST_THREADS, navigator.hardwareConcurrency ?? 1)
  const noThreads = !crossOriginIsolated
    ? 'needs a page that is cross-origin isolated'
    : cores < 2
      ? 'needs a second core'
      : null
  return [
    { id: 'wasm', label: 'WebAssembly SIMD, one thread', missing: null, threads: 1 },
    {
      id: 'wasm-threads',
      label: `WebAssembly SIMD, ${Math.max(2, cores)} threads`,
      missing: noThreads,
      threads: Math.max(2, cores),
    },
  ]
}

/** Switches threads on or off. */
export async function prepareDevice({ threads }: Device): Promise<void> {
  if (threadInfo().threads !== threads) await useThreads({ threads })
}
