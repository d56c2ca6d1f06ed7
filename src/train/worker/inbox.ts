import type { TrainingWorker } from './hook.ts'
import type { FromWorker } from './messages.ts'
import { listen } from './port.ts'

type Said = Exclude<FromWorker, { readonly kind: 'ready' }>

/** What a worker has said, in order, to be waited for. */
export class Inbox {
  private readonly ready: Promise<void>
  private readonly messages: Said[] = []
  private death: Error | null = null
  private wake = (): void => {}

  constructor(worker: TrainingWorker) {
    this.ready = new Promise((resolve, reject) => {
      listen<FromWorker>(worker, {
        message: message => {
          if (message.kind === 'ready') resolve()
          else this.messages.push(message)
          this.wake()
        },
        died: reason => {
          reject(reason)
          this.death ??= reason
          this.wake()
        },
      })
    })
    // It is awaited later, and may have failed by then.
    this.ready.catch(() => {})
  }

  /**
   * Resolves when the worker can be sent its task.
   * @throws DeviceError when it does not start; the signal's reason
   */
  async open(signal: AbortSignal | undefined): Promise<void> {
    let abort = (): void => {}
    const aborted = new Promise<never>((_, reject) => {
      abort = () => reject(signal?.reason)
    })
    signal?.throwIfAborted()
    signal?.addEventListener('abort', abort)
    try {
      await Promise.race([this.ready, aborted])
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /**
   * The next message.
   * @throws DeviceError when the worker has died, and said all that it had to say
   */
  async next(): Promise<Said> {
    for (;;) {
      const message = this.messages.shift()
      if (message !== undefined) return message
      if (this.death !== null) throw this.death
      await new Promise<void>(resolve => {
        this.wake = resolve
      })
    }
  }
}
