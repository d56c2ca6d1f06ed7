import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The command line or the folder is wrong: nothing could be checked. */
export class UsageError extends Error {}
UsageError.prototype.name = 'UsageError'

/** Names of the JSON files of a folder, sorted. */
export async function listJsonFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(cause => {
    throw new UsageError(`cannot read the folder ${folder}`, { cause })
  })
  return names.filter(name => name.endsWith('.json')).sort()
}

export async function readJson(folder: string, file: string): Promise<unknown> {
  const path = join(folder, file)
  const text = await readFile(path, 'utf8').catch(cause => {
    throw new UsageError(`cannot read ${path}`, { cause })
  })
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new UsageError(`${path} is not JSON`, { cause })
  }
}
