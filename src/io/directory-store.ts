import { FormatError, ValueError } from '../errors.ts'
import type { ByteStore } from './byte-store.ts'
import { builtin, type Disk, openDisk } from './files.ts'
import { show } from './refuse.ts'

const LOCK_FILE = 'writer.lock'
/** A writer says so often that it is still there; the word of one on another machine holds so long. */
const BEAT_MS = 20_000
const STALE_AFTER_MS = 150_000
/** What the safe writer leaves behind when it is killed. */
const LEFT_BEHIND = /\.tmp$/

/** Who writes to a directory, as its lock file says. */
interface Writer {
  readonly pid: number
  readonly host: string
  /** When the process began, in a notation of the system's own; null where that cannot be found out. */
  readonly started: string | null
  readonly token: string
}

/**
 * A directory of files, which are written safely: a file appears whole or not at all, even when the process is killed
 * or the power fails.
 *
 * Its lock is a file that names the process which writes, and is touched while that lives. The lock of a process that
 * is no more counts for nothing. It guards against mistakes; files are safe without it where their names are unique.
 *
 * @throws DeviceError, when it is used, where there is no file system
 */
export function directoryStore(directory: string | URL): ByteStore {
  const opened = async (): Promise<{ disk: Disk; path: string }> => {
    const disk = await openDisk('checkpoint')
    return { disk, path: disk.toPath(directory) }
  }
  return {
    label: String(directory),
    names: async () => {
      const { disk, path } = await opened()
      return (await disk.names(path)).filter(name => name !== LOCK_FILE && !LEFT_BEHIND.test(name))
    },
    read: async name => {
      const { disk, path } = await opened()
      return disk.read(disk.join(path, name))
    },
    write: async (name, bytes) => {
      const { disk, path } = await opened()
      await disk.replace([[disk.join(path, name), bytes]])
    },
    remove: async name => {
      const { disk, path } = await opened()
      await disk.remove(disk.join(path, name))
    },
    lock: async () => {
      const { disk, path } = await opened()
      const release = await lock(disk, path)
      for (const name of await disk.names(path))
        if (LEFT_BEHIND.test(name)) await disk.remove(disk.join(path, name))
      return release
    },
  }
}

async function lock(disk: Disk, directory: string): Promise<() => Promise<void>> {
  const file = disk.join(directory, LOCK_FILE)
  const token = globalThis.crypto.randomUUID()
  const me: Writer = { ...(await thisProcess()), token }
  const bytes = new TextEncoder().encode(JSON.stringify(me))
  while (!(await disk.create(file, bytes))) {
    const other = await readWriter(disk, file)
    if (other !== null && (await isAlive(other, me, await disk.age(file)))) {
      throw new ValueError({
        operation: 'checkpoint',
        problem: `cannot use ${show(directory)}: process ${other.pid} on ${other.host} writes to it.`,
        hint: `use another directory, or wait for it; if it is no such process, remove ${show(file)}.`,
        argument: 'checkpoint',
        received: directory,
      })
    }
    await removeStale(disk, file, other)
  }
  // A beat that fails is one beat fewer: the lock grows old, and others may take it.
  const beat = setInterval(() => void disk.touch(file).catch(() => {}), BEAT_MS)
  // In browsers a timer is a number; it keeps no process alive.
  if (typeof beat === 'object') beat.unref()
  return async () => {
    clearInterval(beat)
    const holder = await readWriter(disk, file)
    if (holder?.token === token) await disk.remove(file)
  }
}

/** Removes the lock of a writer that is no more, unless another one has taken its place meanwhile. */
async function removeStale(disk: Disk, file: string, dead: Writer | null): Promise<void> {
  if ((await readWriter(disk, file))?.token !== dead?.token) return
  const grave = `${file}.${globalThis.crypto.randomUUID()}.tmp`
  if (!(await disk.move(file, grave))) return
  // Renaming is done by one only; but it may have hit a lock that was made a moment ago: that one goes back.
  const taken = await readWriter(disk, grave)
  if (taken !== null && taken.token !== dead?.token) {
    await disk.create(file, new TextEncoder().encode(JSON.stringify(taken)))
  }
  await disk.remove(grave)
}

/** What a lock file says; null where it is gone or half-written. */
async function readWriter(disk: Disk, file: string): Promise<Writer | null> {
  try {
    const text = new TextDecoder().decode(await disk.read(file, 10_000))
    const { pid, host, started, token } = JSON.parse(text) as Record<keyof Writer, unknown>
    if (typeof pid !== 'number' || typeof host !== 'string' || typeof token !== 'string') return null
    return { pid, host, token, started: typeof started === 'string' ? started : null }
  } catch (error) {
    if (error instanceof FormatError || error instanceof SyntaxError) return null
    throw error
  }
}

async function thisProcess(): Promise<Omit<Writer, 'token'>> {
  const os = await builtin<typeof import('node:os')>('node:os')
  return { pid: process.pid, host: os.hostname(), started: await startOf(process.pid) }
}

/** When a process began: on Linux, the field that tells a number used again from the process that had it before. */
async function startOf(pid: number): Promise<string | null> {
  const fs = await builtin<typeof import('node:fs/promises')>('node:fs/promises')
  try {
    const text = await fs.readFile(`/proc/${pid}/stat`, 'utf8')
    // The name in brackets may hold spaces; the start is the 20th field after it.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}

/** Whether the writer still is: of another machine only the age of its lock tells. */
async function isAlive(other: Writer, me: Writer, age: number): Promise<boolean> {
  if (other.host !== me.host) return age < STALE_AFTER_MS
  const started = await startOf(other.pid)
  if (started !== null && other.started !== null) return started === other.started
  try {
    process.kill(other.pid, 0)
    return true
  } catch (error) {
    // Alive, but somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
