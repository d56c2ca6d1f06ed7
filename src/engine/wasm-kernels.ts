import type { ElementKernels, Heap, Kernels } from '../../kernels/kernels.ts'
import { createElementwise } from '../../kernels/reference/elementwise.ts'
import { moreKernels, pick, withoutMoreKernels } from './more-kernels.ts'
import type { WasmExports } from './wasm-modules.ts'
import { createWasmGemm } from './wasm-gemm.ts'
import { createWasmRecurrent } from './wasm-recurrent.ts'

/** Kernels that WebAssembly has just as the interface wants them. */
const WHOLE = [
  'softmax',
  'logSoftmax',
  'softmaxGrad',
  'logSoftmaxGrad',
  'causalSoftmax',
  'sparseCrossEntropy',
  'sparseCrossEntropyGrad',
  'sigmoidCrossEntropy',
  'flushSubnormals',
] as const satisfies readonly (keyof Kernels)[]

/**
 * The fast kernel library: WebAssembly where it exists, else the reference loop on the same memory.
 *
 * The exports are named after the interface: `unary_exp` is `unary.exp`, `binary_add` is `float.binary.add`.
 */
export function createWasmKernels(exports: WasmExports, heap: Heap): Kernels {
  const reference = createElementwise(heap)
  const { sgd, adam, parametric_powScalar } = exports
  const parametric = overlay(exports, reference.parametric, 'parametric_')
  return {
    ...overlay(exports, reference),
    ...pick(exports, WHOLE),
    float: floatKernels(exports, reference.float),
    int: intKernels(exports, reference.int),
    unary: overlay(exports, reference.unary, 'unary_'),
    parametric: {
      ...parametric,
      // Only some exponents have a fast path; the kernel says whether it had one.
      powScalar: (out, x, n, p, q) => {
        if (parametric_powScalar(out, x, n, p, q) === 0) reference.parametric.powScalar(out, x, n, p, q)
      },
    },
    gradient: overlay(exports, reference.gradient, 'gradient_'),
    gemm: createWasmGemm(exports, heap),
    ...(moreKernels.added?.(exports, heap) ?? withoutMoreKernels),
    ...createWasmRecurrent(exports, heap),
    sgd: (p, g, v, n, lr, momentum, dampening, weightDecay, nesterov, first) => {
      sgd(p, g, v, n, lr, momentum, dampening, weightDecay, +nesterov, +first)
    },
    // 1 − β is taken here, in double precision: 1 − 0.999 has only three good digits in float32.
    adam: (p, g, m, v, vMax, n, stepSize, beta1, beta2, eps, inverseCorrection2, weightDecay, keep) => {
      const [rest1, rest2] = [1 - beta1, 1 - beta2]
      adam(
        p,
        g,
        m,
        v,
        vMax,
        n,
        stepSize,
        beta1,
        beta2,
        eps,
        inverseCorrection2,
        weightDecay,
        keep,
        rest1,
        rest2,
      )
    },
  }
}

function floatKernels(exports: WasmExports, reference: ElementKernels): ElementKernels {
  return {
    ...overlay(exports, reference),
    binary: overlay(exports, reference.binary, 'binary_'),
    compare: overlay(exports, reference.compare, 'compare_'),
    reduce: overlay(exports, reference.reduce, 'reduce_'),
  }
}

/** Integers share the kernels that only move elements of four bytes. */
function intKernels(exports: WasmExports, reference: ElementKernels): ElementKernels {
  const {
    int_fill: fill,
    copy,
    copy2d,
    transpose,
    where,
    gather,
  } = overlay(exports, {
    int_fill: reference.fill,
    ...reference,
  })
  return { ...reference, fill, copy, copy2d, transpose, where, gather }
}

/** `table` with each function replaced by the export of its name (after `prefix`) if there is one. */
function overlay<T extends object>(exports: WasmExports, table: T, prefix = ''): T {
  const entries = Object.entries(table).map(([name, kernel]) => [
    name,
    typeof kernel === 'function' ? (exports[prefix + name] ?? kernel) : kernel,
  ])
  return Object.fromEntries(entries) as T
}
