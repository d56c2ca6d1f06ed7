import type { WorkerFit } from './hook.ts'
import { startWorker } from './start-worker.ts'

/** Loaded when it is used: a program that does not train in workers does not carry it along. */
export const remoteFit: WorkerFit = async function* (run, state) {
  const { remoteStream } = await import('./remote-stream.ts')
  yield* remoteStream(run, state, startWorker)
}
