import type { Generator } from '../tensor/random.ts'

/** What a stage reads: elements that are there, or that arrive. */
export type Source<T> = Iterable<T> | AsyncIterable<T>

export async function* mapped<T, U>(
  source: Source<T>,
  transform: (element: T, index: number) => U | Promise<U>,
): AsyncGenerator<U> {
  let index = 0
  for await (const element of source) yield await transform(element, index++)
}

export async function* filtered<T>(
  source: Source<T>,
  keep: (element: T, index: number) => boolean | Promise<boolean>,
): AsyncGenerator<T> {
  let index = 0
  for await (const element of source) if (await keep(element, index++)) yield element
}

export async function* flattened<T>(source: Source<Iterable<T> | AsyncIterable<T>>): AsyncGenerator<T> {
  for await (const elements of source) yield* elements
}

export async function* taken<T>(source: Source<T>, count: number): AsyncGenerator<T> {
  if (count === 0) return
  let left = count
  for await (const element of source) {
    yield element
    // Ended here, not at the next element: that one may be long in coming.
    if (--left === 0) return
  }
}

export async function* skipped<T>(source: Source<T>, count: number): AsyncGenerator<T> {
  let left = count
  for await (const element of source) {
    if (left > 0) left--
    else yield element
  }
}

/** Lists of `size` elements; the last may be shorter. */
export async function* grouped<T>(source: Source<T>, size: number): AsyncGenerator<T[]> {
  let group: T[] = []
  for await (const element of source) {
    group.push(element)
    if (group.length < size) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}

/**
 * A random order, as far as a buffer reaches: each element that arrives takes the place of a random one, which is
 * given away. With a buffer of all elements every order is equally likely.
 */
export async function* shuffled<T>(source: Source<T>, size: number, generator: Generator): AsyncGenerator<T> {
  const buffer: T[] = []
  for await (const element of source) {
    if (buffer.length < size) {
      buffer.push(element)
      continue
    }
    const place = generator.below(size)
    yield buffer[place]
    buffer[place] = element
  }
  for (const place of generator.permutation(buffer.length)) yield buffer[place]
}

/** Asks for up to `count` elements before they are wanted, so that their making overlaps with their use. */
export async function* prefetched<T>(source: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  const pending: Promise<IteratorResult<T>>[] = []
  const ask = (): void => {
    const next = iterator.next()
    // A failure is reported when its turn comes; until then it is not an unhandled one.
    next.catch(() => undefined)
    pending.push(next)
  }
  try {
    while (pending.length < count) ask()
    for (;;) {
      const { done, value } = await pending[0]
      pending.shift()
      if (done === true) return
      ask()
      yield value
    }
  } finally {
    await iterator.return?.()
  }
}

/** One element of each source at a time, until the shortest ends. */
export async function* zipped(sources: readonly AsyncIterable<unknown>[]): AsyncGenerator<unknown[]> {
  const iterators = sources.map(source => source[Symbol.asyncIterator]())
  try {
    for (;;) {
      const results = await Promise.all(iterators.map(iterator => iterator.next()))
      if (results.some(({ done }) => done === true)) return
      yield results.map(({ value }) => value)
    }
  } finally {
    await Promise.all(iterators.map(iterator => iterator.return?.()))
  }
}
