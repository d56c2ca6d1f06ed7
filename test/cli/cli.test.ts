import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Environment } from '../../src/cli/environment.ts'
import { run } from '../../src/cli/program.ts'
import { dense, manualSeed, Sequential, serializeStateDict, tensor } from '../../src/index.ts'

let folder: string
let reviews: string
let numbers: string

/** Runs the command line on some input. */
async function only(args: readonly string[], input = '') {
  let output = ''
  let report = ''
  const environment: Environment = {
    input: (async function* () {
      yield input
    })(),
    write: text => {
      output += text
    },
    report: text => {
      report += text
    },
    progress: { isTerminal: false, write: () => undefined },
    untilStopped: () => Promise.resolve(),
  }
  return { code: await run(args, environment), output, report }
}

/** The same, for commands that write JSON. */
async function tensorloom(args: readonly string[], input?: string) {
  const result = await only(args, input)
  const lines = result.output.split('\n').filter(line => line !== '')
  return { ...result, lines: lines.map(line => JSON.parse(line)) }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'))
  const lines = Array.from({ length: 60 }, (_, i) =>
    i % 2 === 0 ? `good\tlovely film ${i % 7}` : `bad\tdull film ${i % 5}`,
  )
  writeFileSync(join(folder, 'reviews.tsv'), `${lines.join('\n')}\n`)
  reviews = join(folder, 'reviews')
  const { code } = await only([
    ...[
      'train',
      '--data',
      join(folder, 'reviews.tsv'),
      '--save',
      reviews,
      '--epochs',
      '12',
      '--patience',
      '12',
    ],
    ...['--units', '8', '--embedding', '8', '--learning-rate', '0.02', '--dropout', '0'],
  ])
  expect(code).toBe(0)
  manualSeed(1)
  const model = new Sequential([dense({ units: 2 })], { inputShape: [3] })
  model.loadStateDict(
    new Map([
      [
        'dense.kernel',
        tensor([
          [1, 0],
          [0, 1],
          [0, 0],
        ]),
      ],
      ['dense.bias', tensor([0, 10])],
    ]),
  )
  numbers = join(folder, 'numbers')
  await model.save(numbers)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('predict', () => {
  it('answers texts in order, with names and probabilities', async () => {
    const { code, lines } = await tensorloom(['predict', reviews], 'lovely film\ndull film\n')
    expect(code).toBe(0)
    expect(lines.map(({ prediction }) => prediction.label)).toEqual(['good', 'bad'])
    for (const { prediction } of lines) {
      expect(prediction.probabilities.good + prediction.probabilities.bad).toBeCloseTo(1, 6)
    }
  })

  it('gives one error line for a bad input, goes on, and ends with 1', async () => {
    const { code, lines, report } = await tensorloom(
      ['predict', numbers, '--format', 'ndjson', '--batch', '2'],
      '[1,2,3]\n\n{"x\n[1,2]\n"text"\n[4,5,6]\n',
    )
    expect(code).toBe(1)
    expect(lines[0]).toEqual({ prediction: [1, 12] })
    expect(lines[1]).toEqual({ error: 'the line is not JSON.', line: 3 })
    expect(lines[2]).toMatchObject({ line: 4, error: expect.stringMatching(/3/) })
    expect(lines[3]).toEqual({ error: 'predict needs numbers in arrays, got string.', line: 5 })
    expect(lines[4]).toEqual({ prediction: [4, 15] })
    expect(report).toBe('3 of 5 inputs could not be answered.\n')
  })

  it('reads rows of CSV, whole or one column, and keeps bad ones in their place', async () => {
    const table = await tensorloom(
      ['predict', numbers, '--format', 'csv'],
      'a,b,c\n1,2,3\n1,2\n4,5,x\n7,8,9\n',
    )
    expect(table.code).toBe(1)
    expect(table.lines).toEqual([
      { prediction: [1, 12] },
      { error: 'the row needs 3 cells in each row, got 2 in line 3.', line: 3 },
      { error: 'the row needs a number as "c", got "x".', line: 4 },
      { prediction: [7, 18] },
    ])
    const texts = await tensorloom(
      ['predict', reviews, '--format', 'csv', '--column', 'review'],
      'id,review\n1,"lovely, film"\n2,\n',
    )
    expect(texts.lines[0].prediction.label).toBe('good')
    expect(texts.lines[1]).toEqual({ error: 'the row has no "review".', line: 3 })
    const objects = await tensorloom(
      ['predict', reviews, '--format', 'ndjson', '--column', 'text'],
      '{"text":"dull film"}\n{"other":1}\n',
    )
    expect(objects.lines[0].prediction.label).toBe('bad')
    expect(objects.lines[1]).toEqual({ error: 'the value has no "text".', line: 2 })
  })

  it('refuses texts for a model of arrays', async () => {
    const { code, report } = await tensorloom(['predict', numbers], 'text\n')
    expect(code).toBe(2)
    expect(report).toMatch(/takes arrays, not texts: use --format ndjson/)
  })
})

describe('inspect', () => {
  it('shows layers, tokenizer and weights', async () => {
    const { code, output } = await only(['inspect', reviews, '--weights'])
    expect(code).toBe(0)
    expect(output).toMatch(/tokenizer: \d+ ids/)
    expect(output).toMatch(/lstm \(LSTM\)/)
    expect(output).toMatch(/lstm\.recurrentKernel {2}\[8, 32\]/)
    expect((await only(['inspect', reviews, '--graph', 'mermaid'])).output).toMatch(/^flowchart TD/)
  })

  it('lists the tensors of a file without a model', async () => {
    const path = join(folder, 'weights.safetensors')
    writeFileSync(
      path,
      serializeStateDict(new Map([['layer.weight', tensor([[1, 2]])]]), {
        metadata: { source: 'elsewhere' },
      }),
    )
    const { code, output } = await only(['inspect', path])
    expect(code).toBe(0)
    expect(output).toMatch(/layer\.weight +F32 +\[1, 2\]\nsource: elsewhere/)
  })
})

describe('convert', () => {
  it('writes a folder as one file and back, and overwrites only when told', async () => {
    const file = join(folder, 'reviews.safetensors')
    expect((await only(['convert', reviews, file])).code).toBe(0)
    const again = await only(['convert', reviews, file])
    expect(again).toMatchObject({ code: 2, report: expect.stringContaining('--force replaces it') })
    expect((await only(['convert', file, join(folder, 'back'), '--force'])).code).toBe(0)
    const answers = await Promise.all(
      [reviews, file, join(folder, 'back')].map(model => only(['predict', model], 'lovely dull film\n')),
    )
    expect(new Set(answers.map(({ output }) => output)).size).toBe(1)
  })

  it.each(['numbers.keras', 'numbers.tfjs', 'numbers.onnx'])(
    'writes %s, which answers the same',
    async name => {
      const path = join(folder, name)
      expect(await only(['convert', numbers, path])).toMatchObject({ code: 0 })
      const { lines } = await tensorloom(['predict', path, '--format', 'ndjson'], '[1,2,3]\n')
      expect(lines).toEqual([{ prediction: [1, 12] }])
      expect((await only(['inspect', path])).code).toBe(0)
    },
  )

  it('names what it does not know', async () => {
    expect(await only(['convert', join(folder, 'none'), 'x'])).toMatchObject({ code: 2 })
    expect((await only(['convert', reviews, join(folder, 'x.pdf')])).report).toMatch(
      /"\.pdf" is no known kind/,
    )
    expect(existsSync(join(folder, 'x.pdf'))).toBe(false)
  })
})

describe('train', () => {
  it('says which file or line is wrong', async () => {
    const bad = join(folder, 'bad.tsv')
    writeFileSync(bad, 'good\tone\nbad\n')
    const train = (...args: string[]) => only(['train', '--save', join(folder, 'no'), ...args])
    expect(await train('--data', bad)).toMatchObject({ code: 1, report: expect.stringMatching(/in line 2/) })
    expect(await train('--data', join(folder, 'none'))).toMatchObject({
      code: 1,
      report: expect.stringMatching(/none is not there/),
    })
    expect(await train('--data', bad, '--epochs', '0')).toMatchObject({ code: 2 })
    expect((await train()).report).toMatch(/required option '--data <file>'/)
  })
})

describe('serve', () => {
  it('answers until it is stopped', async () => {
    let stop: () => void = () => undefined
    const stopped = new Promise<void>(resolve => {
      stop = resolve
    })
    let said: (address: string) => void = () => undefined
    const address = new Promise<string>(resolve => {
      said = resolve
    })
    const code = run(['serve', reviews, '--port', '0'], {
      input: (async function* () {})(),
      write: () => undefined,
      report: text => {
        const found = /http\S+/.exec(text)
        if (found !== null) said(found[0])
      },
      progress: { isTerminal: false, write: () => undefined },
      untilStopped: () => stopped,
    })
    const response = await fetch(await address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input_data: ['lovely film'] }),
    })
    expect((await response.json()).predictions[0].label).toBe('good')
    stop()
    expect(await code).toBe(0)
  })
})

describe('the command line', () => {
  it('has help everywhere, and names what is wrong', async () => {
    const { code, output } = await only(['--help'])
    expect(code).toBe(0)
    expect(output).toMatch(/Exit codes:/)
    for (const command of ['inspect', 'convert', 'predict', 'train', 'serve', 'bench']) {
      const help = await only([command, '--help'])
      expect(help.code).toBe(0)
      expect(help.output).toMatch(new RegExp(`Usage: tensorloom ${command}`))
    }
    expect(await only(['predcit'])).toMatchObject({
      code: 2,
      report: expect.stringMatching(/Did you mean predict/),
    })
    expect(await only(['--version'])).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    })
  })

  it('measures', async () => {
    const { code, output } = await only(['bench', '--rounds', '1'])
    expect(code).toBe(0)
    expect(output).toMatch(/1 +[\d.]+ GFLOP\/s +\d+ examples\/s/)
  })
})
