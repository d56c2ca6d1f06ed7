import type { Heap, Kernels, LstmBackward, LstmForward, Pointer } from '../../kernels/kernels.ts'
import type { WasmExports } from './wasm.ts'

/** The words of the parameter blocks, in the order that kernels/wasm/lstm-parameters.ts gives; `packed` follows. */
const forwardFields = [
  'batch',
  'time',
  'inputSize',
  'units',
  'x',
  'kernel',
  'recurrentKernel',
  'bias',
  'h0',
  'c0',
  'mask',
  'reverse',
  'hardSigmoid',
  'out',
  'gates',
  'cells',
  'hLast',
  'cLast',
] as const satisfies readonly (keyof LstmForward)[]

const backwardFields = [
  'batch',
  'time',
  'inputSize',
  'units',
  'x',
  'kernel',
  'recurrentKernel',
  'h0',
  'c0',
  'mask',
  'reverse',
  'hardSigmoid',
  'out',
  'gates',
  'cells',
  'dOut',
  'dhLast',
  'dcLast',
  'dGates',
  'dx',
  'dKernel',
  'dRecurrentKernel',
  'dBias',
  'dh0',
  'dc0',
] as const satisfies readonly (keyof LstmBackward)[]

type Words = readonly (number | boolean)[]

/** A kernel over a range of rows of the batch, or of panels of the parameter gradients; any split gives the same bits. */
export type RangeKernel = 'lstm_forward_rows' | 'lstm_backward_rows' | 'lstm_backward_kernels'

/** Who runs a range kernel from 0 to `count`: one thread at one go, or several by parts. */
export interface Sharing {
  /** How many scratch spaces are needed, `scratchStride` bytes apart. */
  readonly threads: number
  readonly run: (
    kernel: RangeKernel,
    block: Pointer,
    scratch: Pointer,
    scratchStride: number,
    count: number,
    flops: number,
  ) => void
}

const oneThread = (exports: WasmExports): Sharing => ({
  threads: 1,
  run: (kernel, block, scratch, _, count) => {
    exports[kernel](block, scratch, 0, count)
  },
})

/** The WebAssembly LSTM. */
export function createWasmLstm(
  exports: WasmExports,
  heap: Heap,
  sharing: Sharing = oneThread(exports),
): Pick<Kernels, 'lstmForward' | 'lstmBackward'> {
  /** Writes the block of words and hands it to `run` with room for packed kernels and scratch. */
  function withBlock(
    words: Words,
    packedBytes: (block: Pointer) => number,
    scratchBytes: (block: Pointer) => number,
    run: (block: Pointer, scratch: Pointer, scratchStride: number) => void,
  ): void {
    const block = heap.allocate((words.length + 1) << 2)
    heap.int.set(words.map(Number), block >>> 2)
    const packed = heap.allocate(packedBytes(block) >>> 0)
    const scratchStride = Math.ceil(scratchBytes(block) / 128) * 128
    const scratch = heap.allocate(scratchStride * sharing.threads)
    heap.int[(block >>> 2) + words.length] = packed
    try {
      run(block, scratch, scratchStride)
    } finally {
      heap.release(scratch)
      heap.release(packed)
      heap.release(block)
    }
  }

  /** Operations of the products with both kernels. */
  const flopsOf = (p: LstmForward | LstmBackward): number =>
    8 * p.batch * p.time * p.units * (p.inputSize + p.units)

  return {
    lstmForward(p) {
      withBlock(
        forwardFields.map(field => p[field]),
        exports.lstm_forward_packed_bytes,
        block => exports.lstm_forward_scratch_bytes(block) >>> 0,
        (block, scratch, stride) => {
          exports.lstm_forward_pack(block)
          sharing.run('lstm_forward_rows', block, scratch, stride, p.batch, flopsOf(p))
        },
      )
    },
    lstmBackward(p) {
      const scratchBytes = (block: Pointer): number =>
        Math.max(
          exports.lstm_backward_scratch_bytes(block) >>> 0,
          exports.lstm_kernels_scratch_bytes(block) >>> 0,
        )
      withBlock(
        backwardFields.map(field => p[field]),
        exports.lstm_backward_packed_bytes,
        scratchBytes,
        (block, scratch, stride) => {
          exports.lstm_backward_pack(block, scratch)
          const panels = exports.lstm_kernel_panels(p.units)
          sharing.run('lstm_backward_rows', block, scratch, stride, p.batch, flopsOf(p))
          sharing.run('lstm_backward_kernels', block, scratch, stride, panels, flopsOf(p))
        },
      )
    },
  }
}
