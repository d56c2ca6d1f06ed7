import type { FileHandle } from 'node:fs/promises'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { writeSync } from 'node:fs'
import { jsonlLogger } from '../../src/index.ts'
import { trained } from './checkpoint-runs.ts'

// A training that dies: bundled by kill.test.ts, and run as a process of its own.
// Arguments: folder, and the number of the operation on files at which the process ends itself (0: at none).
const [folder, deadly] = process.argv.slice(2)

const die = (): never => {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('unreachable')
}

/** Makes the n-th operation on files the last one; of a write, half is done. */
function dieAt(operation: number): void {
  const files = createRequire(import.meta.url)('node:fs/promises') as typeof import('node:fs/promises')
  let count = 0
  const isNow = (): boolean => ++count === operation
  const { open, rename, rm, readdir } = files
  const deadlyOpen = async (...parts: Parameters<typeof open>): Promise<FileHandle> => {
    if (isNow()) die()
    const handle = await open(...parts)
    const { writeFile, sync } = handle
    handle.writeFile = async (data, ...more) => {
      if (!isNow()) return writeFile.call(handle, data, ...more)
      const bytes = data as Uint8Array
      await handle.write(bytes.subarray(0, bytes.length >> 1))
      die()
    }
    handle.sync = async () => {
      if (isNow()) die()
      await sync.call(handle)
    }
    return handle
  }
  Object.assign(files, {
    open: deadlyOpen,
    rename: async (...parts: Parameters<typeof rename>) => {
      if (isNow()) die()
      await rename(...parts)
    },
    rm: async (...parts: Parameters<typeof rm>) => {
      if (isNow()) die()
      await rm(...parts)
    },
    readdir: (...parts: Parameters<typeof readdir>) => (isNow() ? die() : readdir(...parts)),
  })
  syncBuiltinESMExports()
}

if (Number(deadly) > 0) dieAt(Number(deadly))
const checkpoint = { dir: `${folder}/checkpoints`, everySteps: 1, keep: 2 }
await trained(
  true,
  { checkpoint, resume: true },
  [],
  [jsonlLogger({ file: `${folder}/log.jsonl`, batches: true }), { onBatchEnd: () => void writeSync(1, '.') }],
)
// Whoever kills it amid batches may be late: it waits.
if (Number(deadly) === 0) setInterval(() => {}, 1000)
