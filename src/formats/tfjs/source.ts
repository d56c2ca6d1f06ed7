import { ValueError } from '../../errors.ts'
import { type Fetch, fetchBytes, remoteUrl } from '../../io/fetch.ts'
import { openDisk } from '../../io/files.ts'
import { parseJson } from '../../io/plain-json.ts'
import { fromSource, refuseModel } from '../../io/refuse-model.ts'
import { show } from '../../io/refuse.ts'

/** A model in memory: what model.json says, and the bytes of its weights. */
export interface TfjsArtifacts {
  /** The contents of model.json, parsed or as text. */
  readonly modelJson: unknown
  /** The bytes of the weights: of all files in a row, or by the names that the manifest gives them. */
  readonly weights: Uint8Array | ArrayBuffer | ReadonlyMap<string, Uint8Array>
}

/** A folder, the path or URL of a model.json, or a model in memory. */
export type TfjsSource = string | URL | TfjsArtifacts

/** Reads the files of a model. */
export interface Files {
  /** model.json, parsed. */
  readonly json: unknown
  /** Named in errors. */
  readonly label: string
  /** The bytes of these files in a row. */
  read(paths: readonly string[], bytes: number): Promise<Uint8Array>
  /** Bytes that nobody has read, of weights in a row. */
  unread(): number
}

const nothing = (): number => 0

export const MODEL_FILE = 'model.json'
/** Longest model.json that is read. */
const MAXIMUM_JSON_BYTES = 100_000_000

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let start = 0
  for (const part of parts) {
    all.set(part, start)
    start += part.length
  }
  return all
}

const parse = (label: string, bytes: Uint8Array): unknown =>
  fromSource(label, () => parseJson(new TextDecoder().decode(bytes), MODEL_FILE))

/** The address of a file beside the model. Addresses know more ways up than paths: `%2e%2e/`, and blanks are left out. */
function beside(modelUrl: URL, path: string): URL {
  const url = URL.canParse(path, modelUrl.href) ? new URL(path, modelUrl) : null
  const isInside = url?.href.startsWith(new URL('.', modelUrl).href) && !/%2f|%5c/i.test(path)
  if (url !== null && isInside) return url
  return refuseModel('weightsManifest', `${show(path)} does not lie beside the model`)
}

export async function openSource(source: TfjsSource, fetch?: Fetch): Promise<Files> {
  if (typeof source !== 'string' && !(source instanceof URL)) return inMemory(source)
  const url = remoteUrl(source)
  if (url !== null) {
    if (!/\.json$/i.test(url.pathname) && !url.pathname.endsWith('/')) url.pathname += '/'
    const modelUrl = url.pathname.endsWith('/') ? new URL(MODEL_FILE, url) : url
    const label = `load ${modelUrl.href.slice(0, 200)}`
    return {
      json: parse(label, await fetchBytes(modelUrl, { fetch, limit: MAXIMUM_JSON_BYTES })),
      label,
      read: async (paths, limit) =>
        joined(await Promise.all(paths.map(path => fetchBytes(beside(modelUrl, path), { fetch, limit })))),
      unread: nothing,
    }
  }
  const disk = await openDisk('loadTfjsModel')
  const place = disk.toPath(source)
  const isFolder = (await disk.kind(place)) === 'directory'
  const modelPath = isFolder ? disk.join(place, MODEL_FILE) : place
  const folder = isFolder ? place : disk.join(place, '..')
  const label = `load "${modelPath}"`
  return {
    json: parse(label, await disk.read(modelPath, MAXIMUM_JSON_BYTES)),
    label,
    read: async (paths, limit) =>
      joined(await Promise.all(paths.map(path => disk.read(disk.join(folder, path), limit)))),
    unread: nothing,
  }
}

function inMemory(artifacts: TfjsArtifacts): Files {
  const isArtifacts =
    typeof artifacts === 'object' && artifacts !== null && 'modelJson' in artifacts && 'weights' in artifacts
  if (!isArtifacts) {
    throw new ValueError({
      operation: 'loadTfjsModel',
      problem: `takes a path, a URL, or { modelJson, weights }, got ${artifacts === null ? 'null' : typeof artifacts}.`,
      argument: 'source',
      received: artifacts,
    })
  }
  const { modelJson, weights } = artifacts
  const label = 'loadTfjsModel'
  // All files lie in one row: each group takes what follows the one before.
  let start = 0
  return {
    json:
      typeof modelJson === 'string' ? fromSource(label, () => parseJson(modelJson, MODEL_FILE)) : modelJson,
    label,
    read: async (paths, bytes) => {
      if (weights instanceof Map) return joined(paths.map(path => weights.get(path) ?? new Uint8Array(0)))
      const all = new Uint8Array(weights as ArrayBuffer)
      const part = all.slice(start, start + bytes)
      start += bytes
      return part
    },
    unread: () => (weights instanceof Map ? 0 : (weights as Uint8Array).byteLength - start),
  }
}
