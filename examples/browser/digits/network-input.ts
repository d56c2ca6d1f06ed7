import type { Point, Stroke } from './stroke.ts'

/** Pixels along a side of what the network sees. */
export const SIZE = 28
/** Pixels along the longer side of the digit itself. */
const BOX = 20
/** Half the pen's width, and how far its edge fades, in pixels: about those of MNIST's pens. */
const RADIUS = 1.3
const FADE = 0.7
/** A drawing smaller than this part of the pad is not enlarged any further: a dot stays a dot. */
const SMALLEST = 0.12

/**
 * Draws strokes as MNIST's digits were prepared (http://yann.lecun.com/exdb/mnist/): scaled into a box of 20 × 20 pixels
 * with their proportions kept, then moved so that the centre of mass of the ink is the centre of 28 × 28 pixels.
 *
 * The pen has one width whatever the scale. Values are 0 (paper) to 1 (ink), row by row; null where nothing was drawn.
 */
export function toNetworkInput(strokes: readonly Stroke[]): Float32Array | null {
  const points = strokes.flat()
  if (points.length === 0) return null
  const [left, right] = rangeOf(points.map(({ x }) => x))
  const [top, bottom] = rangeOf(points.map(({ y }) => y))
  const scale = (BOX - 2 * RADIUS) / Math.max(right - left, bottom - top, SMALLEST)
  const boxed = strokes.map(stroke =>
    stroke.map(({ x, y }) => ({
      x: (x - (left + right) / 2) * scale + SIZE / 2,
      y: (y - (top + bottom) / 2) * scale + SIZE / 2,
    })),
  )
  const centre = centreOfMass(ink(boxed))
  const [across, down] = [SIZE / 2 - centre.x, SIZE / 2 - centre.y]
  return ink(boxed.map(stroke => stroke.map(({ x, y }) => ({ x: x + across, y: y + down }))))
}

/** Where the ink of a picture has its balance; the middle of the first pixel is (0.5, 0.5). */
export function centreOfMass(picture: ArrayLike<number>): Point {
  let [mass, x, y] = [0, 0, 0]
  for (let i = 0; i < picture.length; i++) {
    mass += picture[i]
    x += picture[i] * ((i % SIZE) + 0.5)
    y += picture[i] * (Math.floor(i / SIZE) + 0.5)
  }
  return { x: x / mass, y: y / mass }
}

const rangeOf = (values: readonly number[]): [number, number] =>
  values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity])

/** Ink by distance from the middle of the pen's way: whole within the pen, then fading. */
function ink(strokes: readonly Stroke[]): Float32Array {
  const picture = new Float32Array(SIZE * SIZE)
  for (const stroke of strokes) {
    for (const [i, to] of stroke.entries()) addSegment(picture, stroke[Math.max(0, i - 1)], to)
  }
  return picture
}

function addSegment(picture: Float32Array, from: Point, to: Point): void {
  const reach = RADIUS + FADE
  const columns = pixelsBetween(from.x, to.x, reach)
  const rows = pixelsBetween(from.y, to.y, reach)
  for (let row = rows.first; row <= rows.last; row++) {
    for (let column = columns.first; column <= columns.last; column++) {
      const distance = distanceTo(from, to, { x: column + 0.5, y: row + 0.5 })
      const value = Math.min(1, Math.max(0, (reach - distance) / (2 * FADE)))
      const place = row * SIZE + column
      picture[place] = Math.max(picture[place], value)
    }
  }
}

const pixelsBetween = (a: number, b: number, reach: number) => ({
  first: Math.max(0, Math.floor(Math.min(a, b) - reach)),
  last: Math.min(SIZE - 1, Math.ceil(Math.max(a, b) + reach)),
})

function distanceTo(from: Point, to: Point, point: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const length2 = dx * dx + dy * dy
  const along = length2 === 0 ? 0 : ((point.x - from.x) * dx + (point.y - from.y) * dy) / length2
  const part = Math.min(1, Math.max(0, along))
  return Math.hypot(point.x - from.x - part * dx, point.y - from.y - part * dy)
}
