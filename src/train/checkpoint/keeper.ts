import { FormatError, ValueError } from '../../errors.ts'
import type { ByteStore } from '../../io/byte-store.ts'
import { readCheckpoint, writeCheckpoint } from '../../io/checkpoint-file.ts'
import { directoryStore } from '../../io/directory-store.ts'
import { fromSource } from '../../io/refuse-model.ts'
import type { StateTree } from '../../io/state-tree.ts'
import type { CheckpointOptions } from './options.ts'

/** `checkpoint-000012-step-480-1f3a9c07.safetensors`: its number, the step, and the run that wrote it. */
const NAME = /^checkpoint-(\d{6,})-step-\d+-[0-9a-f]{8}\.safetensors$/

const numberOf = (name: string): number => Number(NAME.exec(name)?.[1] ?? -1)

export interface FoundCheckpoint {
  readonly name: string
  readonly state: StateTree
}

/**
 * Writes the checkpoints of one run, keeps the newest, and finds them again.
 *
 * Names are unique: the number rises from run to run, and two runs that write at once (which the lock of a directory
 * prevents, as far as it can) never write the same file.
 */
export class CheckpointKeeper {
  private readonly run = globalThis.crypto.randomUUID().slice(0, 8)
  private readonly damaged = new Set<string>()

  private constructor(
    private readonly store: ByteStore,
    private readonly keep: number,
    /** Lets other writers in. */
    readonly release: () => Promise<void>,
  ) {}

  /** @throws ValueError where another process writes already */
  static async open({ dir, store, keep = 3 }: CheckpointOptions): Promise<CheckpointKeeper> {
    const place = store ?? directoryStore(dir ?? '.')
    const release = (await place.lock?.()) ?? (async () => {})
    return new CheckpointKeeper(place, keep, release)
  }

  /** The names of the checkpoints, the newest first. */
  private async names(): Promise<string[]> {
    const names = (await this.store.names()).filter(name => NAME.test(name))
    return names.sort((a, b) => numberOf(b) - numberOf(a))
  }

  /** @throws ValueError where there are checkpoints: another run's, which this one would replace */
  async requireEmpty(): Promise<void> {
    const [newest] = await this.names()
    if (newest === undefined) return
    throw new ValueError({
      operation: 'checkpoint',
      problem: `finds the checkpoints of an earlier run in ${this.store.label} ("${newest}").`,
      hint: 'pass resume: true to go on from them, or another dir to begin anew.',
      argument: 'checkpoint',
      received: this.store.label,
    })
  }

  /**
   * The newest checkpoint that can be read; null where there is none. A damaged one is passed over with a warning.
   * @throws FormatError where all of them are damaged
   */
  async newest(): Promise<FoundCheckpoint | null> {
    const names = await this.names()
    let cause: unknown
    for (const name of names) {
      try {
        const bytes = await this.store.read(name)
        return { name, state: fromSource(`checkpoint "${name}"`, () => readCheckpoint(bytes)) }
      } catch (error) {
        if (!(error instanceof FormatError)) throw error
        cause = error
        this.damaged.add(name)
        console.warn(`${error.message}\n  Training goes on from the checkpoint before it.`)
      }
    }
    if (names.length === 0) return null
    throw new FormatError({
      operation: 'resume',
      problem: `finds only damaged checkpoints in ${this.store.label}: ${names.join(', ')}.`,
      hint: 'remove them to begin anew.',
      location: this.store.label,
      cause,
    })
  }

  /** Writes a checkpoint, and removes the oldest ones. */
  async save(step: number, state: StateTree): Promise<void> {
    const bytes = writeCheckpoint('checkpoint', state)
    const names = await this.names()
    const number = names.length === 0 ? 1 : numberOf(names[0]) + 1
    const name = `checkpoint-${String(number).padStart(6, '0')}-step-${step}-${this.run}.safetensors`
    await this.store.write(name, bytes)
    const whole = names.filter(old => !this.damaged.has(old))
    for (const old of [...this.damaged, ...whole.slice(this.keep - 1)]) await this.store.remove(old)
    this.damaged.clear()
  }
}
