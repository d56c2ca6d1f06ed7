import { builtin } from '../../../io/files.ts'
import { LogFile } from '../../../io/log-file.ts'
import { StateReader } from '../../../io/state-reader.ts'
import type { StateTree } from '../../../io/state-tree.ts'
import { type Content, eventOf } from './events.ts'
import { recordOf } from './record.ts'

let made = 0

/** A file of events in a directory, made when the first event is written. */
export class EventFile {
  private file: LogFile | null = null
  private name: string | null = null

  constructor(private readonly directory: string) {}

  private async open(): Promise<LogFile> {
    if (this.file === null) {
      const os = await builtin<typeof import('node:os')>('node:os')
      const seconds = Math.floor(Date.now() / 1000)
      this.name = `events.out.tfevents.${seconds}.${os.hostname()}.${process.pid}.${made++}`
      this.file = await LogFile.at('tensorBoard', `${this.directory}/${this.name}`)
      this.file.open(0)
      this.file.write(recordOf(eventOf({ kind: 'version' }, 0, seconds)))
    }
    return this.file
  }

  async write(content: Content, step: number): Promise<void> {
    const file = await this.open()
    file.write(recordOf(eventOf(content, step, Date.now() / 1000)))
  }

  /** Name and length, which are on the disk for certain. */
  stateDict(): StateTree {
    this.file?.flush()
    return { name: this.name, length: this.file?.length ?? 0 }
  }

  /** Goes on in the file that the state is of, and cuts off what was written after it. */
  async loadStateDict(state: StateTree): Promise<void> {
    const saved = new StateReader(state, 'tensorBoard')
    if (saved.get('name') === null) return
    this.name = saved.text('name')
    this.file = await LogFile.at('tensorBoard', `${this.directory}/${this.name}`)
    this.file.open(saved.count('length'))
  }

  close(): void {
    this.file?.close()
    this.file = null
    this.name = null
  }
}
