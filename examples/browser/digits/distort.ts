import type { Generator } from '../../../src/index.ts'

/** How far a picture is distorted at most; each amount is drawn evenly up to these, in both directions. */
const MOST = { turn: 0.26, slant: 0.25, growth: 0.14, shift: 1.5 }

/**
 * Writes a square picture into `out` as another hand might have drawn it: turned, slanted, larger or smaller, and
 * shifted at random. Values between pixels are interpolated.
 *
 *   out(c + shift + A·(p − c)) = picture(p)        A = turn · growth · slant, c the centre
 */
export function distort(
  picture: ArrayLike<number>,
  out: Float32Array,
  { size, generator }: { readonly size: number; readonly generator: Generator },
): void {
  const any = (most: number): number => (2 * generator.next() - 1) * most
  const turn = any(MOST.turn)
  const slant = any(MOST.slant)
  const [growX, growY] = [1 + any(MOST.growth), 1 + any(MOST.growth)]
  const [shiftX, shiftY] = [any(MOST.shift), any(MOST.shift)]
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
  const centre = (size - 1) / 2
  const at = (x: number, y: number): number =>
    x < 0 || y < 0 || x >= size || y >= size ? 0 : picture[y * size + x]
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      // Backwards, from the place in `out` to the one in the picture, so that no pixel is left out.
      const dx = column - centre - shiftX
      const dy = row - centre - shiftY
      const turnedX = (cos * dx + sin * dy) / growX
      const turnedY = (cos * dy - sin * dx) / growY
      const x = turnedX + slant * turnedY + centre
      const y = turnedY + centre
      const [left, top] = [Math.floor(x), Math.floor(y)]
      const [toRight, toBottom] = [x - left, y - top]
      const upper = (1 - toRight) * at(left, top) + toRight * at(left + 1, top)
      const lower = (1 - toRight) * at(left, top + 1) + toRight * at(left + 1, top + 1)
      out[row * size + column] = (1 - toBottom) * upper + toBottom * lower
    }
  }
}
