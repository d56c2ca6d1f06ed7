import type { Adapter } from './adapter.ts'
import type { Product } from './product.ts'

// How a thread that waits and the worker that has the GPU talk: requests are messages, answers are words that
// Atomics.wait can wait for.

/** Words of the answer. */
export const answer = {
  /** PENDING, then ANSWERED. */
  state: 0,
  /** 0: done; else 1 + the place in FAULTS. */
  fault: 1,
  kernels: 2,
  messageLength: 3,
  message: 4,
} as const
export const MOST_MESSAGE = 500
export const ANSWER_WORDS = answer.message + MOST_MESSAGE
export const PENDING = 0
export const ANSWERED = 1
export const FAULTS = ['lost', 'failed', 'broken'] as const

/** What the worker is started with. */
export interface BridgeTask {
  readonly words: Int32Array
  readonly memory: WebAssembly.Memory
  /** URLs to import; in browsers WebGPU is there already. */
  readonly library: string
  readonly webgpu: string | null
}

/** What the worker says when it is ready, or why it is not. */
export type Greeting = { readonly adapter: Adapter } | { readonly problem: string }

export type Request =
  | { readonly kind: 'product'; readonly product: Product; readonly out: number }
  | { readonly kind: 'reset' | 'lose' | 'close' }
