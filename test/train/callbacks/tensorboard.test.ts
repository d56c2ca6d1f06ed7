import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import protobuf from 'protobufjs'
import { afterAll, describe, expect, it } from 'vitest'
import {
  type Callback,
  type History,
  memoryStore,
  type Sequential,
  tensorBoard,
  type TensorBoardOptions,
} from '../../../src/index.ts'
import { crc32c } from '../../../src/train/callbacks/tensorboard/record.ts'
import { line, quiet, regression } from '../problems.ts'

const folder = mkdtempSync(join(tmpdir(), 'tensorboard-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The messages as TensorFlow's event.proto, summary.proto and graph.proto declare them. */
const { root } = protobuf.parse(
  `
  syntax = "proto3";
  message Event {
    double wall_time = 1; int64 step = 2;
    oneof what { string file_version = 3; bytes graph_def = 4; Summary summary = 5; }
  }
  message Summary {
    message Value { string tag = 1; oneof value { float simple_value = 2; HistogramProto histo = 5; } }
    repeated Value value = 1;
  }
  message HistogramProto {
    double min = 1; double max = 2; double num = 3; double sum = 4; double sum_squares = 5;
    repeated double bucket_limit = 6 [packed = true]; repeated double bucket = 7 [packed = true];
  }
  message GraphDef { repeated NodeDef node = 1; }
  message NodeDef { string name = 1; string op = 2; repeated string input = 3; }
`,
  { keepCase: true },
)
const Event = root.lookupType('Event')
const GraphDef = root.lookupType('GraphDef')

interface Histogram {
  readonly min: number
  readonly max: number
  readonly num: number
  readonly sum: number
  readonly sum_squares: number
  readonly bucket_limit: readonly number[]
  readonly bucket: readonly number[]
}

interface ReadEvent {
  readonly wall_time: number
  readonly step?: number
  readonly file_version?: string
  readonly graph_def?: Uint8Array
  readonly summary?: {
    readonly value: readonly {
      readonly tag: string
      readonly simple_value?: number
      readonly histo?: Histogram
    }[]
  }
}

/** The checksum that guards a part of a record, unmasked as the format says. */
const unmasked = (stored: number): number => {
  const rotated = (stored - 0xa282ead8) >>> 0
  return ((rotated >>> 17) | (rotated << 15)) >>> 0
}

/** Reads the one file of events in a directory, record by record, and checks every checksum. */
function readEvents(directory: string): ReadEvent[] {
  const [name, ...others] = readdirSync(directory)
  expect(name).toMatch(/^events\.out\.tfevents\.\d{10}\./)
  expect(others).toEqual([])
  const file = readFileSync(join(directory, name))
  const events: ReadEvent[] = []
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at))
    expect(unmasked(file.readUInt32LE(at + 8))).toBe(crc32c(file.subarray(at, at + 8)))
    const data = file.subarray(at + 12, at + 12 + length)
    expect(unmasked(file.readUInt32LE(at + 12 + length))).toBe(crc32c(data))
    events.push(Event.toObject(Event.decode(data), { longs: Number }) as ReadEvent)
    at += 16 + length
  }
  return events
}

const scalarsIn = (events: readonly ReadEvent[]): [string, number, number][] =>
  events.flatMap(({ step = 0, summary }) =>
    (summary?.value ?? []).flatMap(({ tag, simple_value }): [string, number, number][] =>
      simple_value === undefined ? [] : [[tag, step, simple_value]],
    ),
  )

const { x, y } = line(24)

const train = (
  name: string,
  options: TensorBoardOptions = {},
  more: object = {},
  model: Sequential = regression(),
): Promise<History> => {
  const callback = tensorBoard({ logDir: join(folder, name), ...options })
  return model.fit(
    x,
    y,
    quiet({ epochs: 3, batchSize: 8, validationSplit: 1 / 3, callbacks: [callback], ...more }),
  )
}

describe('crc32c', () => {
  it('is the checksum of RFC 3720', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  })
})

