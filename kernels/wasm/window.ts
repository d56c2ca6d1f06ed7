// A window that slides over images [batch, height, width, channels]: what convolution and pooling share.

/** The fields of Window in kernels.ts, in this order. */
@unmanaged
export class Window {
  batch: i32;
  height: i32;
  width: i32;
  channels: i32;
  outHeight: i32;
  outWidth: i32;
  windowHeight: i32;
  windowWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  dilationHeight: i32;
  dilationWidth: i32;
  padTop: i32;
  padLeft: i32;
}

/** How many i = 0, 1, … have first + i·step < limit: so many taps lie before the edge. */
@inline
export function stepsBelow(limit: i32, first: i32, step: i32): i32 {
  if (first >= limit) return 0;
  return step == 1 ? limit - first : (limit - first + step - 1) / step;
}
