import type { WorkerFit } from './hook.ts'
import { remoteStream } from './remote-stream.ts'
import { startFromSource } from './start-worker.ts'

const program = `import { serveTraining } from ${JSON.stringify(import.meta.url)}\nserveTraining()`

/** Takes the place of load-remote.ts in the file for pages, which is the worker's program, too. */
export const remoteFit: WorkerFit = (run, state) =>
  remoteStream(run, state, async () => startFromSource(program))
