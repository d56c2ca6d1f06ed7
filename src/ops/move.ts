import type { ElementKernels } from '../../kernels/kernels.ts'
import type { Engine } from '../engine/engine.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { at, elementsOf } from './define.ts'

/** How a walk over `shape` moves through one of two arrays: start and stride per axis, in elements. */
export interface Walk {
  readonly offset: number
  readonly strides: readonly number[]
}

interface CopyAxis {
  size: number
  to: number
  from: number
}

/** Drops axes of size 1 and merges neighbours that both arrays run through in one stride. Innermost first. */
function copyAxes(shape: Shape, to: readonly number[], from: readonly number[]): CopyAxis[] {
  const axes: CopyAxis[] = []
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape[i]
    if (size === 1) continue
    const inner = axes[axes.length - 1]
    if (inner !== undefined && to[i] === inner.to * inner.size && from[i] === inner.from * inner.size) {
      inner.size *= size
    } else axes.push({ size, to: to[i], from: from[i] })
  }
  return axes
}

/**
 * Copies element by element over an index space: out[to(i)] = x[from(i)] for every i in `shape`.
 * All of slice, permute, flip, tile, pad, concat and broadcast are such a walk.
 */
export function copyWalk(engine: Engine, out: Tensor, to: Walk, x: Tensor, from: Walk, shape: Shape): void {
  for (const size of shape) if (size === 0) return
  const kernels = elementsOf(engine, x.dtype)
  const bytes = x.dtype === 'float32' ? 1 << engine.memory.floatShift : 4
  const target = at(engine, out) + to.offset * bytes
  const source = at(engine, x) + from.offset * bytes
  const axes = copyAxes(shape, to.strides, from.strides)
  const cols = axes[0] ?? CONTIGUOUS
  const rows = axes[1] ?? SINGLE
  if (axes.length <= 1 && cols.to === 1 && cols.from === 1 && target % 16 === 0 && source % 16 === 0) {
    // `copy` may write up to the next multiple of 4 elements, so only whole outputs are given to it.
    if (cols.size === out.size) {
      kernels.copy(target, source, cols.size)
      return
    }
  }
  const isTranspose =
    axes.length === 2 && cols.to === 1 && rows.from === 1 && rows.to === cols.size && cols.from === rows.size
  if (isTranspose) {
    kernels.transpose(target, source, cols.size, rows.size)
    return
  }
  visit(kernels, axes, bytes, Math.max(1, axes.length - 1), target, source)
}

const CONTIGUOUS: CopyAxis = { size: 1, to: 1, from: 1 }
const SINGLE: CopyAxis = { size: 1, to: 0, from: 0 }

/** Copies the axes up to `depth`, from and to these addresses. */
function visit(
  kernels: ElementKernels,
  axes: readonly CopyAxis[],
  bytes: number,
  depth: number,
  to: number,
  from: number,
): void {
  if (depth < 2) {
    const cols = axes[0] ?? SINGLE
    const rows = axes[1] ?? SINGLE
    kernels.copy2d(to, from, rows.size, cols.size, rows.to, cols.to, rows.from, cols.from)
    return
  }
  const axis = axes[depth]
  for (let i = 0; i < axis.size; i++) {
    visit(kernels, axes, bytes, depth - 1, to + i * axis.to * bytes, from + i * axis.from * bytes)
  }
}
