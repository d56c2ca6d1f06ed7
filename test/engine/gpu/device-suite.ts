// What every GPU has to get right, wherever it is reached: in Node and in pages. So nothing here is of Node or of a test
// runner, and what is compared with comes in from outside.
import { attachedGpu } from '../../../src/engine/gpu/attach.ts'
import { device } from '../../../src/engine/gpu/use-gpu.ts'
import {
  adam,
  dense,
  type DeviceName,
  embedding,
  Generator,
  gru,
  lstm,
  manualSeed,
  matmul,
  Sequential,
  sequential,
  simpleRNN,
  type Tensor,
  tensor,
  valueAndGrad,
  withDevice,
} from '../../../src/index.ts'
import type { AnyLayer } from '../../../src/train/sequential.ts'
import { loadGoldenCases } from '../../../tools/conform/golden/case.ts'
import { judgeCase, type Producer } from '../../../tools/conform/golden/judge.ts'
import { producers } from '../../../tools/conform/golden/producers.ts'

/** Something that is right or not on a device. */
export interface DeviceCase {
  readonly name: string
  /** What is wrong; null: nothing. */
  readonly run: (device: DeviceName) => Promise<string | null> | string | null
}

export interface CaseVerdict {
  readonly name: string
  readonly ok: boolean
  /** What is wrong, or an empty text. */
  readonly detail: string
}

/** The golden files whose operations have matrix products, forward and backward. */
export const GOLDEN_FILES = [
  'ops_matmul.json',
  'ops_attention.json',
  'layers_basic.json',
  'layers_rnn.json',
  'layers_attention.json',
  'second_order.json',
  'graphs.json',
  'training.json',
] as const

/** The cases of golden files, which are handed in as parsed JSON. */
export function goldenCases(files: Readonly<Record<string, unknown>>): DeviceCase[] {
  return Object.entries(files).flatMap(([file, json]) =>
    loadGoldenCases(json).map(goldenCase => ({
      name: `${file} ${goldenCase.name}`,
      run: async device => {
        const bound = Object.entries(producers).map(([kind, produce]): [string, Producer] => [
          kind,
          each => withDevice(device, () => produce(each)),
        ])
        const { status, problem } = await judgeCase(file, device, goldenCase, Object.fromEntries(bound))
        return status === 'failed' ? (problem ?? 'it failed') : null
      },
    })),
  )
}

const normal = (generator: Generator, shape: readonly number[]): Tensor =>
  tensor(generator.normal(shape.reduce((a, b) => a * b, 1)), { shape, requiresGrad: true })

/** Largest difference as a part of the largest value wanted. */
function relativeError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let [error, scale] = [0, Number.MIN_VALUE]
  for (let i = 0; i < want.length; i++) {
    const difference = Math.abs(got[i] - want[i])
    // NaN counts as a difference.
    if (!(difference <= error)) error = difference
    scale = Math.max(scale, Math.abs(want[i]))
  }
  return got.length === want.length ? error / scale : Number.POSITIVE_INFINITY
}

const TOLERANCE = 1e-5

/** Compares lists of results, by name. */
function differences(
  got: Readonly<Record<string, Tensor>>,
  want: Readonly<Record<string, Tensor>>,
): string | null {
  const wrong = Object.entries(want).flatMap(([name, values]) => {
    const error = relativeError(got[name].data(), values.data())
    return error <= TOLERANCE ? [] : [`${name} is off by ${error} of its largest value`]
  })
  return wrong.length === 0 ? null : wrong.join('; ')
}

/** A product and both gradients, against float64. */
function productCase(
  a: readonly number[],
  b: readonly number[],
  transposeA: boolean,
  transposeB: boolean,
): DeviceCase {
  return {
    name: `matmul [${a}]${transposeA ? 'ᵀ' : ''} · [${b}]${transposeB ? 'ᵀ' : ''}`,
    run: deviceName => {
      const generator = new Generator(a.length + b[b.length - 1])
      const operands = [normal(generator, a), normal(generator, b)] as const
      const compute = (name: DeviceName): Record<string, Tensor> =>
        withDevice(name, () => {
          const product = (x: Tensor, y: Tensor): Tensor => matmul(x, y, { transposeA, transposeB })
          const { gradients } = valueAndGrad((x: Tensor, y: Tensor) => product(x, y).square().sum())(
            ...operands,
          )
          return { C: product(...operands), dA: gradients[0], dB: gradients[1] }
        })
      return differences(compute(deviceName), compute('reference64'))
    },
  }
}

