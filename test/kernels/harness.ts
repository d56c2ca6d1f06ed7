import type { Heap, Pointer } from '../../kernels/kernels.ts'
import { instantiate, type WasmExports, type WasmVariant } from '../../src/engine/wasm.ts'

/** A heap that only grows, for testing kernels without the engine. */
export interface TestHeap extends Heap {
  /** Copies numbers in and returns their address. */
  readonly put: (values: ArrayLike<number>) => Pointer
  readonly putInt: (values: ArrayLike<number>) => Pointer
  /** Space for n floats, filled with a NaN pattern so that unwritten results show. */
  readonly space: (n: number) => Pointer
  readonly get: (pointer: Pointer, n: number) => number[]
  readonly getInt: (pointer: Pointer, n: number) => number[]
}

function heapOver(buffer: ArrayBuffer, bits: 32 | 64): TestHeap {
  const floatShift = bits === 32 ? 2 : 3
  const float = bits === 32 ? new Float32Array(buffer) : new Float64Array(buffer)
  const int = new Int32Array(buffer)
  let top = 64
  const allocate = (bytes: number): Pointer => {
    const pointer = top
    top += Math.max(16, Math.ceil(bytes / 16) * 16)
    if (top > buffer.byteLength) throw new RangeError('test heap is full')
    return pointer
  }
  return {
    float,
    int,
    floatShift,
    allocate,
    release: () => {},
    put: values => {
      const p = allocate(values.length << floatShift)
      float.set(values, p >>> floatShift)
      return p
    },
    putInt: values => {
      const p = allocate(values.length << 2)
      int.set(values, p >>> 2)
      return p
    },
    space: n => {
      const p = allocate(n << floatShift)
      float.fill(Number.NaN, p >>> floatShift, (p >>> floatShift) + n)
      return p
    },
    get: (p, n) => Array.from(float.subarray(p >>> floatShift, (p >>> floatShift) + n)),
    getInt: (p, n) => Array.from(int.subarray(p >>> 2, (p >>> 2) + n)),
  }
}

const megabytes = 64

export const referenceHeap = (bits: 32 | 64): TestHeap => heapOver(new ArrayBuffer(megabytes << 20), bits)

/** A heap in WebAssembly memory with the kernels instantiated on it. */
export function wasmHeap(variant: WasmVariant): { heap: TestHeap; exports: WasmExports } {
  const memory = new WebAssembly.Memory({ initial: megabytes << 4, maximum: 65536 })
  return { heap: heapOver(memory.buffer as ArrayBuffer, 32), exports: instantiate(variant, memory, false) }
}
