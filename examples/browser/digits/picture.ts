import { themeColour } from '../page/theme.ts'

type Colour = readonly [number, number, number]

/** A square of values, one pixel each. */
export interface Picture {
  readonly values: ArrayLike<number>
  readonly size: number
}

/** Shows values from 0 (paper) to 1 (ink). */
export function showInk(canvas: HTMLCanvasElement, { values, size }: Picture): void {
  const [paper, ink] = [colour('--sunken'), colour('--text')]
  paint(canvas, size, i => mix(paper, ink, values[i]))
}

/** Shows what is above 0 in one colour, and what is below in another; the strongest value is full. */
export function showSigned(canvas: HTMLCanvasElement, { values, size }: Picture): void {
  const [paper, above, below] = [colour('--sunken'), colour('--second'), colour('--first')]
  const most = strongest(values)
  paint(canvas, size, i => mix(paper, values[i] < 0 ? below : above, Math.sqrt(Math.abs(values[i]) / most)))
}

/** Shows activations from 0 to `most`. */
export function showActivations(canvas: HTMLCanvasElement, { values, size }: Picture, most: number): void {
  const [paper, full] = [colour('--sunken'), colour('--accent')]
  paint(canvas, size, i => mix(paper, full, values[i] / most))
}

/** Each pixel with its neighbours, weighted 1 : 2 : 1 along both sides: what single pixels did is noise to the eye. */
export function smooth(values: Float32Array, size: number): Float32Array {
  const at = (x: number, y: number): number =>
    x < 0 || y < 0 || x >= size || y >= size ? 0 : values[y * size + x]
  const row = (x: number, y: number): number => at(x - 1, y) + 2 * at(x, y) + at(x + 1, y)
  return values.map((_, i) => {
    const [x, y] = [i % size, Math.floor(i / size)]
    return (row(x, y - 1) + 2 * row(x, y) + row(x, y + 1)) / 16
  })
}

/** The largest size of any value; a little more than 0 where all are 0. */
export const strongest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9)

function paint(canvas: HTMLCanvasElement, size: number, colourAt: (place: number) => Colour): void {
  canvas.width = size
  canvas.height = size
  const context = canvas.getContext('2d')
  if (context === null) return
  const image = context.createImageData(size, size)
  for (let i = 0; i < size * size; i++) image.data.set([...colourAt(i), 255], 4 * i)
  context.putImageData(image, 0, 0)
}

const mix = (from: Colour, to: Colour, part: number): Colour => [
  from[0] + (to[0] - from[0]) * part,
  from[1] + (to[1] - from[1]) * part,
  from[2] + (to[2] - from[2]) * part,
]

/** A colour of the theme, which writes #rrggbb. */
function colour(name: string): Colour {
  const bits = Number.parseInt(themeColour(name).slice(1), 16)
  return [(bits >> 16) & 255, (bits >> 8) & 255, bits & 255]
}
