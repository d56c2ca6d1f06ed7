import type { Pointer } from './kernels.ts'

/** What the whole-sequence recurrent kernels take: LSTM, GRU and the simple recurrence. */

/** What both directions of every recurrence take; gates is 4 in an LSTM, 3 in a GRU, 1 in the simple recurrence. */
interface Recurrence {
  readonly batch: number
  readonly time: number
  readonly inputSize: number
  readonly units: number
  /** [batch, time, inputSize] */
  readonly x: Pointer
  /** [inputSize, gates·units] */
  readonly kernel: Pointer
  /** [units, gates·units] */
  readonly recurrentKernel: Pointer
  /** [batch, units], or 0 for zeros */
  readonly h0: Pointer
  /** int [batch, time], or 0. Where it is 0 the step is skipped: the state is carried over. */
  readonly mask: Pointer
  /** Runs t = time−1 … 0. Row t of every output still belongs to input row t. */
  readonly reverse: boolean
  /** h after each step, [batch, time, units]; 0 when only the last state is wanted (inference). */
  readonly out: Pointer
}

export interface RecurrentForward extends Recurrence {
  /** [gates·units], or 0 */
  readonly bias: Pointer
  /** Last h, [batch, units]. */
  readonly hLast: Pointer
  /** x·kernel, [batch, time, gates·units], where it is there already: then inputSize is 0, and x and kernel are not read. */
  readonly projected?: Pointer
}

/** `out`, and whatever else the forward pass wrote, as it left them. */
export interface RecurrentBackward extends Recurrence {
  /** dL/d(h of each step) [batch, time, units], or 0 */
  readonly dOut: Pointer
  /** dL/d(last h), [batch, units], or 0 */
  readonly dhLast: Pointer
  /** Scratch for dL/d(pre-activations), as large as `gates`, and may be equal to it, which is then lost. */
  readonly dGates: Pointer
  /** Results, each 0 when not wanted. Overwritten, not accumulated. */
  readonly dx: Pointer
  readonly dKernel: Pointer
  readonly dRecurrentKernel: Pointer
  readonly dBias: Pointer
  readonly dh0: Pointer
}

/** The order of the gates is i, f, c, o. */
interface Lstm {
  /** [batch, units], or 0 for zeros */
  readonly c0: Pointer
  /** The i, f, o gates use clip(0.2·x + 0.5, 0, 1) instead of the logistic function. */
  readonly hardSigmoid: boolean
  /** Activated gates i, f, g, o, [batch, time, 4·units]; 0 in inference. */
  readonly gates: Pointer
  /** c after each step, [batch, time, units]; 0 in inference. */
  readonly cells: Pointer
}

export interface LstmForward extends RecurrentForward, Lstm {
  /** Last c, [batch, units]. */
  readonly cLast: Pointer
}

export interface LstmBackward extends RecurrentBackward, Lstm {
  /** dL/d(last c), [batch, units], or 0 */
  readonly dcLast: Pointer
  readonly dc0: Pointer
}

/** The order of the gates is z, r, h. */
interface Gru {
  /** The z and r gates use clip(0.2·x + 0.5, 0, 1) instead of the logistic function. */
  readonly hardSigmoid: boolean
  /**
   * The reset gate multiplies h·U_h + c (Keras 3, PyTorch) instead of h before the product (Cho et al. 2014).
   * The bias is then [2, 3·units] (of x, then of h).
   */
  readonly resetAfter: boolean
  /** h̃, z, r, and h₋₁·U_h + c (r ⊙ h₋₁ without resetAfter), [batch, time, 4·units]; 0 in inference. */
  readonly gates: Pointer
}

export interface GruForward extends RecurrentForward, Gru {}

export interface GruBackward extends RecurrentBackward, Gru {}

interface Rnn {
  /** max(0, x) instead of tanh. */
  readonly relu: boolean
}

export interface RnnForward extends RecurrentForward, Rnn {}

/** Keeps no gates: `dGates` is [batch, time, units]. */
export interface RnnBackward extends RecurrentBackward, Rnn {}
