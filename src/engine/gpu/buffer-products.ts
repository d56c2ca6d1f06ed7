import { bufferForm } from '../../../kernels/gpu/buffers.ts'
import { type GpuProgram, resultColumns } from '../../../kernels/gpu/program.ts'
import { DeviceStore, type Loaded, release } from './device-store.ts'
import { DeviceFault } from './fault.ts'
import type { DeviceMatrix, GpuLibrary } from './library.ts'
import { type Operand, type Product, withoutPadding } from './product.ts'

/** Matrix products through WebGPU, which answers later: calls are asynchronous. */
export class BufferProducts {
  private store: DeviceStore
  private device: { destroy(): void } | null = null

  constructor(private readonly library: GpuLibrary) {
    this.store = this.open()
  }

  get kernelCount(): number {
    return this.store.kernelCount
  }

  private open(): DeviceStore {
    return new DeviceStore(new this.library.GPU({ mode: 'webgpu' }), 'webgpu')
  }

  /** C as rows of n numbers. `read` gives the numbers of an operand. */
  async run(product: Product, read: (operand: Operand) => Float32Array): Promise<Float32Array> {
    const { op, m, n, a, b } = product
    this.store.drop(product.drop)
    const left = await this.load(a, read)
    const right = await this.load(b, read)
    const result = await this.call(bufferForm.multiply(op, product), left.matrix, right.matrix)
    try {
      // As one row of single numbers: gpu.js would make an object of every four.
      const width = resultColumns(n)
      result.output = [m * width]
      result.componentCount = 1
      const raw = await result.toArray?.()
      if (!(raw instanceof Float32Array))
        throw new DeviceFault('broken', 'gpu.js gave a result that cannot be read')
      return withoutPadding(raw, m, width, n)
    } finally {
      result.delete()
      if (a.slot === 0) release(left)
      if (b.slot === 0) release(right)
    }
  }

  private async load(operand: Operand, read: (operand: Operand) => Float32Array): Promise<Loaded> {
    const { slot, upload, rows, cols } = operand
    if (!upload) return this.store.loaded(slot)
    const numbers = this.library.input(read(operand), [cols, rows])
    const loaded = { matrix: await this.call(bufferForm.load(rows, cols), numbers), transposed: null }
    if (slot !== 0) this.store.keep(slot, loaded)
    return loaded
  }

  private async call(program: GpuProgram, ...operands: readonly unknown[]): Promise<DeviceMatrix> {
    const kernel = this.store.kernel(program)
    const result = (await kernel(...operands)) as DeviceMatrix
    this.store.requireDevice(kernel)
    this.device ??= (result.context as { device?: { destroy(): void } } | undefined)?.device ?? null
    return result
  }

  /** Starts over; gpu.js takes a fresh device if the old one is lost. */
  reset(): void {
    void this.store.close().catch(() => undefined)
    this.device = null
    this.store = this.open()
  }

  /** Destroys the device, as a reset of the driver would. */
  lose(): void {
    this.device?.destroy()
  }

  async close(): Promise<void> {
    await this.store.close()
    this.device?.destroy()
  }
}
