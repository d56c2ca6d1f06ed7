import { DeviceError } from '../../errors.ts'
import type { TrainingWorker } from './hook.ts'

/** Listens to a worker of either kind. */
interface Listened {
  on?(event: string, listener: (value: never) => void): unknown
  addEventListener?(event: string, listener: (event: never) => void): unknown
}

/** What a worker says. */
export interface WorkerListener<Message> {
  readonly message: (message: Message) => void
  /** It ended by itself, or did not start. */
  readonly died: (reason: Error) => void
}

const dead = (reason: string): DeviceError =>
  new DeviceError({
    operation: 'fit',
    problem: `lost its worker: ${reason}.`,
    hint: 'the model holds what the worker handed over last; see docs/workers.md for how bundlers find the worker.',
  })

export function listen<Message>(worker: TrainingWorker, listener: WorkerListener<Message>): void {
  const listened = worker as Listened
  if (typeof listened.on === 'function') {
    listened.on('message', listener.message as (value: never) => void)
    listened.on('error', (error: Error) => listener.died(dead(error.message ?? String(error))))
    listened.on('exit', () => listener.died(dead('it ended')))
    return
  }
  listened.addEventListener?.('message', ({ data }: MessageEvent) => listener.message(data))
  listened.addEventListener?.('messageerror', () => listener.died(dead('a message could not be read')))
  listened.addEventListener?.('error', (event: ErrorEvent) => {
    event.preventDefault()
    listener.died(dead(event.message ?? 'its program could not be loaded'))
  })
}