describe('tensorBoard', () => {
  it('writes the figures of training and validation under the same names', async () => {
    const { history } = await train('plain')
    const events = readEvents(join(folder, 'plain/train'))
    expect(events[0].file_version).toBe('brain.Event:2')
    expect(Math.abs(events[1].wall_time - Date.now() / 1000)).toBeLessThan(600)
    expect(scalarsIn(events)).toEqual(
      history.loss.flatMap((loss, i) => [
        ['epoch_loss', i, Math.fround(loss)],
        ['epoch_learning_rate', i, Math.fround(0.01)],
      ]),
    )
    expect(scalarsIn(readEvents(join(folder, 'plain/validation')))).toEqual(
      history.valLoss.map((loss, i) => ['epoch_loss', i, Math.fround(loss)]),
    )
  })

  it('writes the layers as a graph', async () => {
    await train('graph')
    const bytes = readEvents(join(folder, 'graph/train')).find(event => event.graph_def)?.graph_def
    expect(GraphDef.toObject(GraphDef.decode(bytes ?? new Uint8Array()))).toEqual({
      node: [
        { name: 'input', op: 'Input' },
        { name: 'dense', op: 'Dense', input: ['input'] },
      ],
    })
    await train('none', { writeGraph: false })
    expect(readEvents(join(folder, 'none/train')).every(event => !event.graph_def)).toBe(true)
  })

  it('writes batches on request, counted through the epochs', async () => {
    await train('batches', { batchEvery: 2 })
    const steps = scalarsIn(readEvents(join(folder, 'batches/train'))).filter(([tag]) => tag === 'batch_loss')
    expect(steps.map(([, step]) => step)).toEqual([2, 4, 6])
  })

  it('writes histograms of the weights on request', async () => {
    const model = regression()
    await train('histograms', { histogramEvery: 3 }, {}, model)
    const [event, ...others] = readEvents(join(folder, 'histograms/train')).filter(
      ({ summary }) => summary?.value[0].histo,
    )
    expect(others).toEqual([])
    expect(event.step).toBe(2)
    expect(event.summary?.value.map(({ tag }) => tag)).toEqual(['dense/kernel', 'dense/bias'])
    const histogram = event.summary?.value[0].histo
    const values = [...model.parameters()[0].data()]
    expect(histogram).toMatchObject({ min: Math.min(...values), max: Math.max(...values), num: 2 })
    expect(histogram?.sum).toBeCloseTo(values[0] + values[1], 12)
    expect(histogram?.sum_squares).toBeCloseTo(values[0] ** 2 + values[1] ** 2, 12)
    expect(histogram?.bucket.length).toBe(histogram?.bucket_limit.length)
    expect(histogram?.bucket[0]).toBe(1)
    expect(histogram?.bucket.at(-1)).toBe(1)
    expect(histogram?.bucket_limit.at(-1)).toBe(Math.max(...values))
  })

  it('goes on in the same file after a resumed run, without events twice', async () => {
    const checkpoint = { store: memoryStore() }
    const logDir = join(folder, 'resumed')
    const die: Callback = {
      onBatchEnd: (_, __, { optimizer }) => {
        if (optimizer.stepCount === 5) throw new Error('killed')
      },
    }
    const callbacks = [tensorBoard({ logDir, batchEvery: 1 }), die]
    await expect(train('resumed', {}, { checkpoint, callbacks })).rejects.toThrow('killed')
    await train('resumed', { batchEvery: 1 }, { checkpoint, resume: true })
    await train('whole', { batchEvery: 1 })
    expect(scalarsIn(readEvents(join(logDir, 'train')))).toEqual(
      scalarsIn(readEvents(join(folder, 'whole/train'))),
    )
  })

  it('refuses options out of range', () => {
    expect(() => tensorBoard({ histogramEvery: 0.5 })).toThrow(/histogramEvery/)
    expect(() => tensorBoard({ logdir: 'x' } as TensorBoardOptions)).toThrow(/did you mean 'logDir'/)
  })
})
