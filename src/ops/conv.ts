import type { Window } from '../../kernels/windows.ts'
import { ShapeError } from '../errors.ts'
import { formatShape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { at, defineOp } from './define.ts'

/** Windows, and how channels and filters are joined: group g has the g-th part of each. */
export interface ConvGeometry extends Window {
  readonly filters: number
  readonly groups: number
}

// A convolution is linear in x and in the kernel: with the sum ⟨g, x ⋆ k⟩ = ⟨convInput(g, k), x⟩ = ⟨convKernel(x, g), k⟩
// each of the three operations has the other two as its gradients.

/** y = x ⋆ kernel + bias:  x [n, h, w, c], kernel [kh, kw, c/groups, f], bias [f] → [n, oh, ow, f] */
const convOp = defineOp<ConvGeometry>('conv', {
  shape: (_, p) => [p.batch, p.outHeight, p.outWidth, p.filters],
  forward: ([x, kernel, bias], out, p, engine) => {
    const b = bias === undefined ? 0 : at(engine, bias)
    engine.kernels.convForward({
      ...p,
      x: at(engine, x),
      kernel: at(engine, kernel),
      y: at(engine, out),
      bias: b,
    })
  },
  gradient: ([x, kernel, bias], g, p) => [
    () => convInput(g, kernel, p),
    () => convKernel(x, g, p),
    ...(bias === undefined ? [] : [() => g.sum({ axis: [0, 1, 2] })]),
  ],
})

const convInputOp = defineOp<ConvGeometry>('convInput', {
  shape: (_, p) => [p.batch, p.height, p.width, p.channels],
  forward: ([g, kernel], out, p, engine) => {
    engine.kernels.convInput({
      ...p,
      x: at(engine, out),
      kernel: at(engine, kernel),
      y: at(engine, g),
      bias: 0,
    })
  },
  gradient: ([g, kernel], h, p) => [() => convOp([h, kernel], p), () => convKernel(h, g, p)],
})

const convKernelOp = defineOp<ConvGeometry>('convKernel', {
  shape: (_, p) => [p.windowHeight, p.windowWidth, p.channels / p.groups, p.filters],
  forward: ([x, g], out, p, engine) => {
    engine.kernels.convKernel({ ...p, x: at(engine, x), kernel: at(engine, out), y: at(engine, g), bias: 0 })
  },
  gradient: ([x, g], h, p) => [() => convInput(g, h, p), () => convOp([x, h], p)],
})

/** x ⋆ kernel (+ bias) for operands that fit the geometry. */
export const conv = (x: Tensor, kernel: Tensor, bias: Tensor | null, p: ConvGeometry): Tensor =>
  convOp(bias === null ? [x, kernel] : [x, kernel, bias], p)

/** The transpose of x ↦ x ⋆ kernel:  g [n, oh, ow, f] → [n, h, w, c] */
export const convInput = (g: Tensor, kernel: Tensor, p: ConvGeometry): Tensor => convInputOp([g, kernel], p)

/** The transpose of kernel ↦ x ⋆ kernel:  x [n, h, w, c], g [n, oh, ow, f] → [kh, kw, c/groups, f] */
export const convKernel = (x: Tensor, g: Tensor, p: ConvGeometry): Tensor => convKernelOp([x, g], p)

/** Refuses a kernel of the wrong rank, or with channels other than those of x. */
export function checkKernel(
  operation: string,
  kernel: Tensor,
  axes: readonly string[],
  channels: number,
  groups: number,
  axisOfChannels: number,
): void {
  if (kernel.rank !== axes.length) {
    throw new ShapeError({
      operation,
      problem: `needs a kernel [${axes.join(', ')}], got ${formatShape(kernel.shape)}.`,
      hint: 'expandDims or reshape it.',
      shapes: [kernel.shape],
    })
  }
  const depth = kernel.shape[axisOfChannels]
  if (depth * groups !== channels) {
    const part = groups === 1 ? '' : ` in each of ${groups} groups`
    throw new ShapeError({
      operation,
      problem: `needs a kernel for ${channels / groups} channels${part}, got ${formatShape(kernel.shape)} (${depth} ≠ ${channels / groups}).`,
      hint: `the kernel is [${axes.join(', ')}], whatever the dataFormat.`,
      shapes: [kernel.shape],
    })
  }
}

/** Refuses a bias that is not one number per filter. */
export function checkBias(operation: string, bias: Tensor | null, filters: number): void {
  if (bias === null || (bias.rank === 1 && bias.shape[0] === filters)) return
  throw new ShapeError({
    operation,
    problem: `needs a bias [${filters}], got ${formatShape(bias.shape)}.`,
    hint: 'one number per filter.',
    shapes: [bias.shape],
  })
}

/** Refuses groups that do not divide channels and filters. */
export function checkGroups(operation: string, groups: number, channels: number, filters: number): void {
  if (Number.isSafeInteger(groups) && groups >= 1 && channels % groups === 0 && filters % groups === 0) return
  throw new ShapeError({
    operation,
    problem: `needs groups that divide the ${channels} channels and the ${filters} filters, got ${groups}.`,
    hint: '1 group sees all channels.',
  })
}
