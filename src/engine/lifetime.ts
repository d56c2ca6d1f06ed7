import type { Storage } from './storage.ts'

/**
 * Who may see what is being computed right now. It decides what becomes of a result that is no longer needed:
 *
 * - `user`: user code holds it, so it is evicted to cold memory, never freed;
 * - `internal`: made inside a built-in layer, reachable only through the graph, so backward frees it;
 * - `backward`: made while gradients are computed, freed as soon as nothing pending holds it.
 */
export type Visibility = 'user' | 'internal' | 'backward'

interface Lifetime {
  mode: Visibility
  /** Collects what is created in `internal` and `backward` mode, while someone wants to free it. */
  created: Storage[] | null
  /** How often user code was called from within built-in code: it may have kept what it was handed, graph and all. */
  visits: number
}

export const lifetime: Lifetime = { mode: 'user', created: null, visits: 0 }

/** Runs `body` with another visibility; `created`, if given, collects its new storages. */
export function withVisibility<T>(mode: Visibility, created: Storage[] | null, body: () => T): T {
  const { mode: outerMode, created: outerCreated } = lifetime
  lifetime.mode = mode
  lifetime.created = created
  try {
    return body()
  } finally {
    lifetime.mode = outerMode
    lifetime.created = outerCreated
  }
}
