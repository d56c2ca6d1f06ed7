import { FormatError } from '../errors.ts'
import { show } from './refuse.ts'

/** What loading reads of a response: `fetch` gives it everywhere. */
export interface FetchedResponse {
  readonly ok: boolean
  readonly status: number
  readonly statusText: string
  arrayBuffer(): Promise<ArrayBuffer>
}

/** How a URL is fetched: `url => fetch(url, { headers, credentials, signal })`. */
export type Fetch = (url: string) => Promise<FetchedResponse>

const isNode = (): boolean => typeof process === 'object' && typeof process.versions?.node === 'string'

/**
 * The URL that a source stands for; null for what is a place on the disk. Where there is no disk every text is a URL,
 * relative to the page.
 */
export function remoteUrl(source: string | URL): URL | null {
  if (typeof source !== 'string') return source.protocol === 'file:' ? null : source
  if (/^(https?|blob|data):/i.test(source)) return new URL(source)
  if (isNode() || typeof location !== 'object') return null
  return new URL(source, typeof document === 'object' ? document.baseURI : location.href)
}

/** A label that stays short for data URLs. */
const label = ({ href }: URL): string => show(href.length > 200 ? `${href.slice(0, 200)}…` : href)

/**
 * All bytes behind a URL.
 *
 * @throws FormatError when it cannot be reached, answers with an error, or has more than `limit` bytes
 */
export async function fetchBytes(
  url: URL,
  { fetch = globalThis.fetch, limit = Number.POSITIVE_INFINITY }: { fetch?: Fetch; limit?: number } = {},
): Promise<Uint8Array> {
  const operation = `load ${label(url)}`
  const response = await reach(operation, () => fetch(url.href))
  if (!response.ok) {
    throw new FormatError({
      operation,
      problem: `got the answer ${[response.status, response.statusText].join(' ').trim()} from the server.`,
      hint: response.status === 404 ? 'a directory ends in /, a file in .safetensors.' : undefined,
    })
  }
  const bytes = new Uint8Array(await reach(operation, () => response.arrayBuffer()))
  if (bytes.length <= limit) return bytes
  throw new FormatError({
    operation,
    problem: `needs a file of at most ${limit} bytes, got ${bytes.length}.`,
  })
}

async function reach<T>(operation: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (cause) {
    // A caller's own signal ends loading with the caller's own reason.
    if (cause instanceof Error && cause.name === 'AbortError') throw cause
    throw new FormatError({
      operation,
      problem: `could not fetch it (${cause instanceof Error ? cause.message : String(cause)}).`,
      hint: 'is the address right, the server up, and does it allow this origin (CORS)?',
      cause,
    })
  }
}
