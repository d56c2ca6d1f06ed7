// Elementwise, reduction, softmax and optimizer kernels against plain JavaScript loops: npx tsx bench/elementwise.ts [pattern]
// For the relaxed variant on Node 20: node --experimental-wasm-relaxed-simd --import tsx bench/elementwise.ts
// Rounds of both sides alternate; every loop is a function of its own, so that the engine can specialise it.
import type { Heap } from '../kernels/kernels.ts'
import { hasRelaxedSimd, instantiate, type WasmVariant } from '../src/engine/wasm.ts'
import { createWasmKernels } from '../src/engine/wasm-kernels.ts'

interface Workload {
  readonly name: string
  readonly wasm: () => void
  readonly plain: () => void
}

const rounds = Number(process.env.ROUNDS ?? 21)
const elements = Number(process.env.ELEMENTS ?? 1 << 20)
const cols = 1024
const rows = elements / cols

function createWorkloads(variant: WasmVariant): Workload[] {
  const memory = new WebAssembly.Memory({ initial: 1024, maximum: 65536 })
  const float = new Float32Array(memory.buffer)
  const int = new Int32Array(memory.buffer)
  const heap: Heap = {
    float,
    int,
    floatShift: 2,
    allocate: () => {
      throw new Error('no scratch here')
    },
    release: () => {},
  }
  const kernels = createWasmKernels(instantiate(variant, memory, false), heap)
  const n = elements
  const [out, x, y, z] = [1, 2, 3, 4].map(i => i * (4 * n + 4096))
  const array = (pointer: number) => float.subarray(pointer >>> 2, (pointer >>> 2) + n)
  const [fo, fx, fy, fz] = [out, x, y, z].map(array)
  for (let i = 0; i < n; i++) {
    fx[i] = (Math.random() - 0.5) * 8
    fy[i] = Math.random() + 0.5
    fz[i] = Math.random()
  }
  const labels = Math.ceil((z + 4 * n) / 16) * 16
  for (let r = 0; r < rows; r++) int[(labels >>> 2) + r] = r % cols
  let sink = 0

  return [
    {
      name: 'tanh',
      wasm: () => kernels.unary.tanh(out, x, n),
      plain: () => {
        for (let i = 0; i < n; i++) fo[i] = Math.tanh(fx[i])
      },
    },
    {
      name: 'sigmoid',
      wasm: () => kernels.unary.sigmoid(out, x, n),
      plain: () => {
        for (let i = 0; i < n; i++) fo[i] = 1 / (1 + Math.exp(-fx[i]))
      },
    },
    {
      name: 'exp',
      wasm: () => kernels.unary.exp(out, x, n),
      plain: () => {
        for (let i = 0; i < n; i++) fo[i] = Math.exp(fx[i])
      },
    },
    {
      name: 'log',
      wasm: () => kernels.unary.log(out, y, n),
      plain: () => {
        for (let i = 0; i < n; i++) fo[i] = Math.log(fy[i])
      },
    },
    {
      name: 'gelu (tanh)',
      wasm: () => kernels.unary.geluTanh(out, x, n),
      plain: () => {
        for (let i = 0; i < n; i++) {
          const v = fx[i]
          fo[i] = 0.5 * v * (1 + Math.tanh(0.7978845608028654 * (v + 0.044715 * v * v * v)))
        }
      },
    },
    {
      name: 'relu',
      wasm: () => kernels.unary.relu(out, x, n),
      plain: () => {
        for (let i = 0; i < n; i++) fo[i] = Math.max(fx[i], 0)
      },
    },
    {
      name: 'add',
      wasm: () => kernels.float.binary.add(out, x, y, 1, n, n, 1, n, 1),
      plain: () => {
        for (let i = 0; i < n; i++) fo[i] = fx[i] + fy[i]
      },
    },
    {
      name: 'add a row (bias)',
      wasm: () => kernels.float.binary.add(out, x, y, rows, cols, cols, 1, 0, 1),
      plain: () => {
        for (let r = 0; r < rows; r++) {
          for (let c = 0; c < cols; c++) fo[r * cols + c] = fx[r * cols + c] + fy[c]
        }
      },
    },
    {
      name: 'sum',
      wasm: () => kernels.float.reduce.sum(out, x, 1, n, 1),
      plain: () => {
        let sum = 0
        for (let i = 0; i < n; i++) sum += fx[i]
        sink += sum
      },
    },
    {
      name: 'sum of columns',
      wasm: () => kernels.float.reduce.sum(out, x, 1, rows, cols),
      plain: () => {
        for (let c = 0; c < cols; c++) fo[c] = 0
        for (let r = 0; r < rows; r++) {
          for (let c = 0; c < cols; c++) fo[c] += fx[r * cols + c]
        }
      },
    },
    {
      name: 'max of rows',
      wasm: () => kernels.float.reduce.max(out, x, rows, cols, 1),
      plain: () => {
        for (let r = 0; r < rows; r++) {
          let max = -Infinity
          for (let c = 0; c < cols; c++) max = Math.max(max, fx[r * cols + c])
          fo[r] = max
        }
      },
    },
    {
      name: 'softmax of 1024',
      wasm: () => kernels.softmax(out, x, rows, cols),
      plain: () => {
        for (let r = 0; r < rows; r++) {
          const start = r * cols
          let max = -Infinity
          for (let c = start; c < start + cols; c++) max = Math.max(max, fx[c])
          let sum = 0
          for (let c = start; c < start + cols; c++) {
            const e = Math.exp(fx[c] - max)
            fo[c] = e
            sum += e
          }
          for (let c = start; c < start + cols; c++) fo[c] /= sum
        }
      },
    },
    {
      name: 'cross-entropy gradient of 1024',
      wasm: () => kernels.sparseCrossEntropyGrad(out, x, labels, y, rows, cols),
      plain: () => {
        for (let r = 0; r < rows; r++) {
          const start = r * cols
          let max = -Infinity
          for (let c = start; c < start + cols; c++) max = Math.max(max, fx[c])
          let sum = 0
          for (let c = start; c < start + cols; c++) {
            const e = Math.exp(fx[c] - max)
            fo[c] = e
            sum += e
          }
          const scale = fy[r] / sum
          for (let c = start; c < start + cols; c++) fo[c] *= scale
          fo[start + int[(labels >>> 2) + r]] -= fy[r]
        }
      },
    },
    {
      name: 'transpose',
      wasm: () => kernels.float.transpose(out, x, rows, cols),
      plain: () => {
        for (let r = 0; r < rows; r++) {
          for (let c = 0; c < cols; c++) fo[c * rows + r] = fx[r * cols + c]
        }
      },
    },
    {
      name: 'Adam',
      wasm: () => kernels.adam(out, x, y, z, 0, n, 1e-7, 0.9, 0.999, 1e-8, 1.5, 0, 1),
      plain: () => {
        for (let i = 0; i < n; i++) {
          const g = fx[i]
          const m = 0.9 * fy[i] + 0.1 * g
          const v = 0.999 * fz[i] + 0.001 * g * g
          fy[i] = m
          fz[i] = v
          fo[i] -= (1e-7 * m) / (Math.sqrt(v * 1.5) + 1e-8)
        }
        if (sink === 1) console.log(sink)
      },
    },
  ]
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]

/** Nanoseconds per element of one call. */
function time(run: () => void): number {
  const start = performance.now()
  run()
  return ((performance.now() - start) * 1e6) / elements
}

const pattern = new RegExp(process.argv[2] ?? '')
const variants: WasmVariant[] = hasRelaxedSimd() ? ['muladd', 'relaxed'] : ['muladd']
for (const variant of variants) {
  console.log(`${variant}: ns per element, ${elements} elements, median of ${rounds} interleaved rounds`)
  for (const { name, wasm, plain } of createWorkloads(variant)) {
    if (!pattern.test(name)) continue
    for (let i = 0; i < 4; i++) {
      wasm()
      plain()
    }
    const ours: number[] = []
    const theirs: number[] = []
    for (let i = 0; i < rounds; i++) {
      ours.push(time(wasm))
      theirs.push(time(plain))
    }
    const [a, b] = [median(ours), median(theirs)]
    const ratio = `${(b / a).toFixed(1)}×`
    console.log(
      `  ${name.padEnd(32)} wasm ${a.toFixed(3).padStart(7)}   plain ${b.toFixed(3).padStart(7)}   ${ratio}`,
    )
  }
}
