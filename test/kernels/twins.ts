import type { Kernels, Pointer } from '../../kernels/kernels.ts'
import { createReferenceKernels } from '../../kernels/reference/index.ts'
import { hasRelaxedSimd, type WasmVariant } from '../../src/engine/wasm.ts'
import { createWasmKernels } from '../../src/engine/wasm-kernels.ts'
import { referenceHeap, type TestHeap, wasmHeap } from './harness.ts'

/** The variants that this machine can run. */
export const variants: readonly WasmVariant[] = hasRelaxedSimd() ? ['muladd', 'relaxed'] : ['muladd']

/** A kernel library on a heap of its own. */
export interface Library {
  readonly heap: TestHeap
  readonly kernels: Kernels
}

/** A fresh WebAssembly library. */
export function wasmLibrary(variant: WasmVariant): Library {
  const { heap, exports } = wasmHeap(variant)
  return { heap, kernels: createWasmKernels(exports, heap) }
}

/** A fresh reference library in double precision: what the results of the others are compared with. */
export function exactLibrary(): Library {
  const heap = referenceHeap(64)
  return { heap, kernels: createReferenceKernels(heap) }
}

/** A source of libraries that hands out the same one until half of its heap is used. */
function recycled(create: () => Library): () => Library {
  let library: Library | undefined
  return () => {
    const top = library?.heap.allocate(16) ?? Infinity
    if (library === undefined || top > 24 << 20) library = create()
    return library
  }
}

const recycledExact = recycled(exactLibrary)
const recycledWasm = {
  muladd: recycled(() => wasmLibrary('muladd')),
  relaxed: recycled(() => wasmLibrary('relaxed')),
}

/** Runs the same body on both libraries and returns both results. */
export function onBoth<T>(variant: WasmVariant, body: (library: Library) => T): { got: T; want: T } {
  return { got: body(recycledWasm[variant]()), want: body(recycledExact()) }
}

const guardValues = [1234.5, -77, 0.125, 9]

/**
 * Space for n results with guard values behind it. `read` returns the results and throws if the guard was touched.
 * Buffers are padded to 16 bytes, so the guard begins at the next multiple of 4 elements.
 */
export function guarded(
  { heap }: Library,
  n: number,
  type: 'float' | 'int' = 'float',
): { out: Pointer; read: () => number[] } {
  const out = type === 'float' ? heap.space(n) : heap.putInt(new Array<number>(n).fill(-999))
  const guard = heap.put(guardValues)
  return {
    out,
    read: () => {
      const values = heap.get(guard, guardValues.length)
      if (values.some((v, i) => v !== guardValues[i])) throw new Error(`the guard became ${values}`)
      return type === 'float' ? heap.get(out, n) : heap.getInt(out, n)
    },
  }
}

/** A small deterministic generator of numbers in [0, 1). */
export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** n float32 numbers in [−scale, scale). */
export function randoms(n: number, scale = 1, seed = n + 1): number[] {
  const next = generator(seed)
  return Array.from({ length: n }, () => Math.fround((2 * next() - 1) * scale))
}

/** n integers in [low, high). */
export function integers(n: number, low: number, high: number, seed = n + 7): number[] {
  const next = generator(seed)
  return Array.from({ length: n }, () => low + Math.floor(next() * (high - low)))
}

/** Sizes around whole vectors and unrolled turns. */
export const sizes = [0, 1, 3, 4, 5, 7, 8, 17, 31, 64, 1000]

const smallestNormal = 2 ** -126

/** The distance in units of the last place of float32 (of the smallest normal number below that). */
export function ulps(got: number, want: number): number {
  if (Number.isNaN(got) || Number.isNaN(want)) return Number.isNaN(got) && Number.isNaN(want) ? 0 : Infinity
  if (Math.fround(want) === got) return 0
  if (!Number.isFinite(got) || !Number.isFinite(Math.fround(want))) return Infinity
  const exponent = Math.floor(Math.log2(Math.max(Math.abs(want), smallestNormal)))
  return Math.abs(got - want) / 2 ** (exponent - 23)
}

/** Whether float32 results are the wanted ones: up to a relative error, and an absolute one where results cancel. */
export function firstDifference(
  got: readonly number[],
  want: readonly number[],
  relative: number,
  absolute = smallestNormal,
): string | undefined {
  for (let i = 0; i < Math.max(got.length, want.length); i++) {
    const [a, b] = [got[i], want[i]]
    if (Object.is(a, b) || a === Math.fround(b)) continue
    if (!(Math.abs(a - b) <= absolute + relative * Math.abs(b))) return `[${i}]: ${a}, expected ${b}`
  }
  return undefined
}
