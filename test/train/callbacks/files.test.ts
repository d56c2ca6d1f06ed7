import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  type Callback,
  csvLogger,
  deserializeStateDict,
  type FitOptions,
  type History,
  htmlReport,
  jsonlLogger,
  load,
  memoryStore,
  modelCheckpoint,
  type Sequential,
  sparkline,
  sparklines,
} from '../../../src/index.ts'
import { line, numbersOf, quiet, regression } from '../problems.ts'

const folder = mkdtempSync(join(tmpdir(), 'callbacks-'))
afterAll(() => rmSync(folder, { recursive: true }))
const { x, y } = line(24)
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

const train = (
  callback: Callback,
  options: FitOptions = {},
  model: Sequential = regression(),
): Promise<History> =>
  model.fit(
    x,
    y,
    quiet({ epochs: 3, batchSize: 8, validationSplit: 1 / 3, callbacks: [callback], ...options }),
  )

/** Trains, dies in the third epoch, and resumes. */
async function trainTwice(make: () => Callback): Promise<History> {
  const checkpoint = { store: memoryStore() }
  const die: Callback = {
    name: 'die',
    onBatchEnd: (_, __, { optimizer }) => {
      if (optimizer.stepCount === 5) throw new Error('killed')
    },
  }
  const callbacks = [make(), die]
  await expect(train(make(), { checkpoint, callbacks })).rejects.toThrow('killed')
  return train(make(), { checkpoint, resume: true, callbacks: [make()] })
}

describe('csvLogger', () => {
  it('writes a row per epoch', async () => {
    const { history } = await train(csvLogger({ file: join(folder, 'a.csv') }))
    const rows = history.loss.map((loss, i) => `${i},${loss},${history.valLoss[i]}`)
    expect(read('a.csv')).toBe(`epoch,loss,valLoss\n${rows.join('\n')}\n`)
  })

  it('begins anew, or appends', async () => {
    writeFileSync(join(folder, 'b.csv'), 'epoch;loss;valLoss\n')
    const options = { file: join(folder, 'b.csv'), separator: ';', append: true }
    await train(csvLogger(options))
    await train(csvLogger(options))
    expect(
      read('b.csv')
        .split('\n')
        .map(row => row.split(';')[0]),
    ).toEqual(['epoch', ...'012012', ''])
    await train(csvLogger({ file: join(folder, 'b.csv') }))
    expect(read('b.csv').split('\n').length).toBe(5)
  })

  it('has every epoch once after a resumed run', async () => {
    await trainTwice(() => csvLogger({ file: join(folder, 'c.csv') }))
    await train(csvLogger({ file: join(folder, 'd.csv') }))
    expect(read('c.csv')).toBe(read('d.csv'))
  })

  it('refuses a separator that would be lost', () => {
    expect(() => csvLogger({ file: 'x', separator: '"' })).toThrow(/separator/)
  })
})

describe('jsonlLogger', () => {
  it('writes epochs and batches as lines of JSON', async () => {
    const { history } = await train(jsonlLogger({ file: join(folder, 'a.jsonl'), batches: true }))
    const rows = read('a.jsonl')
      .trim()
      .split('\n')
      .map(row => JSON.parse(row))
    expect(rows.length).toBe(3 * (2 + 1))
    expect(rows[0]).toMatchObject({ epoch: 0, batch: 0 })
    expect(rows[8]).toEqual({ epoch: 2, loss: history.loss[2], valLoss: history.valLoss[2] })
  })

  it('writes what is no number as text', async () => {
    const model = regression()
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: [() => Number.NaN] })
    await train(jsonlLogger({ file: join(folder, 'nan.jsonl') }), { epochs: 1 }, model)
    expect(JSON.parse(read('nan.jsonl')).metric).toBe('NaN')
  })
})

