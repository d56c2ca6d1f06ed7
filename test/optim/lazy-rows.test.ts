import { describe, expect, it } from 'vitest'
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  type Embedding,
  embedding,
  Lion,
  manualSeed,
  Muon,
  NAdam,
  noGrad,
  type Optimizer,
  type Parameter,
  RMSprop,
  SGD,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { expectClose, int, normal } from '../setup/numbers.ts'

type Make = (parameters: readonly Parameter[]) => Optimizer

const optimizers: [string, Make][] = [
  ['SGD', p => new SGD(p, { learningRate: 0.1, momentum: 0.9 })],
  ['Adam', p => new Adam(p, { learningRate: 0.1 })],
  ['Adam with AMSGrad', p => new Adam(p, { amsgrad: true, weightDecay: 0.1 })],
  ['AdamW', p => new AdamW(p, { learningRate: 0.1 })],
  ['Adamax', p => new Adamax(p, {})],
  ['NAdam', p => new NAdam(p, {})],
  ['RMSprop', p => new RMSprop(p, { momentum: 0.5 })],
  ['Adagrad', p => new Adagrad(p, { initialAccumulator: 0.1 })],
  ['Adadelta', p => new Adadelta(p, {})],
  ['Lion', p => new Lion(p, { weightDecay: 0.1 })],
  ['Muon, as AdamW', p => new Muon([{ parameters: p, orthogonal: false }])],
]

/** Rows that occur, step by step: few of them, then many. */
const STEPS = [[1, 5, 5], [5, 30], [2, 1], Array.from({ length: 20 }, (_, i) => i + 10)]
const ROWS = 40
const WIDTH = 3

const tableOf = (lazyRows: boolean): Embedding => {
  manualSeed(1)
  return embedding({ inputDim: ROWS, outputDim: WIDTH, lazyRows })
}

function step(table: Embedding, optimizer: Optimizer, ids: readonly number[]): void {
  const target = normal([ids.length, WIDTH], ids.length)
  table
    .forward(int([...ids]))
    .sub(target)
    .square()
    .sum()
    .backward()
  optimizer.step()
  optimizer.zeroGrad()
}

describe.each(devices)('lazy rows on %s', device => {
  useDevice(device)

  it.each(optimizers)('%s updates a row that occurs as it would alone, and leaves the others', (_, make) => {
    const table = tableOf(true)
    const optimizer = make(table.parameters())
    const before = table.embeddings.data()
    // The definition: a table of the rows that ever occur, each updated exactly, but only when it occurs.
    const occurring = [...new Set(STEPS.flat())]
    const alone = occurring.map(row => {
      const one = embedding({ inputDim: 1, outputDim: WIDTH })
      one.embeddings.storage.cold = before.slice(row * WIDTH, (row + 1) * WIDTH)
      return { row, one, optimizer: make(one.parameters()) }
    })
    STEPS.forEach((ids, time) => {
      step(table, optimizer, ids)
      const target = normal([ids.length, WIDTH], ids.length)
      for (const { row, one, optimizer: own } of alone) {
        const places = ids.flatMap((id, i) => (id === row ? [i] : []))
        if (places.length > 0) {
          const wanted = places.map(i => target.slice([[i, i + 1]]))
          for (const y of wanted)
            one
              .forward(int([0]))
              .sub(y)
              .square()
              .sum()
              .backward()
          // As in TensorFlow's LazyAdam, time goes on for all rows.
          const state = own.stateDict()
          if (state.numbers.has('0.steps'))
            own.loadStateDict({ ...state, numbers: new Map([...state.numbers, ['0.steps', time]]) })
          else if (time > 0) return
          own.step()
          own.zeroGrad()
        }
      }
    })
    const after = table.embeddings.data()
    for (let row = 0; row < ROWS; row++) {
      if (occurring.includes(row))
        expect(after.slice(row * WIDTH, (row + 1) * WIDTH)).not.toEqual(
          before.slice(row * WIDTH, (row + 1) * WIDTH),
        )
      else
        expect(after.slice(row * WIDTH, (row + 1) * WIDTH)).toEqual(
          before.slice(row * WIDTH, (row + 1) * WIDTH),
        )
    }
    // Row 5 occurs in the first step: it can be followed exactly.
    const five = alone.find(({ row }) => row === 5)
    expectClose(table.embeddings.slice([[5, 6]]), five?.one.embeddings.data() ?? [], 2e-6)
  })

  it('without momentum and decay are the exact update', () => {
    const [lazy, exact] = [tableOf(true), tableOf(false)]
    const [a, b] = [lazy, exact].map(table => new SGD(table.parameters(), { learningRate: 0.1 }))
    for (const ids of STEPS) {
      step(lazy, a, ids)
      step(exact, b, ids)
    }
    expect(lazy.embeddings.data()).toEqual(exact.embeddings.data())
  })

  it('differ from the exact Adam, which moves rows by what it remembers', () => {
    const [lazy, exact] = [tableOf(true), tableOf(false)]
    for (const table of [lazy, exact]) {
      const optimizer = new Adam(table.parameters(), { learningRate: 0.1 })
      step(table, optimizer, [1])
      step(table, optimizer, [2])
    }
    const rowOf = (table: Embedding, row: number) => [...table.embeddings.slice([[row, row + 1]]).data()]
    expect(rowOf(lazy, 2)).toEqual(rowOf(exact, 2))
    expect(rowOf(lazy, 1)).not.toEqual(rowOf(exact, 1))
  })

  it('are forgotten with the gradients, and not noted in evaluation', () => {
    const table = tableOf(true)
    const optimizer = new Adam(table.parameters(), { learningRate: 0.1 })
    step(table, optimizer, [3])
    const row = () => [...table.embeddings.slice([[3, 4]]).data()]
    const before = row()
    table
      .forward(int([3]))
      .sum()
      .backward()
    optimizer.zeroGrad()
    noGrad(() => table.forward(int([3])))
    table.eval().forward(int([3]))
    table.train()
    step(table, optimizer, [4])
    expect(row()).toEqual(before)
  })

  it('give way to a gradient that was set without them', () => {
    const table = tableOf(true)
    const optimizer = new SGD(table.parameters(), { learningRate: 1 })
    const before = table.embeddings.data()
    table.embeddings.sum().backward()
    optimizer.step()
    expectClose(
      table.embeddings,
      before.map(value => value - 1),
    )
  })
})

describe('options that no optimizer knows', () => {
  it.each<[string, (options: object) => unknown]>([
    ['SGD', options => new SGD([], options)],
    ['Adam', options => new Adam([], options)],
    ['AdamW', options => new AdamW([], options)],
    ['Adamax', options => new Adamax([], options)],
    ['NAdam', options => new NAdam([], options)],
    ['RMSprop', options => new RMSprop([], options)],
    ['Adagrad', options => new Adagrad([], options)],
    ['Adadelta', options => new Adadelta([], options)],
    ['Lion', options => new Lion([], options)],
    ['Muon', options => new Muon([], options)],
  ])('are refused by %s, with the one that was meant', (_, make) => {
    expect(() => make({ learningrate: 0.1 })).toThrow(
      /has no option "learningrate".*\n.*did you mean 'learningRate'/,
    )
  })

  it('are refused in groups, too', () => {
    expect(() => new Adam([{ parameters: [], wieghtDecay: 1 } as never])).toThrow(
      /has no option "wieghtDecay"/,
    )
  })
})
