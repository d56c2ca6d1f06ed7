import type {
  GruBackward,
  GruForward,
  LstmBackward,
  LstmForward,
  RnnBackward,
  RnnForward,
} from './recurrent.ts'
import type { Convolution, MaxPool } from './windows.ts'

/**
 * What every kernel library offers: plain functions on addresses and sizes, no Tensor, no autodiff.
 *
 * There are two libraries with this interface: `kernels/reference` (TypeScript loops: the readable
 * definition, complete) and the WebAssembly one (`kernels/wasm`, the fast subset, laid over the reference).
 *
 * Conventions
 * - A `Pointer` is a byte address in the engine's memory, a multiple of 16; 0 means "absent" where allowed.
 * - All arrays are dense and row-major; sizes count elements. Buffers are padded to 16 bytes, so a kernel
 *   over one contiguous array may read and write up to the next multiple of 4 elements of its own buffer.
 * - `float` arrays are float32 (float64 on the 64-bit reference device); `int` arrays are int32.
 *   Booleans are int arrays of 0 and 1.
 * - `out` comes first. `out` may be one of the inputs of an elementwise kernel, nothing else may alias.
 * - Sizes may be 0. NaN and infinities go through as IEEE 754 says.
 */

/** A byte address in the engine's memory (an unsigned 32-bit integer). */
export type Pointer = number

/** out[i] = f(x[i]), i < n */
export type UnaryKernel = (out: Pointer, x: Pointer, n: number) => void
/** out[i] = f(x[i]; p, q) */
export type ParametricKernel = (out: Pointer, x: Pointer, n: number, p: number, q: number) => void

/**
 * out[r, c] = f(a[r·aRow + c·aCol], b[r·bRow + c·bCol]) with `out` dense [rows, cols].
 * Strides count elements; aCol and bCol are 0 or 1, so one kernel serves equal shapes, scalars, rows and columns.
 */
export type BinaryKernel = (
  out: Pointer,
  a: Pointer,
  b: Pointer,
  rows: number,
  cols: number,
  aRow: number,
  aCol: number,
  bRow: number,
  bCol: number,
) => void

/** Reduces the middle axis: x [outer, size, inner] → out [outer, inner]. */
export type ReduceKernel = (out: Pointer, x: Pointer, outer: number, size: number, inner: number) => void

export const UNARY_NAMES = [
  'neg',
  'abs',
  'sign',
  'exp',
  'expm1',
  'log',
  'log1p',
  'sqrt',
  'rsqrt',
  'square',
  'reciprocal',
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'tanh',
  'erf',
  'floor',
  'ceil',
  'round',
  'trunc',
  'sigmoid',
  'logSigmoid',
  'relu',
  'relu6',
  'gelu',
  'geluTanh',
  'silu',
  'mish',
  'softsign',
  'selu',
  'hardSigmoid',
  'hardTanh',
] as const
export type UnaryName = (typeof UNARY_NAMES)[number]

/** p and q are the parameters named in the comment. hardSigmoid above is PyTorch's relu6(x + 3)/6. */
export const PARAMETRIC_NAMES = [
  'elu', // p = alpha
  'leakyRelu', // p = slope
  'softplus', // p = beta
  'clip', // p = min, q = max; NaN stays NaN
  'scale', // x·p + q
  'powScalar', // x^p
  'hardSigmoidKeras', // clip(p·x + q, 0, 1), p = 0.2, q = 0.5
] as const
export type ParametricName = (typeof PARAMETRIC_NAMES)[number]

/** Fused derivatives of the hot activations: out = g · f′, written in terms of y = f(x) (or x for gelu, silu, softplus). */
export const GRADIENT_NAMES = [
  'tanhGrad',
  'sigmoidGrad',
  'reluGrad',
  'geluGrad',
  'geluTanhGrad',
  'siluGrad',
] as const
export type GradientName = (typeof GRADIENT_NAMES)[number]

