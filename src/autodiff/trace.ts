import type { GraphNode } from '../tensor/node.ts'

/** Sees what is recorded, and what a backward pass does: for the tools that profile and debug. */
export interface GraphTrace {
  recorded(node: GraphNode): void
  /** Called around the gradient of each operation: has to run `body`. */
  visited(node: GraphNode, body: () => void): void
}

/** Who sees it; null where nobody does. */
export const trace: { current: GraphTrace | null } = { current: null }

/** Runs a synchronous function and shows somebody what is recorded in it. */
export function traced<T>(watching: GraphTrace, body: () => T): T {
  const outer = trace.current
  trace.current = watching
  try {
    return body()
  } finally {
    trace.current = outer
  }
}
