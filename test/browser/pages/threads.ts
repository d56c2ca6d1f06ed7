import {
  dense,
  embedding,
  lstm,
  manualSeed,
  matmul,
  randn,
  sequential,
  threadInfo,
  useThreads,
} from '../../../src/index.ts'

/** Products and a step of training with one thread and with two. */
async function compute(): Promise<number[]> {
  manualSeed(3)
  const product = matmul(randn([300, 200]), randn([200, 250]))
  const model = sequential(
    embedding({ inputDim: 50, outputDim: 32 }),
    lstm({ units: 64 }),
    dense({ units: 1 }),
  )
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
  const x = Array.from({ length: 32 }, (_, i) => Array.from({ length: 20 }, (_, j) => (i * 7 + j * 3) % 50))
  await model.fit(
    x,
    Float32Array.from({ length: 32 }, (_, i) => i / 32),
    { epochs: 2, verbose: false },
  )
  return [...product.data(), ...model.predict(x).data()]
}

export async function run() {
  const alone = await compute()
  const { threads, reason } = await useThreads({ threads: 2 })
  const together = await compute()
  const differences = together.filter((value, i) => !Object.is(value, alone[i])).length
  const after = threadInfo()
  await useThreads({ threads: 1 })
  return {
    threads,
    reason,
    differences,
    length: together.length,
    stillOn: after.threads,
    isolated: crossOriginIsolated,
  }
}
