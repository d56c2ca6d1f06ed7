import { describe, expect, it } from 'vitest'
import { dataset } from '../../src/data/dataset.ts'
import { manualSeed } from '../../src/index.ts'
import { ShapeError, ValueError } from '../../src/errors.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)

async function* later<T>(values: readonly T[]): AsyncGenerator<T> {
  for (const value of values) yield await Promise.resolve(value)
}

describe('a data set', () => {
  it('goes through arrays, functions and async iterables, again and again where they allow it', async () => {
    const list = dataset([1, 2])
    const made = dataset(() => later([1, 2]))
    for (const data of [list, made]) {
      expect(await data.toArray()).toEqual([1, 2])
      expect(await data.toArray()).toEqual([1, 2])
    }
  })

  it('refuses a second pass over a generator, which would be empty', async () => {
    const data = dataset(later([1]))
    expect(await data.toArray()).toEqual([1])
    await expect(data.toArray()).rejects.toThrow(/cannot go through a generator twice.*\n.*dataset\(\(\) =>/)
  })

  it('refuses what cannot be iterated', () => {
    for (const source of [5, null, undefined, {}]) {
      expect(() => dataset(source as never)).toThrow(ValueError)
    }
  })

  it('maps, filters, flattens, takes, skips, repeats and groups', async () => {
    const data = dataset(numbers(6))
    expect(await data.map(async (value, i) => value * 10 + i).toArray()).toEqual([0, 11, 22, 33, 44, 55])
    expect(await data.filter(value => value % 2 === 0).toArray()).toEqual([0, 2, 4])
    expect(await data.flatMap(value => Array(value % 3).fill(value)).toArray()).toEqual([1, 2, 2, 4, 5, 5])
    expect(await data.take(2).toArray()).toEqual([0, 1])
    expect(await data.take(0).toArray()).toEqual([])
    expect(await data.skip(4).toArray()).toEqual([4, 5])
    expect(await data.take(2).repeat(2).toArray()).toEqual([0, 1, 0, 1])
    expect(await data.group({ size: 4 }).toArray()).toEqual([
      [0, 1, 2, 3],
      [4, 5],
    ])
    expect(await data.group({ size: 4, dropLast: true }).toArray()).toEqual([[0, 1, 2, 3]])
  })

  it('zips up to the shorter one', async () => {
    const pairs = await dataset([1, 2, 3])
      .zip(dataset(['a', 'b']))
      .toArray()
    expect(pairs).toEqual([
      [1, 'a'],
      [2, 'b'],
    ])
  })

  it('reads no more than is taken, and closes its source', async () => {
    let read = 0
    let isClosed = false
    const data = dataset(function* () {
      try {
        for (;;) yield read++
      } finally {
        isClosed = true
      }
    })
    expect(
      await data
        .map(value => value)
        .take(3)
        .toArray(),
    ).toEqual([0, 1, 2])
    expect(read).toBe(3)
    expect(isClosed).toBe(true)
  })

  it('names wrong options', () => {
    const data = dataset([1])
    expect(() => data.shuffle({ size: 3 } as never)).toThrow(/has no option "size"/)
    expect(() => data.batch({ batchSize: 0 })).toThrow(/batchSize to be a whole number ≥ 1/)
    expect(() => data.take(-1)).toThrow(ValueError)
    expect(() => data.map('x' as never)).toThrow(/takes a function, got string/)
  })
})

describe('shuffle', () => {
  it('keeps every element, in another order in each pass, the same for the same seed', async () => {
    const make = () => dataset(numbers(50)).shuffle({ seed: 3, buffer: 20 })
    const data = make()
    const [first, second] = [await data.toArray(), await data.toArray()]
    expect([...first].sort((a, b) => a - b)).toEqual(numbers(50))
    expect(first).not.toEqual(numbers(50))
    expect(second).not.toEqual(first)
    const again = make()
    expect(await again.toArray()).toEqual(first)
    expect(await again.toArray()).toEqual(second)
  })

  it('keeps its order on request, and follows manualSeed', async () => {
    const data = dataset(numbers(30)).shuffle({ seed: 1, reshuffle: false })
    expect(await data.toArray()).toEqual(await data.toArray())
    manualSeed(5)
    const first = await dataset(numbers(30)).shuffle().toArray()
    manualSeed(5)
    expect(await dataset(numbers(30)).shuffle().toArray()).toEqual(first)
  })

  it('gives every order of a full buffer equally often', async () => {
    const counts = new Map<string, number>()
    const data = dataset([0, 1, 2]).shuffle({ seed: 1 })
    for (let i = 0; i < 6000; i++) {
      const order = (await data.toArray()).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    // Five standard deviations of a binomial count with mean 1000.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(6000 / 6))
  })
})

describe('batch', () => {
  it('stacks numbers, arrays, typed arrays and records', async () => {
    const examples = [
      { x: { ids: Int32Array.of(1, 2), grid: [[1], [2]] }, y: 1, note: undefined },
      { x: { ids: Int32Array.of(3, 4), grid: [[3], [4]] }, y: 0, note: undefined },
      { x: { ids: Int32Array.of(5, 6), grid: [[5], [6]] }, y: 1, note: undefined },
    ]
    const [first, second] = await dataset(examples).batch({ batchSize: 2 }).toArray()
    expect(first.x.ids).toEqual({ data: Int32Array.of(1, 2, 3, 4), shape: [2, 2] })
    expect(first.x.grid).toEqual({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2, 1] })
    expect(first.y).toEqual({ data: Float32Array.of(1, 0), shape: [2] })
    expect(second.x.ids.shape).toEqual([1, 2])
    expect(Object.keys(first)).toEqual(['x', 'y'])
    expect(await dataset(examples).batch({ batchSize: 2, dropLast: true }).toArray()).toHaveLength(1)
  })

  it('names the part and the example that do not fit', async () => {
    const batch = (examples: object[]) => dataset(examples).batch({ batchSize: 9 }).toArray()
    await expect(batch([{ x: [1] }, { x: [1, 2] }])).rejects.toThrow(ShapeError)
    await expect(batch([{ x: [1] }, { x: [1, 2] }])).rejects.toThrow(
      /"x".*\[1\] first, and \[2\] in example 1/,
    )
    await expect(batch([{ x: { a: 'text' } }])).rejects.toThrow(/got string as "x.a"/)
    await expect(batch([{ x: 1, y: 1 }, { x: 1 }])).rejects.toThrow(
      /"y" in every example or in none; example 1/,
    )
    await expect(dataset([1]).batch({ batchSize: 1 }).toArray()).rejects.toThrow(
      /such as \{ x, y \}, got number/,
    )
  })
})

describe('bucketByLength', () => {
  const texts = [1, 5, 2, 6, 3, 12].map(length => ({ x: Array(length).fill(length), y: length }))

  it('puts sequences of similar length together, and pads them to the longest of the batch', async () => {
    const batches = await dataset(texts)
      .bucketByLength({ boundaries: [3, 8], batchSize: 2 })
      .toArray()
    expect(batches.map(({ x, y }) => [x.shape, [...y.data]])).toEqual([
      [
        [2, 2],
        [1, 2],
      ],
      [
        [2, 6],
        [5, 6],
      ],
      [[1, 3], [3]],
      [[1, 12], [12]],
    ])
    expect([...batches[0].x.data]).toEqual([0, 1, 2, 2])
  })

  it('pads to the end of the bucket, and after the sequence, on request', async () => {
    const options = { boundaries: [4], batchSize: 3, padTo: 'boundary', padding: 'post' } as const
    const [batch] = await dataset(texts.filter(({ y }) => y < 4))
      .bucketByLength(options)
      .toArray()
    expect(batch.x.shape).toEqual([3, 4])
    expect([...batch.x.data]).toEqual([1, 0, 0, 0, 2, 2, 0, 0, 3, 3, 3, 0])
  })

  it('refuses boundaries that do not rise, and parts that are no sequence', async () => {
    expect(() => dataset(texts).bucketByLength({ boundaries: [5, 5], batchSize: 2 })).toThrow(/rising/)
    const data = dataset([{ x: 'text' }]).bucketByLength({ boundaries: [5], batchSize: 2 })
    await expect(data.toArray()).rejects.toThrow(/needs "x" of every example to be a list of ids/)
  })
})

describe('prefetch', () => {
  it('asks ahead, keeps the order, and passes an error on when its turn comes', async () => {
    const started: number[] = []
    const data = dataset(numbers(6)).map(value => {
      started.push(value)
      if (value === 4) throw new Error('broken')
      return value
    })
    const seen: number[] = []
    const reading = (async () => {
      for await (const value of data.prefetch(3)) {
        seen.push(value)
        for (let turn = 0; turn < 50; turn++) await Promise.resolve()
        if (value === 0) expect(started).toEqual([0, 1, 2, 3])
      }
    })()
    await expect(reading).rejects.toThrow('broken')
    expect(seen).toEqual([0, 1, 2, 3])
  })
})

describe('state and restore', () => {
  it('go on in the middle of a pass, in the same order', async () => {
    const make = () => dataset(numbers(20)).shuffle({ seed: 2, buffer: 7 }).group({ size: 3 })
    const whole = make()
    const passes = [await whole.toArray(), await whole.toArray(), await whole.toArray()]

    const stopped = make()
    await stopped.toArray()
    let left = 3
    for await (const _group of stopped) if (--left === 0) break
    const state = JSON.parse(JSON.stringify(stopped.state()))
    expect(state).toEqual({ pass: 2, position: 3 })

    const resumed = make()
    resumed.restore(state)
    expect(resumed.state()).toEqual({ pass: 1, position: 3 })
    expect(await resumed.toArray()).toEqual(passes[1].slice(3))
    expect(await resumed.toArray()).toEqual(passes[2])
  })

  it('refuse what is no state', () => {
    expect(() => dataset([1]).restore({ pass: -1, position: 0 })).toThrow(ValueError)
  })
})

it('goes through more elements than fit in memory', async () => {
  // A hundred thousand rows of a thousand numbers would take 400 MB.
  const rows = dataset(function* () {
    for (let i = 0; i < 20_000; i++) yield { x: new Float32Array(1000).fill(i), y: i }
  })
  let sum = 0
  const before = process.memoryUsage().arrayBuffers
  let most = before
  for await (const { y } of rows.shuffle({ buffer: 50, seed: 1 }).batch({ batchSize: 50 })) {
    for (const value of y.data) sum += value
    most = Math.max(most, process.memoryUsage().arrayBuffers)
  }
  expect(sum).toBe((20_000 * 19_999) / 2)
  expect(most - before).toBeLessThan(60e6)
})