describe('modelCheckpoint', () => {
  it('saves after every epoch, with the epoch and figures in the name', async () => {
    const { history } = await train(
      modelCheckpoint({ path: join(folder, 'm/{epoch:2}-{valLoss:.3}.safetensors') }),
    )
    expect(readdirSync(join(folder, 'm')).sort()).toEqual(
      history.valLoss.map((loss, i) => `0${i + 1}-${loss.toFixed(3)}.safetensors`),
    )
  })

  it('fills figures into names of folders, too', async () => {
    const { history } = await train(modelCheckpoint({ path: join(folder, 'folders/{epoch}-{valLoss:.2}') }))
    const names = history.valLoss.map((loss, i) => `${i + 1}-${loss.toFixed(2)}`)
    expect(readdirSync(join(folder, 'folders')).sort()).toEqual(names)
    const { model } = await load(join(folder, 'folders', names[0], '/'))
    expect(model.parameters()).toHaveLength(2)
  })

  it('saves only the best, which can be loaded', async () => {
    const saved: number[][] = []
    const model = regression()
    const path = join(folder, 'best')
    const worsen: Callback = {
      // After its first epoch the model gets worse and worse.
      onEpochBegin: (epoch, { optimizer }) => {
        optimizer.learningRate = epoch === 0 ? 0.05 : 3
      },
      onEpochEnd: () => void saved.push(numbersOf(model)),
    }
    const callbacks = [worsen, modelCheckpoint({ path, saveBestOnly: true })]
    await train(worsen, { callbacks }, model)
    const { model: best } = await load(path)
    expect([...best.parameters()].flatMap(parameter => [...parameter.data()])).toEqual(saved[0])
    expect(numbersOf(model)).not.toEqual(saved[0])
  })

  it('saves the weights alone', async () => {
    const model = regression()
    const path = join(folder, 'weights.safetensors')
    await train(modelCheckpoint({ path, weightsOnly: true, everyEpochs: 3 }), {}, model)
    const state = deserializeStateDict(readFileSync(path))
    const own = [...model.stateDict()].map(([name, value]) => [name, [...value.data()]] as const)
    expect(own.map(([name]) => [name, [...(state.get(name)?.data() ?? [])]])).toEqual(own)
  })

  it('names a figure that is not there', async () => {
    const callback = modelCheckpoint({ path: join(folder, '{valAuc}.safetensors') })
    await expect(train(callback)).rejects.toThrow(/finds no 'valAuc' among loss, valLoss, epoch/)
  })
})

describe('htmlReport', () => {
  const file = join(folder, 'report.html')

  it('is whole at every moment, follows the training, and says how it ended', async () => {
    const states: string[] = []
    const look: Callback = { onEpochEnd: () => void states.push(readFileSync(file, 'utf8')) }
    const title = 'A <b> & "c"'
    await train(look, { callbacks: [htmlReport({ file, title }), look] })
    for (const page of states) {
      expect(page).toContain('http-equiv="refresh"')
      expect(page.trimEnd()).toMatch(/<\/html>$/)
    }
    const page = readFileSync(file, 'utf8')
    expect(page).toContain('Completed')
    expect(page).not.toContain('http-equiv="refresh"')
    expect(page).toContain('<h1>A &lt;b&gt; &amp; &quot;c&quot;</h1>')
    expect(page.match(/<svg/g)?.length).toBe(1)
    expect(page.match(/class="dot training"/g)?.length).toBe(3)
    expect(page.match(/class="dot validation"/g)?.length).toBe(3)
    expect(page).not.toMatch(/(?:src|href)=/)
    expect(readdirSync(folder).filter(name => name.endsWith('.tmp'))).toEqual([])
  })

  it('shows what ended a run that failed', async () => {
    const fail: Callback = { name: 'fail', onEpochEnd: () => Promise.reject(new Error('<oops>')) }
    await expect(train(fail, { callbacks: [htmlReport({ file }), fail] })).rejects.toThrow('oops')
    expect(readFileSync(file, 'utf8')).toContain('callback &quot;fail&quot;: &lt;oops&gt;')
  })

  it('draws gaps for what is no number, and powers of ten for what falls far', async () => {
    const model = regression()
    const values = [1000, Number.NaN, 0.1, 0.001]
    let next = 0
    const fall = () => values[next++ >> 1]
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: [fall] })
    await train(htmlReport({ file }), { epochs: 4, validationSplit: 0, batchSize: 12 }, model)
    const page = readFileSync(file, 'utf8')
    expect(page).toMatch(/d="M[\d.]+ [\d.]+M[\d.]+ [\d.]+L[\d.]+ [\d.]+"/)
    expect(page).toContain('>0.001</text>')
    expect(page).toContain('>100</text>')
  })

  it('goes on with its charts in a resumed run', async () => {
    await trainTwice(() => htmlReport({ file }))
    expect(readFileSync(file, 'utf8').match(/class="dot training"/g)?.length).toBe(3)
    expect(existsSync(file)).toBe(true)
  })
})

describe('sparklines', () => {
  it('draw numbers as bars', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe('▁▂▃▄▅▆▇█')
    expect(sparkline([5, 5])).toBe('▁▁')
    expect(sparkline([1, Number.NaN, 2])).toBe('▁ █')
    expect(sparkline([])).toBe('')
  })

  it('are thinned out to the width, and keep the last number', () => {
    const values = [...Array(100).keys()].map(i => (i === 99 ? 1000 : 0))
    expect(sparkline(values, { width: 10 })).toBe('▁▁▁▁▁▁▁▁▁█')
    expect(sparkline([1, 2, 3], { width: 1 })).toBe('▁')
  })

  it('are a line per figure after each epoch', async () => {
    const lines: string[] = []
    const output = { isTerminal: false, write: (text: string) => void lines.push(text) }
    await train(sparklines({ output, width: 8 }))
    expect(lines.length).toBe(6)
    expect(lines[4]).toMatch(/^ {2}loss {5}█[▁-█]▁ {2}\d/)
    expect(lines[5]).toMatch(/^ {2}valLoss {2}/)
  })
})
