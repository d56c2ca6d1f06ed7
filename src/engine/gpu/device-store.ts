import type { GpuProgram } from '../../../kernels/gpu/program.ts'
import { DeviceFault } from './fault.ts'
import type { DeviceInstance, DeviceKernel, DeviceMatrix, GpuMode } from './library.ts'
import { Lru } from './lru.ts'

/** Built kernels are kept up to this number: a model has a handful of shapes. */
export const MOST_KERNELS = 96

/** A loaded matrix, and its transpose where one was made. */
export interface Loaded {
  readonly matrix: DeviceMatrix
  transposed: DeviceMatrix | null
}

/** What lives on a device: built kernels, and loaded matrices by slot. */
export class DeviceStore {
  private readonly kernels = new Lru<string, DeviceKernel>(MOST_KERNELS, kernel => kernel.destroy())
  private readonly slots = new Map<number, Loaded>()

  constructor(
    readonly instance: DeviceInstance,
    private readonly mode: GpuMode,
  ) {}

  get kernelCount(): number {
    return this.kernels.size
  }

  /** The kernel of a program, built when it first runs. */
  kernel(program: GpuProgram): DeviceKernel {
    const known = this.kernels.get(program.key)
    if (known !== undefined) return known
    const { source, output, constants, returnType, immutable } = program
    const kernel = this.instance.createKernel(source, {
      output: [...output],
      constants,
      returnType,
      immutable,
      pipeline: true,
      precision: 'single',
    })
    this.kernels.set(program.key, kernel)
    return kernel
  }

  /** gpu.js replaces a kernel that it cannot build by one for the CPU, without an error: never take its result. */
  requireDevice(kernel: DeviceKernel): void {
    const { fallbackReason } = kernel.kernel
    const mode = kernel.kernel.constructor.mode ?? 'an unknown mode'
    // All GL kernels say "gpu".
    if (mode === (this.mode === 'webgpu' ? 'webgpu' : 'gpu')) return
    throw new DeviceFault(
      'broken',
      `gpu.js fell back from ${this.mode} to ${mode}${fallbackReason ? `: ${fallbackReason}` : ''}`,
    )
  }

  loaded(slot: number): Loaded {
    const loaded = this.slots.get(slot)
    if (loaded === undefined) throw new DeviceFault('broken', `nothing was loaded into slot ${slot}`)
    return loaded
  }

  keep(slot: number, loaded: Loaded): void {
    this.drop([slot])
    this.slots.set(slot, loaded)
  }

  drop(slots: readonly number[]): void {
    for (const slot of slots) {
      const loaded = this.slots.get(slot)
      if (loaded === undefined) continue
      this.slots.delete(slot)
      release(loaded)
    }
  }

  /** Lets go of everything, as far as a device that may be dead allows. */
  async close(): Promise<void> {
    this.drop([...this.slots.keys()])
    this.kernels.clear()
    await this.instance.destroy()
  }
}

export function release({ matrix, transposed }: Loaded): void {
  matrix.delete()
  transposed?.delete()
}
