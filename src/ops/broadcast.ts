import type { BinaryKernel } from '../../kernels/kernels.ts'
import type { Engine } from '../engine/engine.ts'
import { sameShape, type Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { at } from './define.ts'

/** An axis of a broadcast loop: its size and how far each operand moves along it (0 where it is repeated). */
interface LoopAxis {
  size: number
  a: number
  b: number
}

/** The loop over `out`, with neighbouring axes merged wherever both operands run through them in one stride. */
function loopAxes(out: Shape, a: Shape, b: Shape): LoopAxis[] {
  const axes: LoopAxis[] = []
  let aStride = 1
  let bStride = 1
  for (let i = 1; i <= out.length; i++) {
    const size = out[out.length - i]
    const aSize = i <= a.length ? a[a.length - i] : 1
    const bSize = i <= b.length ? b[b.length - i] : 1
    if (size !== 1) {
      const axis = { size, a: aSize === 1 ? 0 : aStride, b: bSize === 1 ? 0 : bStride }
      const inner = axes[axes.length - 1]
      if (inner !== undefined && axis.a === inner.a * inner.size && axis.b === inner.b * inner.size) {
        inner.size *= size
      } else axes.push(axis)
    }
    aStride *= aSize
    bStride *= bSize
  }
  return axes
}

/** Runs a two-operand kernel under NumPy's broadcasting rule; the kernel takes two axes, the rest is looped over. */
export function runBroadcast(
  kernel: BinaryKernel,
  engine: Engine,
  out: Tensor,
  a: Tensor,
  b: Tensor,
  outBytes: number,
): void {
  const target = at(engine, out)
  const left = at(engine, a)
  const right = at(engine, b)
  if (out.size === 0) return
  if (sameShape(a.shape, b.shape)) {
    kernel(target, left, right, 1, out.size, 0, 1, 0, 1)
    return
  }
  const inBytes = a.dtype === 'float32' ? 1 << engine.memory.floatShift : 4
  const loop: Loop = { kernel, axes: loopAxes(out.shape, a.shape, b.shape), inBytes, outBytes }
  visit(loop, Math.max(1, loop.axes.length - 1), target, left, right)
}

interface Loop {
  readonly kernel: BinaryKernel
  /** Innermost first: strides of the first axis are 0 or 1, as the kernel wants them. */
  readonly axes: readonly LoopAxis[]
  readonly inBytes: number
  readonly outBytes: number
}

const SINGLE: LoopAxis = { size: 1, a: 0, b: 0 }

/** Runs the axes up to `depth` from these addresses; returns where the next result goes. */
function visit(loop: Loop, depth: number, out: number, a: number, b: number): number {
  const { kernel, axes, inBytes, outBytes } = loop
  if (depth < 2) {
    const cols = axes[0] ?? SINGLE
    const rows = axes[1] ?? SINGLE
    kernel(out, a, b, rows.size, cols.size, rows.a, cols.a, rows.b, cols.b)
    return out + rows.size * cols.size * outBytes
  }
  const axis = axes[depth]
  let next = out
  for (let i = 0; i < axis.size; i++) {
    next = visit(loop, depth - 1, next, a + i * axis.a * inBytes, b + i * axis.b * inBytes)
  }
  return next
}
