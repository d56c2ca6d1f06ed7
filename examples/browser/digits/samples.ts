import type { Point, Stroke } from './stroke.ts'

const line = (...places: readonly (readonly [number, number])[]): Stroke =>
  places.slice(1).flatMap(([x, y], i) => {
    const [fromX, fromY] = places[i]
    const steps = 12
    return Array.from({ length: steps + 1 }, (_, step) => ({
      x: fromX + ((x - fromX) * step) / steps,
      y: fromY + ((y - fromY) * step) / steps,
    }))
  })

interface Arc {
  readonly centre: readonly [number, number]
  readonly radii: readonly [number, number]
  /** In degrees, clockwise from the right as the pad shows it. */
  readonly from: number
  readonly to: number
}

const arc = ({ centre: [x, y], radii: [across, down], from, to }: Arc): Stroke =>
  Array.from({ length: 33 }, (_, step): Point => {
    const angle = ((from + ((to - from) * step) / 32) * Math.PI) / 180
    return { x: x + across * Math.cos(angle), y: y + down * Math.sin(angle) }
  })

/** A digit of each kind as a hand draws it, for those who cannot draw. */
export const SAMPLES: readonly (readonly Stroke[])[] = [
  [arc({ centre: [0.5, 0.5], radii: [0.2, 0.31], from: -70, to: 292 })],
  [line([0.4, 0.3], [0.53, 0.18], [0.5, 0.82])],
  [
    [
      ...arc({ centre: [0.49, 0.36], radii: [0.18, 0.17], from: 195, to: 395 }),
      ...line([0.64, 0.46], [0.32, 0.8], [0.71, 0.79]),
    ],
  ],
  [
    [
      ...arc({ centre: [0.48, 0.34], radii: [0.17, 0.15], from: 205, to: 440 }),
      ...arc({ centre: [0.48, 0.65], radii: [0.2, 0.17], from: -85, to: 150 }),
    ],
  ],
  [line([0.38, 0.18], [0.3, 0.52], [0.7, 0.5]), line([0.64, 0.2], [0.59, 0.83])],
  [
    [
      ...line([0.39, 0.2], [0.35, 0.46]),
      ...arc({ centre: [0.48, 0.63], radii: [0.19, 0.19], from: -125, to: 145 }),
    ],
    line([0.39, 0.2], [0.67, 0.19]),
  ],
  [
    [
      ...arc({ centre: [0.64, 0.62], radii: [0.3, 0.46], from: 262, to: 180 }),
      ...arc({ centre: [0.5, 0.64], radii: [0.16, 0.18], from: 180, to: -180 }),
    ],
  ],
  [line([0.3, 0.24], [0.7, 0.21], [0.46, 0.82])],
  [
    [
      ...arc({ centre: [0.5, 0.34], radii: [0.15, 0.15], from: -50, to: -270 }),
      ...arc({ centre: [0.5, 0.65], radii: [0.18, 0.16], from: -90, to: 270 }),
      ...arc({ centre: [0.5, 0.34], radii: [0.15, 0.15], from: 90, to: -60 }),
    ],
  ],
  [
    [
      ...arc({ centre: [0.5, 0.36], radii: [0.17, 0.17], from: -20, to: -370 }),
      ...line([0.67, 0.34], [0.6, 0.83]),
    ],
  ],
]
