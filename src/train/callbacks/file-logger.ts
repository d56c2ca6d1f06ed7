import { LogFile } from '../../io/log-file.ts'
import { StateReader } from '../../io/state-reader.ts'
import type { StateTree } from '../../io/state-tree.ts'
import type { Callback } from '../callback.ts'

/** A file that a callback writes: opened when it is wanted, cut back to where a checkpoint was. */
export class CallbackFile {
  private file: LogFile | null = null

  constructor(
    private readonly operation: string,
    private readonly target: string | URL,
    /** Keeps what is in the file. */
    private readonly append: boolean,
  ) {}

  /** Whether the file held anything before what this run wrote. */
  get isEmpty(): boolean {
    return this.file === null || this.file.length === 0
  }

  /** Ready to write, at the end of what is to stay. */
  async open(): Promise<LogFile> {
    this.file ??= await LogFile.at(this.operation, this.target)
    if (!this.file.isOpen) this.file.open(this.append ? Number.POSITIVE_INFINITY : 0)
    return this.file
  }

  /** The length, which is on the disk for certain. */
  stateDict(): StateTree {
    this.file?.flush()
    return { length: this.file?.isOpen ? this.file.length : null }
  }

  /** Forgets what was written after the state was taken. */
  async loadStateDict(state: StateTree): Promise<void> {
    const saved = new StateReader(state, this.operation)
    if (saved.get('length') === null) return
    this.file ??= await LogFile.at(this.operation, this.target)
    this.file.open(saved.count('length'))
  }

  close(): void {
    this.file?.close()
    this.file = null
  }
}

/** The parts that all callbacks with a file share. */
export const fileHooks = (
  file: CallbackFile,
): Pick<Callback, 'onTrainEnd' | 'stateDict' | 'loadStateDict'> => ({
  onTrainEnd: () => file.close(),
  stateDict: () => file.stateDict(),
  loadStateDict: state => file.loadStateDict(state),
})
