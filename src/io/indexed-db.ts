import { DeviceError, FormatError, ValueError } from '../errors.ts'
import type { ByteStore } from './byte-store.ts'
import { show } from './refuse.ts'

const FILES = 'files'
/** Where there are no locks of the browser, those of this program. */
const lockedHere = new Set<string>()

/**
 * Files in a database of the browser: they outlive the page, and only pages of the same origin see them. Each file
 * appears whole or not at all.
 *
 * For `save`, `load` and checkpoints. Each name is a place of its own, with any number of files.
 *
 * @throws DeviceError, when it is used, where there is no IndexedDB, or the browser gives no (more) room;
 *   FormatError for a file that is not there
 * @example
 * await model.save(indexedDbStore('reviews'), { tokenizer })
 * const { model: again } = await load(indexedDbStore('reviews'))
 */
export function indexedDbStore(name: string): ByteStore {
  if (typeof name !== 'string' || name === '') {
    throw new ValueError({
      operation: 'indexedDbStore',
      problem: `needs a name, got ${show(name)}.`,
      argument: 'name',
      received: name,
    })
  }
  const database = `tensorloom:${name}`
  const label = `IndexedDB ${show(name)}`
  return {
    label,
    names: () =>
      transact(database, label, 'readonly', files => files.getAllKeys()).then(keys => keys.map(String)),
    read: async file => {
      const bytes: unknown = await transact(database, label, 'readonly', files => files.get(file))
      if (bytes instanceof Uint8Array) return bytes
      throw new FormatError({
        operation: `read ${show(file)}`,
        problem: `found no such file in ${label}.`,
        hint: 'nothing was saved there by a page of this origin, or the browser has cleared it.',
      })
    },
    // A copy: a view of a larger buffer would be stored with all of it.
    write: async (file, bytes) => {
      await transact(database, label, 'readwrite', files => files.put(bytes.slice(), file))
    },
    remove: async file => {
      await transact(database, label, 'readwrite', files => files.delete(file))
    },
    lock: () => lock(database, label),
  }
}

/** Runs one request in a transaction of its own; resolves when what it wrote is there to stay. */
async function transact<T>(
  database: string,
  label: string,
  mode: 'readonly' | 'readwrite',
  ask: (files: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const opened = await open(database, label)
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = opened.transaction(FILES, mode, { durability: 'strict' })
      const request = ask(transaction.objectStore(FILES))
      transaction.oncomplete = () => resolve(request.result)
      transaction.onabort = () => reject(failure(label, mode, transaction.error ?? request.error))
    })
  } finally {
    opened.close()
  }
}

function open(database: string, label: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    if (typeof indexedDB !== 'object') {
      reject(
        new DeviceError({
          operation: label,
          problem: 'needs a browser with IndexedDB, which is not here.',
          hint: 'save to a path in Node; use modelToBlob or serializeModel elsewhere.',
        }),
      )
      return
    }
    const request = indexedDB.open(database, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(FILES)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(failure(label, 'open', request.error))
  })
}

function failure(label: string, mode: 'open' | 'readonly' | 'readwrite', cause: unknown): DeviceError {
  const name = cause instanceof Error || cause instanceof DOMException ? cause.name : String(cause)
  const isFull = name === 'QuotaExceededError'
  const verb = mode === 'open' ? 'open' : mode === 'readonly' ? 'read' : 'write'
  return new DeviceError({
    operation: label,
    problem: isFull ? 'has no more room for this page.' : `could not ${verb} the database (${name}).`,
    hint: isFull
      ? 'remove what is not needed, or ask for room by navigator.storage.persist().'
      : 'browsers refuse it in some private windows and in frames of other origins.',
    cause,
  })
}

/** Keeps all other pages and workers of this origin out. */
export function lock(database: string, label: string): Promise<() => Promise<void>> {
  const taken = (): ValueError =>
    new ValueError({
      operation: label,
      problem: 'is being written to by another page, worker or call.',
      hint: 'wait for it, or use another name.',
    })
  if (typeof navigator !== 'object' || navigator.locks === undefined) {
    if (lockedHere.has(database)) return Promise.reject(taken())
    lockedHere.add(database)
    return Promise.resolve(async () => void lockedHere.delete(database))
  }
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(database, { ifAvailable: true }, held => {
        if (held === null) throw taken()
        return new Promise<void>(release => resolve(async () => release()))
      })
      .catch(reject)
  })
}
