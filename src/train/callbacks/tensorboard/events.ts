import { ProtoWriter } from './protobuf.ts'

// Field numbers of event.proto, summary.proto and graph.proto of TensorFlow.
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, graph: 4, summary: 5 } as const
const VALUE = { tag: 1, simpleValue: 2, histogram: 5 } as const
const HISTOGRAM = { min: 1, max: 2, count: 3, sum: 4, sumOfSquares: 5, limits: 6, buckets: 7 } as const
const NODE = { name: 1, operation: 2, input: 3 } as const
const SUMMARY_VALUE = 1
const GRAPH_NODE = 1

const BUCKETS = 30

/** What a file of events holds at a step. */
export type Content =
  | { readonly kind: 'version' }
  | { readonly kind: 'scalars'; readonly values: readonly (readonly [tag: string, value: number])[] }
  | {
      readonly kind: 'histograms'
      readonly values: readonly (readonly [tag: string, values: ArrayLike<number>])[]
    }
  | { readonly kind: 'graph'; readonly nodes: readonly GraphNode[] }

/** A layer in the graph. */
export interface GraphNode {
  readonly name: string
  readonly operation: string
  readonly inputs: readonly string[]
}

/** An event as bytes. */
export function eventOf(content: Content, step: number, seconds: number): Uint8Array {
  const event = new ProtoWriter().double(EVENT.wallTime, seconds)
  if (content.kind === 'version') return event.text(EVENT.fileVersion, 'brain.Event:2').finish()
  event.whole(EVENT.step, step)
  if (content.kind === 'graph') return event.message(EVENT.graph, graphOf(content.nodes)).finish()
  const summary = new ProtoWriter()
  if (content.kind === 'scalars') {
    for (const [tag, value] of content.values)
      summary.message(SUMMARY_VALUE, new ProtoWriter().text(VALUE.tag, tag).float(VALUE.simpleValue, value))
  } else {
    for (const [tag, values] of content.values) {
      const histogram = histogramOf(values)
      summary.message(
        SUMMARY_VALUE,
        new ProtoWriter().text(VALUE.tag, tag).message(VALUE.histogram, histogram),
      )
    }
  }
  return event.message(EVENT.summary, summary).finish()
}

function graphOf(nodes: readonly GraphNode[]): ProtoWriter {
  const graph = new ProtoWriter()
  for (const { name, operation, inputs } of nodes) {
    const node = new ProtoWriter().text(NODE.name, name).text(NODE.operation, operation)
    for (const input of inputs) node.text(NODE.input, input)
    graph.message(GRAPH_NODE, node)
  }
  return graph
}

/** Buckets of equal width from the least number to the greatest; a bucket's limit belongs to it. */
function histogramOf(values: ArrayLike<number>): ProtoWriter {
  let [min, max, sum, sumOfSquares, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0]
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (!Number.isFinite(value)) continue
    count++
    min = Math.min(min, value)
    max = Math.max(max, value)
    sum += value
    sumOfSquares += value * value
  }
  if (count === 0) [min, max] = [0, 0]
  const width = (max - min) / BUCKETS
  const buckets = new Float64Array(width > 0 ? BUCKETS : 1)
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue
    buckets[width > 0 ? Math.min(BUCKETS - 1, Math.floor((values[i] - min) / width)) : 0]++
  }
  const last = buckets.length - 1
  const limits = Float64Array.from(buckets, (_, i) => (i === last ? max : min + width * (i + 1)))
  return new ProtoWriter()
    .double(HISTOGRAM.min, min)
    .double(HISTOGRAM.max, max)
    .double(HISTOGRAM.count, count)
    .double(HISTOGRAM.sum, sum)
    .double(HISTOGRAM.sumOfSquares, sumOfSquares)
    .doubles(HISTOGRAM.limits, limits)
    .doubles(HISTOGRAM.buckets, buckets)
}
