import { FormatError } from '../errors.ts'
import { show } from './refuse.ts'

/** A place for named files of bytes: a folder, a database of the browser, memory. */
export interface ByteStore {
  /** As messages call it. */
  readonly label: string
  /** The names of all files, in any order. */
  names(): Promise<readonly string[]>
  /** All bytes of a file; a FormatError where there is none. */
  read(name: string): Promise<Uint8Array>
  /** Writes a file, which appears whole or not at all, and takes the place of one of the same name. */
  write(name: string, bytes: Uint8Array): Promise<void>
  /** Removes a file; one that is not there is no mistake. */
  remove(name: string): Promise<void>
  /** Keeps other writers out until the function that it gives is called; a ValueError where there is one already. */
  lock?(): Promise<() => Promise<void>>
}

/**
 * Files in memory: for tests, and for checkpoints that need not outlive the page.
 *
 * @example await model.fit(x, y, { epochs: 5, checkpoint: { store: memoryStore() } })
 */
export function memoryStore(label = 'memory'): ByteStore {
  const files = new Map<string, Uint8Array>()
  return {
    label,
    names: async () => [...files.keys()],
    read: async name => {
      const bytes = files.get(name)
      if (bytes !== undefined) return bytes.slice()
      throw new FormatError({ operation: `read ${show(name)}`, problem: `found no such file in ${label}.` })
    },
    write: async (name, bytes) => void files.set(name, bytes.slice()),
    remove: async name => void files.delete(name),
  }
}
