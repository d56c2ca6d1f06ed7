import type { Pointer } from './kernels.ts'

/** What the whole-sequence recurrent kernels take: LSTM, GRU and the simple recurrence. */

export interface LstmForward {
  readonly batch: number
  readonly time: number
  readonly inputSize: number
  readonly units: number
  /** [batch, time, inputSize] */
  readonly x: Pointer
  /** [inputSize, 4·units], gates i, f, c, o */
  readonly kernel: Pointer
  /** [units, 4·units] */
  readonly recurrentKernel: Pointer
  /** [4·units], or 0 */
  readonly bias: Pointer
  /** [batch, units], or 0 for zeros */
  readonly h0: Pointer
  readonly c0: Pointer
  /** int [batch, time], or 0. Where it is 0 the step is skipped: h and c are carried over. */
  readonly mask: Pointer
  /** Runs t = time−1 … 0. Row t of every output still belongs to input row t. */
  readonly reverse: boolean
  /** The i, f, o gates use clip(0.2·x + 0.5, 0, 1) instead of the logistic function. */
  readonly hardSigmoid: boolean
  /** h after each step, [batch, time, units]; 0 when only the last state is wanted (inference). */
  readonly out: Pointer
  /** Activated gates i, f, g, o, [batch, time, 4·units]; 0 in inference. */
  readonly gates: Pointer
  /** c after each step, [batch, time, units]; 0 in inference. */
  readonly cells: Pointer
  /** Last h and c, [batch, units]. */
  readonly hLast: Pointer
  readonly cLast: Pointer
  /** x·kernel, [batch, time, gates·units], where it is there already: then inputSize is 0, and x and kernel are not read. */
  readonly projected?: Pointer
}

export interface LstmBackward {
  readonly batch: number
  readonly time: number
  readonly inputSize: number
  readonly units: number
  readonly x: Pointer
  readonly kernel: Pointer
  readonly recurrentKernel: Pointer
  readonly h0: Pointer
  readonly c0: Pointer
  readonly mask: Pointer
  readonly reverse: boolean
  readonly hardSigmoid: boolean
  /** As the forward pass left them. */
  readonly out: Pointer
  readonly gates: Pointer
  readonly cells: Pointer
  /** dL/d(h of each step) [batch, time, units], or 0 */
  readonly dOut: Pointer
  /** dL/d(last h), dL/d(last c), [batch, units], or 0 */
  readonly dhLast: Pointer
  readonly dcLast: Pointer
  /** Scratch for dL/d(gate pre-activations), [batch, time, 4·units]; may be equal to `gates`, which is then lost. */
  readonly dGates: Pointer
  /** Results, each 0 when not wanted. Overwritten, not accumulated. */
  readonly dx: Pointer
  readonly dKernel: Pointer
  readonly dRecurrentKernel: Pointer
  readonly dBias: Pointer
  readonly dh0: Pointer
  readonly dc0: Pointer
}

export interface GruForward {
  readonly batch: number
  readonly time: number
  readonly inputSize: number
  readonly units: number
  /** [batch, time, inputSize] */
  readonly x: Pointer
  /** [inputSize, 3·units], gates z, r, h */
  readonly kernel: Pointer
  /** [units, 3·units] */
  readonly recurrentKernel: Pointer
  /** [2, 3·units] (of x, then of h) with resetAfter, else [3·units]; or 0 */
  readonly bias: Pointer
  /** [batch, units], or 0 for zeros */
  readonly h0: Pointer
  /** int [batch, time], or 0. Where it is 0 the step is skipped: h is carried over. */
  readonly mask: Pointer
  /** Runs t = time−1 … 0. Row t of every output still belongs to input row t. */
  readonly reverse: boolean
  /** The z and r gates use clip(0.2·x + 0.5, 0, 1) instead of the logistic function. */
  readonly hardSigmoid: boolean
  /** The reset gate multiplies h·U_h + c (Keras 3, PyTorch) instead of h before the product (Cho et al. 2014). */
  readonly resetAfter: boolean
  /** h after each step, [batch, time, units]; 0 when only the last state is wanted (inference). */
  readonly out: Pointer
  /** h̃, z, r, and h₋₁·U_h + c (r ⊙ h₋₁ without resetAfter), [batch, time, 4·units]; 0 in inference. */
  readonly gates: Pointer
  /** Last h, [batch, units]. */
  readonly hLast: Pointer
  /** x·kernel, [batch, time, gates·units], where it is there already: then inputSize is 0, and x and kernel are not read. */
  readonly projected?: Pointer
}

export interface GruBackward {
  readonly batch: number
  readonly time: number
  readonly inputSize: number
  readonly units: number
  readonly x: Pointer
  readonly kernel: Pointer
  readonly recurrentKernel: Pointer
  readonly h0: Pointer
  readonly mask: Pointer
  readonly reverse: boolean
  readonly hardSigmoid: boolean
  readonly resetAfter: boolean
  /** As the forward pass left them. */
  readonly out: Pointer
  readonly gates: Pointer
  /** dL/d(h of each step) [batch, time, units], or 0 */
  readonly dOut: Pointer
  /** dL/d(last h), [batch, units], or 0 */
  readonly dhLast: Pointer
  /** Scratch, [batch, time, 4·units]; may be equal to `gates`, which is then lost. */
  readonly dGates: Pointer
  /** Results, each 0 when not wanted. Overwritten, not accumulated. */
  readonly dx: Pointer
  readonly dKernel: Pointer
  readonly dRecurrentKernel: Pointer
  readonly dBias: Pointer
  readonly dh0: Pointer
}

export interface RnnForward {
  readonly batch: number
  readonly time: number
  readonly inputSize: number
  readonly units: number
  /** [batch, time, inputSize] */
  readonly x: Pointer
  /** [inputSize, units] */
  readonly kernel: Pointer
  /** [units, units] */
  readonly recurrentKernel: Pointer
  /** [units], or 0 */
  readonly bias: Pointer
  /** [batch, units], or 0 for zeros */
  readonly h0: Pointer
  /** int [batch, time], or 0. Where it is 0 the step is skipped: h is carried over. */
  readonly mask: Pointer
  /** Runs t = time−1 … 0. Row t of every output still belongs to input row t. */
  readonly reverse: boolean
  /** max(0, x) instead of tanh. */
  readonly relu: boolean
  /** h after each step, [batch, time, units]; 0 when only the last state is wanted (inference). */
  readonly out: Pointer
  /** Last h, [batch, units]. */
  readonly hLast: Pointer
  /** x·kernel, [batch, time, gates·units], where it is there already: then inputSize is 0, and x and kernel are not read. */
  readonly projected?: Pointer
}

export interface RnnBackward {
  readonly batch: number
  readonly time: number
  readonly inputSize: number
  readonly units: number
  readonly x: Pointer
  readonly kernel: Pointer
  readonly recurrentKernel: Pointer
  readonly h0: Pointer
  readonly mask: Pointer
  readonly reverse: boolean
  readonly relu: boolean
  /** As the forward pass left it. */
  readonly out: Pointer
  /** dL/d(h of each step) [batch, time, units], or 0 */
  readonly dOut: Pointer
  /** dL/d(last h), [batch, units], or 0 */
  readonly dhLast: Pointer
  /** Scratch for dL/d(sums), [batch, time, units] */
  readonly dGates: Pointer
  /** Results, each 0 when not wanted. Overwritten, not accumulated. */
  readonly dx: Pointer
  readonly dKernel: Pointer
  readonly dRecurrentKernel: Pointer
  readonly dBias: Pointer
  readonly dh0: Pointer
}