/** Odd sizes, all transposes, and the depths at which GPU kernels are known to stumble. */
export function productCases(): DeviceCase[] {
  const cases: DeviceCase[] = []
  const sizes = new Generator(7)
  const draw = (): number => 1 + Math.floor(sizes.uniform(1, 0, 40)[0])
  for (const k of [1, 2, 3, 5, 64, 1000, 1001, 2000]) {
    for (const [transposeA, transposeB] of [
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ]) {
      const [m, n] = [draw(), draw()]
      const a = transposeA ? [k, m] : [m, k]
      const b = transposeB ? [n, k] : [k, n]
      cases.push(productCase(a, b, transposeA, transposeB))
    }
  }
  cases.push(
    productCase([3, 2, 5, 7], [2, 7, 4], false, false),
    productCase([3, 5, 7], [3, 4, 7], false, true),
  )
  return cases
}

/** A recurrent classifier's first step: loss and every gradient as on WebAssembly. */
function layerCase(name: string, layer: () => AnyLayer): DeviceCase {
  return {
    name: `a step of a classifier with ${name}`,
    run: deviceName => {
      const compute = (on: DeviceName): Record<string, Tensor> =>
        withDevice(on, () => {
          manualSeed(3)
          const model = new Sequential([
            embedding({ inputDim: 20, outputDim: 6 }),
            layer(),
            dense({ units: 3, activation: 'relu' }),
            dense({ units: 1 }),
          ])
          const ids = tensor(
            Int32Array.from({ length: 35 }, (_, i) => (i * 7) % 20),
            {
              shape: [5, 7],
              dtype: 'int32',
            },
          )
          const loss = model.forward(ids).square().mean()
          loss.backward()
          const gradients = [...model.namedParameters()].map(([key, { grad }]) => [key, grad as Tensor])
          return { loss, ...Object.fromEntries(gradients) }
        })
      return differences(compute(deviceName), compute('wasm'))
    },
  }
}

/** Training goes where it goes on WebAssembly, within what rounding does to it. */
const trainingCase: DeviceCase = {
  name: 'five epochs of an LSTM classifier',
  run: async deviceName => {
    const train = async (on: DeviceName): Promise<readonly number[]> => {
      manualSeed(5)
      const model = sequential(
        embedding({ inputDim: 30, outputDim: 8 }),
        lstm({ units: 8 }),
        dense({ units: 2, activation: 'softmax' }),
      )
      model.compile({ optimizer: adam({ learningRate: 0.01 }), loss: 'sparseCategoricalCrossentropy' })
      const x = tensor(Int32Array.from(new Generator(9).uniform(160, 0, 30)), {
        shape: [16, 10],
        dtype: 'int32',
      })
      const y = Int32Array.from({ length: 16 }, (_, i) => i % 2)
      const { history } = await model.fit(x, y, {
        ...{ epochs: 5, batchSize: 8, shuffle: false, verbose: false },
        device: on,
      })
      return history.loss as readonly number[]
    }
    const [got, want] = [await train(deviceName), await train('wasm')]
    const error = relativeError(got, want)
    return error < 1e-4 ? null : `losses ${got} differ from ${want}`
  },
}

export const layerCases = (): DeviceCase[] => [
  layerCase('an LSTM', () => lstm({ units: 5 })),
  layerCase('a GRU', () => gru({ units: 5 })),
  layerCase('a GRU that resets first', () => gru({ units: 5, resetAfter: false })),
  layerCase('a simple RNN', () => simpleRNN({ units: 5 })),
  trainingCase,
]

/** Whether the GPU really did the work: a suite that ran on WebAssembly proves nothing. */
function workedOnDevice(before: number): CaseVerdict {
  const { counters, reason } = device.status()
  const { offloaded, fallbacks, refusals } = counters
  const ok = offloaded > before && fallbacks === 0 && refusals === 0 && attachedGpu() !== null
  const detail = `${offloaded - before} products, ${fallbacks} fallbacks, ${refusals} refusals${reason ? `: ${reason}` : ''}`
  return { name: 'the GPU computed the products', ok, detail: ok ? '' : detail }
}

/** Runs every case on a device, `gpu` after `useGpu()`; the last verdict is about the device itself. */
export async function runDeviceSuite(
  cases: readonly DeviceCase[],
  options: { readonly device: DeviceName },
): Promise<CaseVerdict[]> {
  const before = device.status().counters.offloaded
  const verdicts: CaseVerdict[] = []
  for (const { name, run } of cases) {
    let detail: string | null
    try {
      detail = await run(options.device)
    } catch (error) {
      detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    }
    verdicts.push({ name, ok: detail === null, detail: detail ?? '' })
  }
  if (options.device === 'gpu') verdicts.push(workedOnDevice(before))
  return verdicts
}
