import { DeviceError, FormatError } from '../errors.ts'
import { show } from './refuse.ts'

type FileSystem = typeof import('node:fs/promises')
type Paths = typeof import('node:path')
type Urls = typeof import('node:url')

export interface NodeModules {
  readonly fs: FileSystem
  readonly path: Paths
  readonly url: Urls
}

/** A module of Node.js by a name that bundlers for browsers do not follow. */
export const builtin = async <T>(name: string): Promise<T> =>
  ((process.getBuiltinModule as ((name: string) => unknown) | undefined)?.(name) ??
    (await import(/* @vite-ignore */ /* webpackIgnore: true */ name))) as T

/** Node's file system, imported when a file is wanted: the library itself needs none. */
export async function nodeModules(operation: string): Promise<NodeModules> {
  if (typeof process !== 'object' || typeof process.versions?.node !== 'string') {
    throw new DeviceError({
      operation,
      problem: 'needs a file system, and there is none here.',
      hint: 'use serializeModel and deserializeModel, which work with bytes.',
    })
  }
  const [fs, path, url] = await Promise.all([
    builtin<FileSystem>('node:fs/promises'),
    builtin<Paths>('node:path'),
    builtin<Urls>('node:url'),
  ])
  return { fs, path, url }
}

export type Kind = 'file' | 'directory' | 'nothing'

/** What saving and loading need of a file system. */
export interface Disk {
  toPath(location: string | URL): string
  join(directory: string, name: string): string
  extension(path: string): string
  kind(path: string): Promise<Kind>
  /** All bytes of a file; a FormatError when it cannot be read or has more than `limit`. */
  read(path: string, limit?: number): Promise<Uint8Array>
  /**
   * Writes files in order, the last one being what makes the others valid. Each appears whole or not at all: it is
   * written beside its place, flushed to the disk, and renamed when all of them are there.
   */
  replace(files: readonly (readonly [path: string, bytes: Uint8Array])[]): Promise<void>
  remove(path: string): Promise<void>
  /** The names of the files in a directory; none where there is no directory. */
  names(directory: string): Promise<readonly string[]>
  /** Creates a file with these bytes; false where there is one already. */
  create(path: string, bytes: Uint8Array): Promise<boolean>
  /** Gives a file another name; false where it is gone. */
  move(path: string, to: string): Promise<boolean>
  /** Makes a file look as if it had just been written; one that is gone is no mistake. */
  touch(path: string): Promise<void>
  /** Milliseconds since a file was written or touched; infinite for one that is gone. */
  age(path: string): Promise<number>
}

export async function openDisk(operation: string): Promise<Disk> {
  const { fs, path, url } = await nodeModules(operation)
  return {
    toPath: location => (typeof location === 'string' ? location : url.fileURLToPath(location)),
    join: path.join,
    extension: path.extname,
    kind: target => kindOf(fs, target),
    read: (file, limit) => readWhole(fs, file, limit ?? Number.POSITIVE_INFINITY),
    replace: files => replaceFiles(fs, path, files),
    remove: file => fs.rm(file, { force: true }),
    names: directory => namesIn(fs, directory),
    create: (file, bytes) => createFile(fs, path, file, bytes),
    move: (file, to) => moveFile(fs, file, to),
    touch: file => touchFile(fs, file),
    age: file => ageOf(fs, file),
  }
}

async function moveFile(fs: FileSystem, file: string, to: string): Promise<boolean> {
  try {
    await fs.rename(file, to)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

async function touchFile(fs: FileSystem, file: string): Promise<void> {
  const now = new Date()
  try {
    await fs.utimes(file, now, now)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

async function ageOf(fs: FileSystem, file: string): Promise<number> {
  try {
    return Date.now() - (await fs.stat(file)).mtimeMs
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return Number.POSITIVE_INFINITY
    throw unreadable(file, error)
  }
}

async function namesIn(fs: FileSystem, directory: string): Promise<readonly string[]> {
  try {
    const entries = await fs.readdir(directory, { withFileTypes: true })
    return entries.filter(entry => entry.isFile()).map(({ name }) => name)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw unreadable(directory, error)
  }
}

/** A second name for a finished file, because one that is opened under its own name is empty at first. */
async function createFile(fs: FileSystem, path: Paths, file: string, bytes: Uint8Array): Promise<boolean> {
  await fs.mkdir(path.dirname(file), { recursive: true })
  const temporary = `${file}.${globalThis.crypto.randomUUID()}.tmp`
  try {
    await writeFlushed(fs, temporary, bytes)
    await fs.link(temporary, file)
    return true
  } catch (error) {
    // Gone is the temporary one, when another process has cleared up what it took for left behind.
    if (codeOf(error) === 'EEXIST' || codeOf(error) === 'ENOENT') return false
    if (!NO_LINKS.has(codeOf(error))) throw error
    return await createPlain(fs, file, bytes)
  } finally {
    await fs.rm(temporary, { force: true })
  }
}

/** What file systems say that know no second names. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

async function createPlain(fs: FileSystem, file: string, bytes: Uint8Array): Promise<boolean> {
  try {
    await writeFlushed(fs, file, bytes)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)

async function kindOf(fs: FileSystem, target: string): Promise<Kind> {
  try {
    return (await fs.stat(target)).isDirectory() ? 'directory' : 'file'
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return 'nothing'
    throw unreadable(target, error)
  }
}

async function readWhole(fs: FileSystem, file: string, limit: number): Promise<Uint8Array> {
  try {
    const { size } = await fs.stat(file)
    if (size <= limit) return await fs.readFile(file)
    throw new FormatError({
      operation: `load ${show(file)}`,
      problem: `needs a file of at most ${limit} bytes, got ${size}.`,
    })
  } catch (error) {
    throw error instanceof FormatError ? error : unreadable(file, error)
  }
}

function unreadable(file: string, cause: unknown): FormatError {
  const code = codeOf(cause)
  return new FormatError({
    operation: `load ${show(file)}`,
    problem: code === 'ENOENT' ? 'found no such file.' : `could not read the file (${code}).`,
    cause,
  })
}

async function replaceFiles(
  fs: FileSystem,
  path: Paths,
  files: readonly (readonly [path: string, bytes: Uint8Array])[],
): Promise<void> {
  const directories = new Set(files.map(([file]) => path.dirname(file)))
  for (const directory of directories) await fs.mkdir(directory, { recursive: true })
  const staged: string[] = []
  try {
    for (const [file, bytes] of files) {
      const temporary = `${file}.${globalThis.crypto.randomUUID()}.tmp`
      staged.push(temporary)
      await writeFlushed(fs, temporary, bytes)
    }
    for (const [index, [file]] of files.entries()) await fs.rename(staged[index], file)
  } catch (error) {
    for (const temporary of staged) await fs.rm(temporary, { force: true })
    throw error
  }
  for (const directory of directories) await flushDirectory(fs, directory)
}

async function writeFlushed(fs: FileSystem, file: string, bytes: Uint8Array): Promise<void> {
  const handle = await fs.open(file, 'wx')
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes renames durable where the system can flush a directory; Windows cannot, and needs not. */
async function flushDirectory(fs: FileSystem, directory: string): Promise<void> {
  try {
    const handle = await fs.open(directory, 'r')
    await handle.sync().finally(() => handle.close())
  } catch {
    return
  }
}
