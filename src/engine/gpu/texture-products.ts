import { type GpuProgram, resultColumns } from '../../../kernels/gpu/program.ts'
import { textureForm } from '../../../kernels/gpu/textures.ts'
import type { Heap } from '../../../kernels/kernels.ts'
import { type Adapter, describeContext } from './adapter.ts'
import type { Backend } from './backend.ts'
import { DeviceStore, type Loaded, release } from './device-store.ts'
import { DeviceFault } from './fault.ts'
import type { DeviceMatrix, GpuLibrary, GpuMode } from './library.ts'
import { type Operand, type Product, rowsOf, withoutPadding } from './product.ts'

/** The part of a WebGL context that is used here. */
interface GlContext {
  isContextLost?(): boolean
  getExtension?(name: string): { loseContext?(): void } | null
}

/** Matrix products through WebGL, which waits for the device: calls are synchronous. */
export class TextureProducts implements Backend {
  readonly adapter: Adapter
  private store: DeviceStore

  constructor(
    private readonly library: GpuLibrary,
    readonly mode: Exclude<GpuMode, 'webgpu'>,
  ) {
    this.store = this.open()
    this.adapter = describeContext(this.store.instance.Kernel.testContext)
  }

  get maxSide(): number {
    return this.store.instance.Kernel.features.maxTextureSize
  }

  get kernelCount(): number {
    return this.store.kernelCount
  }

  private open(): DeviceStore {
    const instance = new this.library.GPU({ mode: this.mode })
    const { isTextureFloat, isFloatRead } = instance.Kernel.features
    if (!isTextureFloat || !isFloatRead) {
      throw new DeviceFault('broken', `${this.mode} has no float32 textures that can be read here`)
    }
    return new DeviceStore(instance, this.mode)
  }

  private get context(): GlContext {
    return (this.store.instance.context ?? {}) as GlContext
  }

  run(product: Product, heap: Heap): Float32Array {
    const { op, m, n, a, b } = product
    const memory = heap.float as Float32Array
    this.store.drop(product.drop)
    const left = this.load(a, memory)
    const right = this.load(b, memory)
    try {
      const matrix = op === 'tn' || op === 'tt' ? this.transposed(left, a) : left.matrix
      const raw = this.call(textureForm.multiply(op, product), matrix, right.matrix).renderRawOutput?.()
      // A lost context reads as zeros.
      if (this.context.isContextLost?.()) throw new DeviceFault('lost', 'the WebGL context was lost')
      if (raw === undefined) throw new DeviceFault('broken', 'gpu.js gave a result that cannot be read')
      return withoutPadding(raw, m, resultColumns(n), n)
    } finally {
      if (a.slot === 0) release(left)
      if (b.slot === 0) release(right)
    }
  }

  private load(operand: Operand, memory: Float32Array): Loaded {
    const { slot, upload, rows, cols } = operand
    if (!upload) return this.store.loaded(slot)
    const numbers = this.library.input(rowsOf(memory, operand), [cols, rows])
    const loaded = { matrix: this.call(textureForm.load(rows, cols), numbers), transposed: null }
    if (slot !== 0) this.store.keep(slot, loaded)
    return loaded
  }

  private transposed(loaded: Loaded, { rows, cols }: Operand): DeviceMatrix {
    if (textureForm.transpose === null) return loaded.matrix
    loaded.transposed ??= this.call(textureForm.transpose(rows, cols), loaded.matrix)
    return loaded.transposed
  }

  private call(program: GpuProgram, ...operands: readonly unknown[]): DeviceMatrix {
    const kernel = this.store.kernel(program)
    const result = kernel(...operands)
    this.store.requireDevice(kernel)
    return result as DeviceMatrix
  }

  /** Starts over with a fresh context. */
  reset(): void {
    void this.store.close().catch(() => undefined)
    this.store = this.open()
  }

  /** Loses the context, as a reset of the driver would. */
  lose(): void {
    this.context.getExtension?.('WEBGL_lose_context')?.loseContext?.()
  }

  close(): Promise<void> {
    return this.store.close()
  }
}
