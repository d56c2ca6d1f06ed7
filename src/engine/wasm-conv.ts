import type { Heap, Kernels, Pointer } from '../../kernels/kernels.ts'
import type { Convolution, MaxPool, Window } from '../../kernels/windows.ts'
import type { WasmExports } from './wasm-modules.ts'

/** The words of the parameter blocks, in the order that the classes in kernels/wasm give. */
const windowFields = [
  'batch',
  'height',
  'width',
  'channels',
  'outHeight',
  'outWidth',
  'windowHeight',
  'windowWidth',
  'strideHeight',
  'strideWidth',
  'dilationHeight',
  'dilationWidth',
  'padTop',
  'padLeft',
] as const satisfies readonly (keyof Window)[]
const convolutionFields = [
  ...windowFields,
  'filters',
  'groups',
  'x',
  'kernel',
  'y',
  'bias',
] as const satisfies readonly (keyof Convolution)[]
const maxPoolFields = [...windowFields, 'x', 'y', 'positions'] as const satisfies readonly (keyof MaxPool)[]

/** A kernel over a range: rows of y, images of x, parts of the kernel, or rows. Any split gives the same bits. */
export type WindowKernel = 'conv_forward' | 'conv_input' | 'conv_kernel' | 'max_pool'

/** Who runs a range kernel from 0 to `count`: one thread at one go, or several by parts. */
export interface WindowSharing {
  /** How many scratch spaces are needed, `scratchStride` bytes apart. */
  readonly threads: number
  readonly run: (
    kernel: WindowKernel,
    block: Pointer,
    scratch: Pointer,
    scratchStride: number,
    count: number,
    flops: number,
  ) => void
}

const oneThread = (exports: WasmExports): WindowSharing => ({
  threads: 1,
  run: (kernel, block, scratch, _, count) => {
    exports[kernel](block, scratch, 0, count)
  },
})

/** Convolution and max pooling in WebAssembly. */
export function createWasmConv(
  exports: WasmExports,
  heap: Heap,
  sharing: WindowSharing = oneThread(exports),
): Pick<Kernels, 'convForward' | 'convInput' | 'convKernel' | 'maxPool'> {
  /** How many parts there are to share out. */
  const parts = {
    conv_forward: (_: Convolution, block: Pointer): number => exports.conv_forward_parts(block),
    conv_input: (p: Convolution): number => p.batch,
    conv_kernel: (_: Convolution, block: Pointer): number => exports.conv_kernel_parts(block),
  }

  /** Writes a block of words, with one more for what `run` sets at its end. */
  function withBlock(words: readonly number[], run: (block: Pointer) => void): void {
    const block = heap.allocate((words.length + 1) << 2)
    heap.int.set(words, block >>> 2)
    try {
      run(block)
    } finally {
      heap.release(block)
    }
  }

  /** Runs the ranges. The kernel, or its transpose, is packed before; its gradient's sums are added up after. */
  function convolve(p: Convolution, kernel: keyof typeof parts): void {
    const words = convolutionFields.map(field => p[field])
    withBlock(words, block => {
      const isGradient = kernel === 'conv_kernel'
      const scratchStride = Math.ceil((exports.conv_scratch_bytes(block) >>> 0) / 128) * 128
      const packed = heap.allocate(
        (isGradient ? exports.conv_sums_bytes : exports.conv_packed_bytes)(block) >>> 0,
      )
      const scratch = heap.allocate(scratchStride * sharing.threads)
      heap.int[(block >>> 2) + words.length] = packed
      try {
        if (!isGradient) exports.conv_pack(block, +(kernel === 'conv_input'))
        const products = (p.batch * p.outHeight * p.outWidth * p.filters * p.channels) / p.groups
        const flops = 2 * products * p.windowHeight * p.windowWidth
        sharing.run(kernel, block, scratch, scratchStride, parts[kernel](p, block), flops)
        if (isGradient) exports.conv_kernel_finish(block)
      } finally {
        heap.release(scratch)
        heap.release(packed)
      }
    })
  }

  return {
    convForward: p => convolve(p, 'conv_forward'),
    convInput: p => convolve(p, 'conv_input'),
    convKernel: p => convolve(p, 'conv_kernel'),
    maxPool(p) {
      const words = maxPoolFields.map(field => p[field])
      const elements = p.batch * p.outHeight * p.outWidth * p.channels
      withBlock(words, block => {
        const flops = elements * p.windowHeight * p.windowWidth
        sharing.run('max_pool', block, 0, 0, p.batch * p.outHeight, flops)
      })
    },
  }
}
