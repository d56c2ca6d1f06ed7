import type { DeviceKernel, DeviceMatrix, GpuLibrary } from '../../../src/engine/gpu/library.ts'
import { type Matrix, runProgram } from '../../kernels/gpu/run-program.ts'

/** How a fake gpu.js misbehaves; tests change it while it runs. */
export interface Behaviour {
  /** Results are multiplied by it. */
  factor: number
  /** What a kernel turns into when it is called. */
  kernelMode: string
  /** Until somebody takes a fresh context, it gives zeros. */
  contextIsLost: boolean
  /** Calls fail with this message. */
  failure: string | null
  /** Called at each call, to let time pass. */
  onCall: () => void
}

export interface FakeLibrary {
  readonly library: GpuLibrary
  readonly behaviour: Behaviour
  /** What was made, and is still there. */
  readonly alive: { kernels: number; matrices: number; contexts: number }
  /** How often kernels ran, by what they are for. */
  readonly calls: { load: number; other: number }
}

interface KernelSettings {
  readonly output: readonly [number, number]
  readonly constants: Readonly<Record<string, number>>
  readonly returnType: 'Float' | 'Array(4)'
  readonly immutable: boolean
}

/** A gpu.js whose WebGL is an interpreter of kernels. */
export function fakeLibrary(renderer = 'Imaginary GPU 3000'): FakeLibrary {
  const behaviour: Behaviour = {
    factor: 1,
    kernelMode: 'gpu',
    contextIsLost: false,
    failure: null,
    onCall: () => {},
  }
  const alive = { kernels: 0, matrices: 0, contexts: 0 }
  const calls = { load: 0, other: 0 }

  class FakeMatrix implements DeviceMatrix {
    private isDeleted = false
    constructor(
      readonly matrix: Matrix,
      private readonly isOwned: boolean,
    ) {
      if (isOwned) alive.matrices++
    }
    delete(): void {
      if (this.isOwned && !this.isDeleted) alive.matrices--
      this.isDeleted = true
    }
    renderRawOutput(): Float32Array {
      const { values } = this.matrix
      return behaviour.contextIsLost ? new Float32Array(values.length) : values
    }
  }

  const operandOf = (operand: unknown): Matrix =>
    operand instanceof FakeMatrix ? operand.matrix : (operand as Matrix)

  const createKernel = (source: string, settings: KernelSettings): DeviceKernel => {
    alive.kernels++
    const run = (...operands: readonly unknown[]): FakeMatrix => {
      behaviour.onCall()
      if (behaviour.failure !== null) throw new Error(behaviour.failure)
      const isLoad = !(operands[0] instanceof FakeMatrix)
      calls[isLoad ? 'load' : 'other']++
      const result = runProgram({ source, ...settings }, operands.map(operandOf))
      for (let i = 0; i < result.values.length; i++) result.values[i] *= isLoad ? 1 : behaviour.factor
      return new FakeMatrix(result, settings.immutable)
    }
    return Object.assign(run, {
      kernel: {
        constructor: {
          get mode() {
            return behaviour.kernelMode
          },
        },
        fallbackReason: null,
      },
      destroy: () => {
        alive.kernels--
      },
    })
  }

  class FakeGpu {
    static readonly isHeadlessGLSupported = false
    static readonly isWebGL2Supported = true
    static readonly isWebGLSupported = false
    static readonly isWebGPUSupported = false
    readonly context = {
      isContextLost: () => behaviour.contextIsLost,
      getExtension: () => ({
        loseContext: () => {
          behaviour.contextIsLost = true
        },
      }),
    }
    readonly Kernel = {
      mode: 'gpu',
      features: { maxTextureSize: 64, isTextureFloat: true, isFloatRead: true },
      testContext: {
        RENDERER: 1,
        getExtension: () => null,
        getParameter: () => renderer,
      },
    }
    readonly createKernel = createKernel as (source: string, settings: object) => DeviceKernel

    constructor() {
      alive.contexts++
      behaviour.contextIsLost = false
    }

    async destroy(): Promise<void> {
      alive.contexts--
    }
  }

  const input = (values: Float32Array, [cols, rows]: readonly number[]): Matrix => ({
    ...{ rows, cols, lanes: 1 },
    values: values.slice(),
  })
  return { library: { GPU: FakeGpu, input }, behaviour, alive, calls }
}
