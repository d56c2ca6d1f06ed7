import { DeviceError } from '../../errors.ts'

const isMissing = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND')

/**
 * Loads an optional peer dependency when it is first wanted.
 *
 * @throws DeviceError that says `npm install name` where it is not installed
 */
export async function loadPeer<T>(operation: string, name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    if (!isMissing(cause)) throw cause
    throw new DeviceError({
      operation,
      problem: `needs the package ${name}, which is not installed.`,
      hint: `npm install ${name}`,
      cause,
    })
  }
}
