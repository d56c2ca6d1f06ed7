import type { Heap, Kernels, Pointer } from '../../kernels/kernels.ts'
import type { WasmExports } from './wasm-modules.ts'

/** The words of the parameter blocks, in the order that kernels/wasm/recurrent-parameters.ts gives; `packed` follows. */
const forwardFields = [
  'kind',
  'activation',
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
  'out',
  'gates',
  'cells',
  'hLast',
  'cLast',
  'projected',
] as const

const backwardFields = [
  'kind',
  'activation',
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
] as const

type Words<Field extends string> = Readonly<Record<Field, number | boolean>>
/** `projected` may be left out of a call. */
type ForwardCall = Words<Exclude<(typeof forwardFields)[number], 'projected'>> & {
  readonly projected?: Pointer
}
type BackwardWords = Words<(typeof backwardFields)[number]>

/** The cells that the kernels know, by number, and how many gates each has. */
const kinds = { lstm: 0, gru: 1, gruResetBefore: 2, rnn: 3 } as const
const gateCounts = [4, 3, 3, 1]

/** What a layer without a cell state, or without saved gates, leaves out. */
const noCells = { c0: 0, cells: 0, cLast: 0, dcLast: 0, dc0: 0 } as const

const gruKind = ({ resetAfter }: { readonly resetAfter: boolean }): number =>
  resetAfter ? kinds.gru : kinds.gruResetBefore

/** A kernel over a range of rows of the batch, or of panels of the parameter gradients; any split gives the same bits. */
export type RangeKernel = 'recurrent_forward_rows' | 'recurrent_backward_rows' | 'recurrent_backward_kernels'

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

export type RecurrentKernels = Pick<
  Kernels,
  'lstmForward' | 'lstmBackward' | 'gruForward' | 'gruBackward' | 'rnnForward' | 'rnnBackward'
>

/** The WebAssembly LSTM, GRU and simple recurrence: one pair of sweeps for all. */
export function createWasmRecurrent(
  exports: WasmExports,
  heap: Heap,
  sharing: Sharing = oneThread(exports),
): RecurrentKernels {
  /** Writes the block of words and hands it to `run` with room for packed kernels and scratch. */
  function withBlock(
    words: readonly (number | boolean)[],
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
  const flopsOf = (p: ForwardCall | BackwardWords): number => {
    const { kind, batch, time, inputSize, units } = p
    return 2 * gateCounts[+kind] * +batch * +time * +units * (+inputSize + +units)
  }

  function forward(p: ForwardCall): void {
    withBlock(
      forwardFields.map(field => p[field] ?? 0),
      exports.recurrent_forward_packed_bytes,
      block => exports.recurrent_forward_scratch_bytes(block) >>> 0,
      (block, scratch, stride) => {
        exports.recurrent_forward_pack(block)
        sharing.run('recurrent_forward_rows', block, scratch, stride, +p.batch, flopsOf(p))
      },
    )
  }

  function backward(p: BackwardWords): void {
    const scratchBytes = (block: Pointer): number =>
      Math.max(
        exports.recurrent_backward_scratch_bytes(block) >>> 0,
        exports.recurrent_kernels_scratch_bytes(block) >>> 0,
      )
    withBlock(
      backwardFields.map(field => p[field]),
      exports.recurrent_backward_packed_bytes,
      scratchBytes,
      (block, scratch, stride) => {
        exports.recurrent_backward_pack(block, scratch)
        const panels = exports.recurrent_kernel_panels(block)
        sharing.run('recurrent_backward_rows', block, scratch, stride, +p.batch, flopsOf(p))
        sharing.run('recurrent_backward_kernels', block, scratch, stride, panels, flopsOf(p))
      },
    )
  }

  return {
    lstmForward: p => forward({ ...p, kind: kinds.lstm, activation: p.hardSigmoid }),
    lstmBackward: p => backward({ ...p, kind: kinds.lstm, activation: p.hardSigmoid }),
    gruForward: p => forward({ ...noCells, ...p, kind: gruKind(p), activation: p.hardSigmoid }),
    gruBackward: p => backward({ ...noCells, ...p, kind: gruKind(p), activation: p.hardSigmoid }),
    rnnForward: p => forward({ ...noCells, ...p, kind: kinds.rnn, activation: p.relu, gates: 0 }),
    rnnBackward: p => backward({ ...noCells, ...p, kind: kinds.rnn, activation: p.relu, gates: 0 }),
  }
}