export const BINARY_NAMES = ['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'pow', 'mod', 'atan2'] as const
export type BinaryName = (typeof BINARY_NAMES)[number]

/** Results are int 0/1. */
export const COMPARE_NAMES = ['equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual'] as const
export type CompareName = (typeof COMPARE_NAMES)[number]

/** NaN wins in max, min (as in PyTorch). `any` and `all` are max and min of a boolean. */
export const REDUCE_NAMES = ['sum', 'prod', 'max', 'min'] as const
export type ReduceName = (typeof REDUCE_NAMES)[number]

/** Kernels that exist for float and for int elements. */
export interface ElementKernels {
  readonly binary: Readonly<Record<BinaryName, BinaryKernel>>
  readonly compare: Readonly<Record<CompareName, BinaryKernel>>
  readonly reduce: Readonly<Record<ReduceName, ReduceKernel>>
  /** Position of the first largest (smallest) element; the first NaN wins. out is int [outer, inner]. */
  readonly argMax: ReduceKernel
  readonly argMin: ReduceKernel
  /** out[o, s, i] = Σ_{t ≤ s} x[o, t, i] */
  readonly cumsum: ReduceKernel
  readonly fill: (out: Pointer, n: number, value: number) => void
  readonly copy: (out: Pointer, x: Pointer, n: number) => void
  /** out[r·outRow + c·outCol] = x[r·xRow + c·xCol]; strides in elements, any sign. */
  readonly copy2d: (
    out: Pointer,
    x: Pointer,
    rows: number,
    cols: number,
    outRow: number,
    outCol: number,
    xRow: number,
    xCol: number,
  ) => void
  /** out [cols, rows] = transpose of x [rows, cols] */
  readonly transpose: (out: Pointer, x: Pointer, rows: number, cols: number) => void
  /** out[i] = cond[i] ≠ 0 ? a[i] : b[i]; cond is int */
  readonly where: (out: Pointer, cond: Pointer, a: Pointer, b: Pointer, n: number) => void
  /** out[o, j, i] = x[o, index[j], i]; x [outer, size, inner], index int [count] in 0 … size−1 (checked by the caller) */
  readonly gather: (
    out: Pointer,
    x: Pointer,
    index: Pointer,
    outer: number,
    size: number,
    inner: number,
    count: number,
  ) => void
  /** out[o, index[j], i] += x[o, j, i], in the order j = 0, 1, …; out [outer, size, inner], x [outer, count, inner] */
  readonly scatterAdd: (
    out: Pointer,
    x: Pointer,
    index: Pointer,
    outer: number,
    size: number,
    inner: number,
    count: number,
  ) => void
}

export interface Kernels {
  readonly float: ElementKernels
  readonly int: ElementKernels
  readonly unary: Readonly<Record<UnaryName, UnaryKernel>>
  readonly parametric: Readonly<Record<ParametricName, ParametricKernel>>
  /** out[i] = g[i] · f′; `y` is y = f(x) for tanh, sigmoid, relu, and x for the others. */
  readonly gradient: Readonly<Record<GradientName, (out: Pointer, y: Pointer, g: Pointer, n: number) => void>>
  /** int → float and float → int (truncates towards 0; NaN → 0; saturates), and ≠ 0 as 0/1 */
  readonly intToFloat: UnaryKernel
  readonly floatToInt: UnaryKernel
  readonly floatToBool: UnaryKernel
  readonly isNaN: UnaryKernel
  readonly isFinite: UnaryKernel
  readonly isInf: UnaryKernel

  /** out[r, :] = row, for r < rows */
  readonly fillRows: (out: Pointer, row: Pointer, rows: number, cols: number) => void
  /** out[i] += a · x[i] */
  readonly axpy: (out: Pointer, x: Pointer, n: number, a: number) => void
  /** Σ x[i]², accumulated in double precision */
  readonly sumSquares: (x: Pointer, n: number) => number

  /** Over rows of x [rows, cols]; safe for huge values; a row of −∞ gives NaN, as in PyTorch. */
  readonly softmax: (out: Pointer, x: Pointer, rows: number, cols: number) => void
  readonly logSoftmax: (out: Pointer, x: Pointer, rows: number, cols: number) => void
  /** out = y ⊙ (g − Σ g⊙y), per row */
  readonly softmaxGrad: (out: Pointer, y: Pointer, g: Pointer, rows: number, cols: number) => void
  /** out = g − exp(y)·Σ g, per row, with y = logSoftmax(x) */
  readonly logSoftmaxGrad: (out: Pointer, y: Pointer, g: Pointer, rows: number, cols: number) => void
  /** Softmax of the first clamp(first + r, 0, cols) numbers of row r; zeros after them. May be in place. */
  readonly causalSoftmax: (out: Pointer, x: Pointer, rows: number, cols: number, first: number) => void

  /**
   * Layer norm of the rows of x [rows, cols]: out = x̂·γ + β, x̂ = (x − mean)·rstd, rstd = 1/√(variance + eps).
   * mean and rstd are results, one number per row; mean = 0 (absent) is RMS norm, which does not centre.
   */
  readonly rowNorm: (
    out: Pointer,
    mean: Pointer,
    rstd: Pointer,
    x: Pointer,
    gamma: Pointer,
    beta: Pointer,
    rows: number,
    cols: number,
    eps: number,
  ) => void
  /** dx = rstd·(γg − mean(γg) − x̂·mean(γg·x̂)), dγ = Σ g·x̂, dβ = Σ g; each result may be 0 (not wanted). */
  readonly rowNormGrad: (
    dx: Pointer,
    dGamma: Pointer,
    dBeta: Pointer,
    x: Pointer,
    mean: Pointer,
    rstd: Pointer,
    gamma: Pointer,
    g: Pointer,
    rows: number,
    cols: number,
  ) => void
  /**
   * The same over the rows of x [outer, rows, cols] and over cols/groups adjacent columns, γ and β [cols]. Results are
   * the mean and the (biased) variance [outer, groups]. Batch norm: outer 1 and cols groups; group norm: outer = batch.
   */
  readonly groupNorm: (
    out: Pointer,
    mean: Pointer,
    variance: Pointer,
    x: Pointer,
    gamma: Pointer,
    beta: Pointer,
    outer: number,
    rows: number,
    cols: number,
    groups: number,
    eps: number,
  ) => void
  readonly groupNormGrad: (
    dx: Pointer,
    dGamma: Pointer,
    dBeta: Pointer,
    x: Pointer,
    mean: Pointer,
    variance: Pointer,
    gamma: Pointer,
    g: Pointer,
    outer: number,
    rows: number,
    cols: number,
    groups: number,
    eps: number,
  ) => void

  /** out[r] = logsumexp(x[r, :]) − x[r, label[r]]; labels int, checked by the caller; a label < 0 gives 0 */
  readonly sparseCrossEntropy: (out: Pointer, x: Pointer, labels: Pointer, rows: number, cols: number) => void
  /** out[r, :] = g[r]·(softmax(x[r, :]) − onehot(label[r])); a label < 0 gives zeros */
  readonly sparseCrossEntropyGrad: (
    out: Pointer,
    x: Pointer,
    labels: Pointer,
    g: Pointer,
    rows: number,
    cols: number,
  ) => void
  /** out[i] = max(z, 0) − z·y + log(1 + exp(−|z|)): binary cross-entropy of y with logits z */
  readonly sigmoidCrossEntropy: (out: Pointer, z: Pointer, y: Pointer, n: number) => void

  /**
   * C (+)= op(A)·op(B), row-major; op(A) is m × k, op(B) is k × n.
   * A is stored [m, k] with row stride lda (or [k, m] when transA), B [k, n] with ldb (or [n, k] when transB).
   * Every element is Σ over blocks of at most 320 consecutive k, each block summed in order from zero; so its bits
   * depend on neither the tile it falls in nor the number of threads.
   */
  readonly gemm: (
    transA: boolean,
    transB: boolean,
    m: number,
    n: number,
    k: number,
    a: Pointer,
    lda: number,
    b: Pointer,
    ldb: number,
    c: Pointer,
    ldc: number,
    accumulate: boolean,
  ) => void

  readonly lstmForward: (p: LstmForward) => void
  readonly lstmBackward: (p: LstmBackward) => void

  /** y = x ⋆ kernel (+ bias) */
  readonly convForward: (p: Convolution) => void
  /** x = the transpose of the same, applied to y */
  readonly convInput: (p: Convolution) => void
  /** kernel = Σ over output pixels of what they see of x, times y */
  readonly convKernel: (p: Convolution) => void
  readonly maxPool: (p: MaxPool) => void
  /** out = 0, then out[positions[i]] += x[i] for i < n; out [size] */
  readonly scatterPositions: (out: Pointer, x: Pointer, positions: Pointer, size: number, n: number) => void
  readonly gruForward: (p: GruForward) => void
  readonly gruBackward: (p: GruBackward) => void
  readonly rnnForward: (p: RnnForward) => void
  readonly rnnBackward: (p: RnnBackward) => void

  /**
   * g′ = g + weightDecay·p;  v = first ? g′ : momentum·v + (1 − dampening)·g′;
   * p −= lr·(momentum = 0 ? g′ : nesterov ? g′ + momentum·v : v).  v may be 0 when momentum is 0.
   */
  readonly sgd: (
    p: Pointer,
    g: Pointer,
    v: Pointer,
    n: number,
    lr: number,
    momentum: number,
    dampening: number,
    weightDecay: number,
    nesterov: boolean,
    first: boolean,
  ) => void
  /**
   * g′ = g + weightDecay·p;  m = β₁m + (1−β₁)g′;  v = β₂v + (1−β₂)g′²;
   * p −= stepSize·m / (√(v·inverseCorrection2) + eps), with stepSize = lr/(1−β₁ᵗ), inverseCorrection2 = 1/(1−β₂ᵗ).
   * With vMax ≠ 0 (AMSGrad) vMax = max(vMax, v) takes the place of v in the root.
   * Decoupled decay (AdamW): p is first multiplied by `keep` (1 otherwise).
   */
  readonly adam: (
    p: Pointer,
    g: Pointer,
    m: Pointer,
    v: Pointer,
    vMax: Pointer,
    n: number,
    stepSize: number,
    beta1: number,
    beta2: number,
    eps: number,
    inverseCorrection2: number,
    weightDecay: number,
    keep: number,
  ) => void
  /** Sets numbers of x [n] smaller than the least normal float32 (2⁻¹²⁶) to 0, in place. */
  readonly flushSubnormals: (x: Pointer, n: number) => void
}

/** The memory a reference library works on. Views are read anew at each call: memory may grow. */
export interface Heap {
  readonly float: Float32Array | Float64Array
  readonly int: Int32Array
  /** log2 of the bytes of a float: address >>> floatShift is an index into `float`. */
  readonly floatShift: 2 | 3
  /** Space for `bytes` bytes that is free again after `release`; kernels use it for scratch. */
  readonly allocate: (bytes: number) => Pointer
  readonly release: (pointer: Pointer) => void
}
