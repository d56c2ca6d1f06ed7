import type { Window } from '../../kernels/windows.ts'
import { generator } from './twins.ts'

export interface ConvProblem extends Window {
  readonly filters: number
  readonly groups: number
}

/** Sizes of the arrays x, kernel and y. */
export const sizesOf = (p: ConvProblem): { x: number; kernel: number; y: number } => ({
  x: p.batch * p.height * p.width * p.channels,
  kernel: (p.windowHeight * p.windowWidth * p.channels * p.filters) / p.groups,
  y: p.batch * p.outHeight * p.outWidth * p.filters,
})

/** A window over one axis: output size for these paddings, at least 1. */
function axis(
  draw: (n: number) => number,
): Record<'size' | 'window' | 'stride' | 'dilation' | 'pad' | 'out', number> {
  const window = 1 + draw(4)
  const stride = 1 + draw(3)
  const dilation = 1 + draw(2)
  const reach = (window - 1) * dilation + 1
  const pad = draw(Math.min(3, reach))
  const after = draw(Math.min(3, reach))
  const size = Math.max(1, reach - pad - after) + draw(9)
  return { size, window, stride, dilation, pad, out: Math.floor((size + pad + after - reach) / stride) + 1 }
}

/** A random problem; the same one for the same seed. */
export function convProblem(seed: number): ConvProblem {
  const next = generator(seed)
  const draw = (n: number): number => Math.floor(next() * n)
  const [h, w] = [axis(draw), axis(draw)]
  const groups = [1, 1, 1, 2, 3, 5][draw(6)]
  // Every third grouped problem has one channel and one filter per group.
  const depthwise = groups > 1 && draw(3) === 0
  return {
    batch: 1 + draw(3),
    height: h.size,
    width: w.size,
    channels: groups * (depthwise ? 1 : 1 + draw(6)),
    outHeight: h.out,
    outWidth: w.out,
    windowHeight: h.window,
    windowWidth: w.window,
    strideHeight: h.stride,
    strideWidth: w.stride,
    dilationHeight: h.dilation,
    dilationWidth: w.dilation,
    padTop: h.pad,
    padLeft: w.pad,
    filters: groups * (depthwise ? 1 : 1 + draw(12)),
    groups,
  }
}

/** Problems that cross the blocks of the kernels: many pixels, deep patches, 1 × 1 windows. */
export const largeProblems: readonly ConvProblem[] = [
  square({ batch: 5, size: 23, window: 3, channels: 5, filters: 9 }),
  square({ batch: 1, size: 12, window: 5, channels: 40, filters: 17 }),
  square({ batch: 2, size: 17, window: 1, channels: 33, filters: 20 }),
  square({ batch: 2, size: 17, window: 1, channels: 32, filters: 20, groups: 4 }),
  square({ batch: 2, size: 6, window: 3, channels: 260, filters: 4 }),
  square({ batch: 2, size: 19, window: 3, channels: 35, filters: 35, groups: 35 }),
  square({ batch: 2, size: 12, window: 3, channels: 8, filters: 8, groups: 8, pad: 1 }),
  square({ batch: 2, size: 12, window: 5, channels: 9, filters: 9, groups: 9, pad: 2 }),
  // By Winograd's algorithm: even and odd sizes, padding, several blocks of tiles and of channels.
  square({ batch: 3, size: 13, window: 3, channels: 32, filters: 64 }),
  square({ batch: 1, size: 6, window: 3, channels: 16, filters: 20 }),
  square({ batch: 2, size: 9, window: 3, channels: 44, filters: 16, pad: 1 }),
  square({ batch: 2, size: 8, window: 3, channels: 20, filters: 24, pad: 2 }),
  square({ batch: 1, size: 17, window: 3, channels: 16, filters: 16, pad: 1 }),
  square({ batch: 1, size: 6, window: 3, channels: 132, filters: 128 }),
  // Too few channels for it, or filters that are not a multiple of 4.
  square({ batch: 2, size: 9, window: 3, channels: 12, filters: 16, pad: 1 }),
  square({ batch: 2, size: 9, window: 3, channels: 16, filters: 18, pad: 1 }),
]

function square(p: {
  batch: number
  size: number
  window: number
  channels: number
  filters: number
  groups?: number
  pad?: number
}): ConvProblem {
  const { pad = 0 } = p
  const out = p.size + 2 * pad - p.window + 1
  return {
    batch: p.batch,
    height: p.size,
    width: p.size,
    channels: p.channels,
    outHeight: out,
    outWidth: out,
    windowHeight: p.window,
    windowWidth: p.window,
    strideHeight: 1,
    strideWidth: 1,
    dilationHeight: 1,
    dilationWidth: 1,
    padTop: pad,
    padLeft: pad,
    filters: p.filters,
    groups: p.groups ?? 1,
  }
}
