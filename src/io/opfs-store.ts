import { DeviceError, FormatError, ValueError } from '../errors.ts'
import type { ByteStore } from './byte-store.ts'
import { lock } from './indexed-db.ts'
import { show } from './refuse.ts'

/** What a file is called until it is whole. */
const UNFINISHED = '.unfinished'

/** Renaming, which the types of the language do not know yet. */
interface Movable {
  move(name: string): Promise<void>
}

const isMovable = (handle: object): handle is Movable => 'move' in handle && typeof handle.move === 'function'

/**
 * Files in the browser's private file system: for pages of the same origin, as large as the disk allows, and faster
 * than a database for large ones. Each file appears whole or not at all.
 *
 * @throws DeviceError, when it is used, where there is no such file system; FormatError for a file that is not there
 * @example await model.fit(x, y, { epochs: 5, checkpoint: { store: opfsStore('run-1') }, resume: true })
 */
export function opfsStore(name: string): ByteStore {
  if (typeof name !== 'string' || name === '') {
    throw new ValueError({
      operation: 'opfsStore',
      problem: `needs a name, got ${show(name)}.`,
      argument: 'name',
      received: name,
    })
  }
  const folder = `tensorloom-${encodeURIComponent(name)}`
  const label = `the private file system ${show(name)}`
  const open = async (): Promise<FileSystemDirectoryHandle> => {
    if (typeof navigator !== 'object' || typeof navigator.storage?.getDirectory !== 'function') {
      throw new DeviceError({
        operation: label,
        problem: 'needs a browser with a private file system, which is not here.',
        hint: 'use indexedDbStore in older browsers, and a directory in Node.',
      })
    }
    const root = await navigator.storage.getDirectory()
    return root.getDirectoryHandle(folder, { create: true })
  }
  return {
    label,
    names: async () => {
      const names: string[] = []
      for await (const file of (await open()).keys()) if (!file.endsWith(UNFINISHED)) names.push(file)
      return names
    },
    read: async file => {
      const directory = await open()
      try {
        const handle = await directory.getFileHandle(file)
        return new Uint8Array(await (await handle.getFile()).arrayBuffer())
      } catch (cause) {
        throw new FormatError({
          operation: `read ${show(file)}`,
          problem: `found no such file in ${label}.`,
          hint: 'nothing was saved there by a page of this origin, or the browser has cleared it.',
          cause,
        })
      }
    },
    write: async (file, bytes) => {
      const directory = await open()
      const handle = await directory.getFileHandle(`${file}${UNFINISHED}`, { create: true })
      await fill(handle, bytes)
      if (isMovable(handle)) return handle.move(file)
      // Without renaming a file is empty for a moment, which the checksum of a checkpoint finds.
      await fill(await directory.getFileHandle(file, { create: true }), bytes)
      await directory.removeEntry(`${file}${UNFINISHED}`)
    },
    remove: async file => {
      const directory = await open()
      for await (const present of directory.keys()) if (present === file) await directory.removeEntry(file)
    },
    lock: async () => {
      const release = await lock(`opfs:${folder}`, label)
      const directory = await open()
      const left: string[] = []
      for await (const file of directory.keys()) if (file.endsWith(UNFINISHED)) left.push(file)
      for (const file of left) await directory.removeEntry(file)
      return release
    },
  }
}

/** The file has the new bytes when this is over, and the old ones until then. */
async function fill(handle: FileSystemFileHandle, bytes: Uint8Array): Promise<void> {
  const stream = await handle.createWritable()
  // A copy: a view of shared memory is refused.
  await stream.write(bytes.slice())
  await stream.close()
}
