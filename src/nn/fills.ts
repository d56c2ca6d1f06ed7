import type { Generator } from '../tensor/random.ts'
import { type Shape, sizeOf } from '../tensor/shape.ts'

/** Fills a new parameter. */
export type Fill = (shape: Shape, generator: Generator) => Float32Array

/** Inputs and outputs per unit; the axes before the last two (a convolution's window) count for both. */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2) return { fanIn: sizeOf(shape), fanOut: sizeOf(shape) }
  const window = sizeOf(shape.slice(0, -2))
  return { fanIn: window * shape[shape.length - 2], fanOut: window * shape[shape.length - 1] }
}

export const uniformWithin =
  (limit: (fanIn: number, fanOut: number) => number): Fill =>
  (shape, generator) => {
    const { fanIn, fanOut } = fans(shape)
    const bound = limit(fanIn, fanOut)
    return generator.uniform(sizeOf(shape), -bound, bound)
  }

/** Keras truncates at two standard deviations and widens so that the variance is as asked for. */
export const TRUNCATED_DEVIATION = 0.87962566103423978

export function truncatedNormal(count: number, deviation: number, generator: Generator): Float32Array {
  const values = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    let value = Number.POSITIVE_INFINITY
    while (Math.abs(value) > 2) value = generator.normal(1)[0]
    values[i] = value * deviation
  }
  return values
}

export const normalWithVariance =
  (variance: (fanIn: number, fanOut: number) => number): Fill =>
  (shape, generator) => {
    const { fanIn, fanOut } = fans(shape)
    const deviation = Math.sqrt(variance(fanIn, fanOut)) / TRUNCATED_DEVIATION
    return truncatedNormal(sizeOf(shape), deviation, generator)
  }
