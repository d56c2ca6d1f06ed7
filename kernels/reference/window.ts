import type { Window } from '../windows.ts'

/** The numbers of an output pixel, a tap and an input pixel that meet; pixels are counted through all images. */
export type Visit = (output: number, tap: number, input: number) => void

/** Visits every tap of every output pixel that lies in the image, in order of output pixels and of taps. */
export function eachTap(p: Window, visit: Visit): void {
  for (let image = 0; image < p.batch; image++) {
    for (let row = 0; row < p.outHeight; row++) {
      for (let column = 0; column < p.outWidth; column++) {
        const output = (image * p.outHeight + row) * p.outWidth + column
        for (let i = 0; i < p.windowHeight; i++) {
          const y = row * p.strideHeight - p.padTop + i * p.dilationHeight
          if (y < 0 || y >= p.height) continue
          for (let j = 0; j < p.windowWidth; j++) {
            const x = column * p.strideWidth - p.padLeft + j * p.dilationWidth
            if (x < 0 || x >= p.width) continue
            visit(output, i * p.windowWidth + j, (image * p.height + y) * p.width + x)
          }
        }
      }
    }
  }
}
