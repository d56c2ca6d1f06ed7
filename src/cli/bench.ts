import type { Command } from 'commander'
import { useThreads } from '../engine/threads/use-threads.ts'
import { alignedTable } from '../inspect/table.ts'
import { dense } from '../nn/dense.ts'
import { embedding } from '../nn/embedding.ts'
import { lstm } from '../nn/lstm.ts'
import { matmul } from '../ops/matmul.ts'
import { randn } from '../tensor/creation.ts'
import { Generator } from '../tensor/random.ts'
import { sequential } from '../train/sequential.ts'
import type { Environment } from './environment.ts'
import { whole } from './options.ts'

const HELP = `
Multiplies matrices and trains a text classifier on random data, with one thread and with all, and prints the median
of some rounds. A machine that does other things at the same time gives other figures.`

const SIZE = 512
const BATCH = 32
const TIME = 100
const WORDS = 10_000
const UNITS = 128
/** Steps that are timed together. */
const STEPS = 4

/** `tensorloom bench` */
export function benchCommand(program: Command, environment: Environment): void {
  program
    .command('bench')
    .description('Measures this machine.')
    .option('--rounds <n>', 'times that everything is measured', whole(1), 7)
    .addHelpText('after', HELP)
    .action(async ({ rounds }: { readonly rounds: number }) => {
      const { threads: most } = await useThreads()
      const rows: string[][] = []
      for (const threads of most > 1 ? [1, most] : [1]) {
        await useThreads({ threads })
        const products: number[] = []
        const steps: number[] = []
        const [product, train] = [productTimer(), trainingTimer()]
        for (let round = 0; round < rounds; round++) {
          products.push(product())
          steps.push(await train())
        }
        rows.push([
          String(threads),
          `${((2 * SIZE ** 3) / median(products) / 1e6).toFixed(1)} GFLOP/s`,
          `${Math.round((1000 * BATCH * STEPS) / median(steps))} examples/s`,
        ])
      }
      await useThreads({ threads: 1 })
      const head = ['Threads', `matmul ${SIZE}³`, `training, ${TIME} ids, LSTM ${UNITS}`]
      environment.write(`${alignedTable(head, rows)}\n`)
    })
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

/** Milliseconds of a product of two matrices. */
function productTimer(): () => number {
  const [a, b] = [randn([SIZE, SIZE]), randn([SIZE, SIZE])]
  const run = (): number => {
    const start = performance.now()
    matmul(a, b).data()
    return performance.now() - start
  }
  run()
  return run
}

/** Milliseconds of some training steps. */
function trainingTimer(): () => Promise<number> {
  const model = sequential(
    embedding({ inputDim: WORDS, outputDim: 64 }),
    lstm({ units: UNITS }),
    dense({ units: 1, activation: 'sigmoid' }),
  )
  model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy' })
  const generator = new Generator(1)
  const count = BATCH * STEPS
  const x = {
    data: Int32Array.from({ length: count * TIME }, () => generator.below(WORDS)),
    shape: [count, TIME],
  }
  const y = Float32Array.from({ length: count }, () => generator.below(2))
  return async () => {
    const start = performance.now()
    await model.fit(x, y, { batchSize: BATCH, verbose: false })
    return performance.now() - start
  }
}
