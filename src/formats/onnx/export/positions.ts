import { PositionEmbedding, SinusoidalPositionEncoding } from '../../../nn/positions.ts'
import type { Exporters } from './exporter.ts'
import { renamed, type Scope } from './scope.ts'

/** 0 … time − 1 as int64, for x [batch, time, …]. */
export function timeRange(scope: Scope, x: string): string {
  const constant = (value: number): string => scope.builder.constant([value], 'int64', [])
  const time = scope.op('Gather', [scope.shapeOf(x), constant(1)], { axis: 0 })
  return scope.op('Range', [constant(0), time, constant(1)])
}

/**
 * sin(place·frequency + phase) for each step and feature, [time, features]; in float64, because places times
 * frequencies grow large. A cosine is a sine a quarter turn ahead.
 */
function waves(scope: Scope, x: string, frequencies: readonly number[], phases: readonly number[]): string {
  const places = scope.op('Cast', [timeRange(scope, x)], { to: 11 })
  const column = scope.op('Unsqueeze', [places, scope.ints(1)])
  const angles = scope.op('Mul', [column, scope.builder.constant(frequencies, 'float64')])
  const shifted = scope.op('Add', [angles, scope.builder.constant(phases, 'float64')])
  return scope.op('Cast', [scope.op('Sin', [shifted])], { to: 1 })
}

const QUARTER = Math.PI / 2

/** Rotary positions (Su et al. 2021) on x [batch, time, heads·size]: features i and i + size/2 turn together. */
export function rotated(scope: Scope, x: string, heads: number, size: number): string {
  const half = size / 2
  const frequencies = Array.from({ length: half }, (_, i) => 10000 ** (-i / half))
  const table = (phase: number): string => {
    const wave = waves(scope, x, frequencies, new Array<number>(half).fill(phase))
    return scope.op('Unsqueeze', [wave, scope.ints(1)])
  }
  const [sin, cos] = [table(0), table(QUARTER)]
  const apart = scope.op('Reshape', [x, scope.ints(0, 0, heads, size)])
  const part = (from: number, to: number): string =>
    scope.op('Slice', [apart, scope.ints(from), scope.ints(to), scope.ints(3)])
  const [a, b] = [part(0, half), part(half, size)]
  const product = (p: string, q: string): string => scope.op('Mul', [p, q])
  const turned = scope.op(
    'Concat',
    [
      scope.op('Sub', [product(a, cos), product(b, sin)]),
      scope.op('Add', [product(b, cos), product(a, sin)]),
    ],
    { axis: 3 },
  )
  return scope.op('Reshape', [turned, scope.ints(0, 0, heads * size)])
}

export const addPositions = (exporters: Exporters): Exporters =>
  exporters
    .add(PositionEmbedding, (layer, { inputs, scope }) => {
      const x = scope.plain(inputs[0])
      const time = scope.op('Gather', [scope.shapeOf(x.name), scope.ints(1)], { axis: 0 })
      const table = scope.weight('embeddings', layer.embeddings)
      const rows = scope.op('Slice', [table, scope.ints(0), time, scope.ints(0)])
      return renamed(x, scope.op('Add', [x.name, rows]))
    })
    .add(SinusoidalPositionEncoding, (layer, { inputs, scope }) => {
      const x = scope.plain(inputs[0])
      const size = x.shape[2]
      const base = Number(layer.config().base)
      const frequencies = Array.from({ length: size }, (_, i) => base ** (-(i - (i % 2)) / size))
      const phases = Array.from({ length: size }, (_, i) => (i % 2 === 0 ? 0 : QUARTER))
      return renamed(x, scope.op('Add', [x.name, waves(scope, x.name, frequencies, phases)]))
    })
