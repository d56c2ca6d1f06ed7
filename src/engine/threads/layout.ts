/**
 * Where things lie in the control block: 32-bit words that all threads see. Words that different threads write
 * at the same time are 128 bytes apart, so that they do not share a cache line.
 */
export const word = {
  /** Chunks of the current job that nobody has claimed; 0 or less when there are none. */
  tickets: 0,
  /** Chunks of the current job that are done. */
  done: 32,
  /** 1 while the main thread is parked until the job is done. */
  joining: 33,
  /** Counts the calls to wake up; workers park on it. */
  signal: 64,
  /** Workers that are parked or about to be. */
  sleepers: 65,
  /** The most turns that `stumble` idles, or 0. Tests set it. */
  jitter: 96,
  /** Chunks of the current job that threw, and the first message as `messageLength` and character codes. */
  failures: 97,
  messageLength: 98,
  message: 99,
  /** What the current job is: a kind, scratch space of thread 0, bytes from one thread's to the next one's. */
  kind: 192,
  scratch: 193,
  scratchStride: 194,
  /** One entry per chunk. */
  entries: 224,
} as const

export const MESSAGE_WORDS = word.kind - word.message
/** Most chunks of a job. */
export const MAX_CHUNKS = 64
/** Words of an entry: the arguments of a chunk; the last word says whether it failed. */
export const ENTRY_WORDS = 32
export const ENTRY_FAILED = ENTRY_WORDS - 1
export const CONTROL_WORDS = word.entries + MAX_CHUNKS * ENTRY_WORDS
