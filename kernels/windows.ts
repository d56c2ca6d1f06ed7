import type { Pointer } from './kernels.ts'

/**
 * A window that slides over images: output pixel (r, c) sees the input pixels
 * (r·strideHeight − padTop + i·dilationHeight, c·strideWidth − padLeft + j·dilationWidth) for i < windowHeight,
 * j < windowWidth, where they exist. A pair (i, j) is a tap; taps are numbered i·windowWidth + j.
 */
export interface Window {
  readonly batch: number
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly outHeight: number
  readonly outWidth: number
  readonly windowHeight: number
  readonly windowWidth: number
  readonly strideHeight: number
  readonly strideWidth: number
  readonly dilationHeight: number
  readonly dilationWidth: number
  readonly padTop: number
  readonly padLeft: number
}

/** y = x ⋆ kernel + bias. Of x, kernel and y two are given and one is computed. */
export interface Convolution extends Window {
  readonly filters: number
  /** Group g joins channels g·channels/groups … with filters g·filters/groups …. */
  readonly groups: number
  /** [batch, height, width, channels] */
  readonly x: Pointer
  /** [windowHeight, windowWidth, channels/groups, filters] */
  readonly kernel: Pointer
  /** [batch, outHeight, outWidth, filters] */
  readonly y: Pointer
  /** [filters], or 0; only for y */
  readonly bias: Pointer
}

/** Every window holds at least one pixel. */
export interface MaxPool extends Window {
  /** [batch, height, width, channels] */
  readonly x: Pointer
  /** [batch, outHeight, outWidth, channels] */
  readonly y: Pointer
  /** int, like y: the position in x of the largest (the first one; the first NaN wins), or 0 when not wanted */
  readonly positions: Pointer
}
