import { DeviceError } from '../errors.ts'
import { builtin } from './files.ts'

type Fs = typeof import('node:fs')
type Path = typeof import('node:path')
type Url = typeof import('node:url')

/** A file that grows: what is written is handed to the system at once, so that a killed process loses none of it. */
export class LogFile {
  private handle: number | null = null
  private size = 0

  private constructor(
    private readonly fs: Fs,
    readonly path: string,
  ) {}

  /** @throws DeviceError where there is no file system */
  static async at(operation: string, target: string | URL): Promise<LogFile> {
    if (typeof process !== 'object' || typeof process.versions?.node !== 'string') {
      throw new DeviceError({
        operation,
        problem: 'writes to a file, and there is no file system here.',
        hint: 'leave the callback out in browsers; a callback of your own can show the logs.',
      })
    }
    const [fs, path, url] = await Promise.all([
      builtin<Fs>('node:fs'),
      builtin<Path>('node:path'),
      builtin<Url>('node:url'),
    ])
    const file = typeof target === 'string' ? target : url.fileURLToPath(target)
    fs.mkdirSync(path.dirname(path.resolve(file)), { recursive: true })
    return new LogFile(fs, file)
  }

  /** Bytes that are there. */
  get length(): number {
    return this.size
  }

  get isOpen(): boolean {
    return this.handle !== null
  }

  /** Opens the file, and cuts it off after so many bytes: 0 begins anew, infinity appends. */
  open(length: number): void {
    this.close()
    const { fs, path } = this
    const { O_RDWR, O_CREAT } = fs.constants
    this.handle = fs.openSync(path, O_RDWR | O_CREAT)
    const present = fs.fstatSync(this.handle).size
    this.size = Math.min(present, length)
    if (present > this.size) fs.ftruncateSync(this.handle, this.size)
  }

  write(content: string | Uint8Array): void {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    for (let done = 0; done < bytes.length; )
      done += this.fs.writeSync(this.handle ?? -1, bytes, done, bytes.length - done, this.size + done)
    this.size += bytes.length
  }

  /** Lets what was written outlive a failure of the power, too. */
  flush(): void {
    if (this.handle !== null) this.fs.fsyncSync(this.handle)
  }

  close(): void {
    if (this.handle !== null) this.fs.closeSync(this.handle)
    this.handle = null
  }
}
