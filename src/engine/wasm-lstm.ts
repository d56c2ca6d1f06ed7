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

/**
 * The WebAssembly LSTM. The kernels take ranges of rows (and of parameter columns), which threads may share out;
 * here one thread takes them all.
 */
export function createWasmLstm(
  exports: WasmExports,
  heap: Heap,
): Pick<Kernels, 'lstmForward' | 'lstmBackward'> {
  /** Writes the block of words and hands it to `run` with room for packed kernels and scratch. */
  function withBlock(
    words: Words,
    packedBytes: (block: Pointer) => number,
    scratchBytes: (block: Pointer) => number,
    run: (block: Pointer, scratch: Pointer) => void,
  ): void {
    const block = heap.allocate((words.length + 1) << 2)
    heap.int.set(words.map(Number), block >>> 2)
    const packed = heap.allocate(packedBytes(block) >>> 0)
    const scratch = heap.allocate(scratchBytes(block) >>> 0)
    heap.int[(block >>> 2) + words.length] = packed
    run(block, scratch)
    heap.release(scratch)
    heap.release(packed)
    heap.release(block)
  }

  return {
    lstmForward(p) {
      withBlock(
        forwardFields.map(field => p[field]),
        exports.lstm_forward_packed_bytes,
        exports.lstm_forward_scratch_bytes,
        (block, scratch) => {
          exports.lstm_forward_pack(block)
          exports.lstm_forward_rows(block, scratch, 0, p.batch)
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
        (block, scratch) => {
          exports.lstm_backward_pack(block, scratch)
          exports.lstm_backward_rows(block, scratch, 0, p.batch)
          exports.lstm_backward_kernels(block, scratch, 0, exports.lstm_kernel_panels(p.units))
        },
      )
    },
  }
}
