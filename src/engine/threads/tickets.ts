import { word } from './layout.ts'

/*
 * How the threads share out the chunks of a job.
 *
 *   main:  write the job; done = 0; tickets = count          (publish)
 *   all:   old = tickets--; old > 0 ? chunk old − 1 is mine  (take), run it, done++  (finish)
 *   main:  wait until done = count                           (join)
 *
 * A worker may be stopped between any two of these steps for as long as the system likes. Still every chunk runs
 * exactly once, with the words of its own job, and nobody touches a job's memory after `join`:
 *
 * 1. Between a publish and the end of its join, tickets starts at count and only falls, by one for each `take`.
 *    So each of count … 1 is returned to exactly one `take`; every other one gets 0 or less, which is no chunk.
 * 2. Outside of these spans tickets ≤ 0: the join waits for all chunks, so all were taken. A `take` that comes late,
 *    after its caller saw tickets of an older job, therefore either gets nothing or a true chunk of the newer job.
 *    It cannot mistake one for the other, because the job is read *after* the claim.
 * 3. Whoever has claimed a chunk holds up the join until its `finish`, so the words of the job stay while it reads them.
 * 4. `finish` is the last access to anything but tickets, done, joining, signal and sleepers. done is cleared only when all
 *    chunks are finished, so no `finish` of an older job can come after that.
 *
 * No generation number is needed, hence none can wrap around. All accesses to these words are atomic (sequentially
 * consistent), and order the plain ones around them: the job before publish → take, results before finish → join.
 *
 * Parking cannot lose a wake-up: the worker announces itself in sleepers, then looks at tickets; the main thread
 * sets tickets, then looks at sleepers; one of them sees the other. And since the main thread takes chunks too, a
 * worker that never woke would only cost speed.
 */

/** Turns that a worker looks for tickets before it parks. */
export const WORKER_TURNS = 20_000
/** Turns that the main thread looks for the end of a job before it parks, where it may. */
const JOIN_TURNS = 20_000

/** Opens the job whose words are written. */
export function publish(words: Int32Array, count: number): void {
  Atomics.store(words, word.done, 0)
  Atomics.store(words, word.tickets, count)
  if (Atomics.load(words, word.sleepers) > 0) wakeWorkers(words)
}

export function wakeWorkers(words: Int32Array): void {
  Atomics.add(words, word.signal, 1)
  Atomics.notify(words, word.signal)
}

/** Claims a chunk of the current job: its number, or −1 when there is none. */
export const take = (words: Int32Array): number => {
  const left = Atomics.sub(words, word.tickets, 1)
  return left > 0 ? left - 1 : -1
}

/** Reports that a claimed chunk is done. */
export function finish(words: Int32Array): void {
  Atomics.add(words, word.done, 1)
  if (Atomics.load(words, word.joining) !== 0) Atomics.notify(words, word.done)
}

/** Waits until all chunks of the job are done. A browser's main thread may not park: it keeps looking. */
export function join(words: Int32Array, count: number, mayPark: boolean): void {
  for (let turn = 0; Atomics.load(words, word.done) !== count; turn++) {
    if (turn < JOIN_TURNS || !mayPark) continue
    Atomics.store(words, word.joining, 1)
    const done = Atomics.load(words, word.done)
    if (done !== count) Atomics.wait(words, word.done, done)
    Atomics.store(words, word.joining, 0)
  }
}

/** Returns when there may be tickets: looks for a while, then parks. */
export function awaitTickets(words: Int32Array): void {
  for (let turn = 0; turn < WORKER_TURNS; turn++) if (Atomics.load(words, word.tickets) > 0) return
  Atomics.add(words, word.sleepers, 1)
  const signal = Atomics.load(words, word.signal)
  if (Atomics.load(words, word.tickets) <= 0) Atomics.wait(words, word.signal, signal)
  Atomics.sub(words, word.sleepers, 1)
}

let randomState = 1

/** A stop of random length at a delicate place, for the tests that set `jitter`. */
export function stumble(words: Int32Array): void {
  const most = words[word.jitter]
  if (most === 0) return
  randomState = (Math.imul(randomState, 1664525) + 1013904223) >>> 0
  const turns = randomState % most
  for (let turn = 0; turn < turns; turn++) Atomics.load(words, word.jitter)
}
