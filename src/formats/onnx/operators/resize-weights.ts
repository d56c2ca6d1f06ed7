/** How one axis is resized. */
export interface AxisResize {
  readonly size: number
  readonly out: number
  readonly scale: number
  /** The region of interest, as parts of the axis. */
  readonly from: number
  readonly to: number
}

/** The attributes of a Resize node. */
export interface ResizeRules {
  readonly mode: string
  readonly coordinates: string
  readonly nearest: string
  /** The cubic's parameter a. */
  readonly cubic: number
  readonly excludeOutside: boolean
  readonly antialias: boolean
  readonly extrapolation: number
}

/** Where output element i lies in the input: `coordinate_transformation_mode`. */
const COORDINATES: Readonly<Record<string, (i: number, axis: AxisResize) => number>> = {
  half_pixel: (i, { scale }) => (i + 0.5) / scale - 0.5,
  half_pixel_symmetric: (i, { size, out, scale }) => {
    // As if the input were stretched about its centre by what rounding the output's size took away.
    const adjustment = out / (scale * size)
    const center = size / 2
    return center * (1 - adjustment) + (i + 0.5) / scale - 0.5
  },
  pytorch_half_pixel: (i, { scale, out }) => (out > 1 ? (i + 0.5) / scale - 0.5 : 0),
  align_corners: (i, { size, out, scale }) => {
    // The output before rounding is size·scale long.
    const length = Math.abs(out - size * scale) < 1 ? size * scale : out
    return length === 1 ? 0 : (i * (size - 1)) / (length - 1)
  },
  asymmetric: (i, { scale }) => i / scale,
  tf_crop_and_resize: (i, { size, out, from, to }) =>
    out > 1 ? from * (size - 1) + (i * (to - from) * (size - 1)) / (out - 1) : 0.5 * (from + to) * (size - 1),
}

/** Which element a place between two rounds to: `nearest_mode`. */
const NEAREST: Readonly<Record<string, (x: number) => number>> = {
  round_prefer_floor: x => Math.ceil(x - 0.5),
  round_prefer_ceil: x => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
}

/** The kernel of a mode and how far it reaches: Keys' cubic convolution (1981), or a triangle. */
function kernelOf({ mode, cubic: a }: ResizeRules): { reach: number; at: (x: number) => number } {
  if (mode === 'linear' || mode === 'bilinear') return { reach: 1, at: x => Math.max(0, 1 - Math.abs(x)) }
  return {
    reach: 2,
    at: x => {
      const d = Math.abs(x)
      if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1
      return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0
    },
  }
}

/**
 * The weights [out, size] that make an axis of `out` elements out of one of `size`, and which elements lie outside the
 * input altogether; null for modes that do not exist.
 */
export function axisWeights(
  axis: AxisResize,
  rules: ResizeRules,
): { weights: Float32Array; outside: readonly boolean[] } | null {
  const { size, out } = axis
  const coordinate = Object.hasOwn(COORDINATES, rules.coordinates) ? COORDINATES[rules.coordinates] : null
  const isNearest = rules.mode === 'nearest'
  const round = Object.hasOwn(NEAREST, rules.nearest) ? NEAREST[rules.nearest] : null
  const isKnown = isNearest || ['linear', 'bilinear', 'cubic'].includes(rules.mode)
  if (coordinate === null || round === null || !isKnown) return null
  const weights = new Float32Array(out * size)
  const outside: boolean[] = []
  const isCropped = rules.coordinates === 'tf_crop_and_resize'
  for (let i = 0; i < out; i++) {
    const x = coordinate(i, axis)
    outside.push(isCropped && (x < 0 || x > size - 1))
    if (isNearest) weights[i * size + Math.min(size - 1, Math.max(0, round(x)))] = 1
    else blend(weights.subarray(i * size, (i + 1) * size), x, axis, rules)
  }
  return { weights, outside }
}

/** Adds the weights of one output element at x; elements beyond the ends count for the last ones, or not at all. */
function blend(row: Float32Array, x: number, { size, scale }: AxisResize, rules: ResizeRules): void {
  const { reach, at } = kernelOf(rules)
  // Antialiasing widens the kernel where the axis shrinks.
  const narrow = rules.antialias ? Math.min(scale, 1) : 1
  const width = reach / narrow
  const taps: [place: number, weight: number][] = []
  const first = rules.antialias ? Math.floor(x - width) + 1 : Math.floor(x) - reach + 1
  const last = rules.antialias ? Math.ceil(x + width) - 1 : Math.floor(x) + reach
  for (let place = first; place <= last; place++) {
    const inside = place >= 0 && place < size
    if (rules.excludeOutside && !inside) continue
    taps.push([place, at((x - place) * narrow)])
  }
  const total = taps.reduce((sum, [, weight]) => sum + weight, 0)
  const norm = rules.excludeOutside || rules.antialias ? total : 1
  for (const [place, weight] of taps) row[Math.min(size - 1, Math.max(0, place))] += weight / norm
}
