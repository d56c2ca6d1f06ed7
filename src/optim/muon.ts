import type { Tensor } from '../tensor/tensor.ts'
import { type AdamSettings, adamSettings, decoupledDecay, runAdam } from './adam.ts'
import { inBlocks } from './blocks.ts'
import type { Updated } from './groups.ts'
import { checkHyperparameter } from './hyperparameters.ts'
import { Optimizer, type OptimizerOptions } from './optimizer.ts'
import { orthogonalize } from './orthogonalize.ts'
import { checkCount, type Schedule } from './schedules/schedule.ts'
import type { Update } from './update.ts'

export interface MuonOptions extends OptimizerOptions {
  /** Default 0.001; one that suits AdamW suits Muon. */
  readonly learningRate?: number | Schedule
  /** μ, default 0.95. */
  readonly momentum?: number
  /** Look ahead along the momentum. Default true. */
  readonly nesterov?: boolean
  /** λ, decoupled, for all parameters. Default 0.1. */
  readonly weightDecay?: number
  /** Turns of the Newton–Schulz iteration. Default 5. */
  readonly iterations?: number
  /** False for a group of matrices that AdamW shall update: embeddings, the last layer. Default true. */
  readonly orthogonal?: boolean
  /** Of AdamW, for all but matrices: default 0.9, 0.999 and 1e-7. */
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
}

type MuonSettings = AdamSettings & Required<Omit<MuonOptions, keyof OptimizerOptions>>

/** Makes the root mean square of a step that of AdamW's (Liu et al. 2025). */
const RMS_OF_ADAMW = 0.2

function settings(options: MuonOptions): MuonSettings {
  const { momentum = 0.95, nesterov = true, iterations = 5, orthogonal = true } = options
  checkHyperparameter('muon', 'momentum', momentum, { from: 0, below: 1 })
  checkCount('muon', 'iterations', iterations)
  return { ...adamSettings('muon', options, 0.1), momentum, nesterov, iterations, orthogonal }
}

const KNOWN = [
  ...['momentum', 'nesterov', 'weightDecay', 'iterations', 'orthogonal'],
  ...['beta1', 'beta2', 'epsilon'],
]

const isMatrix = (parameter: Tensor, { orthogonal }: MuonSettings): boolean =>
  orthogonal && parameter.rank === 2

/**
 * Momentum whose singular values are all made about 1, for matrices (Jordan et al. 2024; scaled as by Liu et al. 2025);
 * AdamW for all other parameters.
 *
 *   m ← μm + (1 − μ)g
 *   O = orthogonalize(μm + (1 − μ)g)              (without nesterov: of m)
 *   p ← (1 − lr·λ)·p − lr · 0.2·√max(rows, cols) · O
 *
 * Embeddings and the last layer do better with AdamW: put them into a group with `orthogonal: false`.
 *
 * @throws ValueError for options out of range
 * @example
 * const optimizer = new Muon([
 *   { parameters: hidden.parameters() },
 *   { parameters: [...embedding.parameters(), ...head.parameters()], orthogonal: false },
 * ], { learningRate: 0.002 })
 */
export class Muon extends Optimizer<MuonSettings, MuonOptions> {
  readonly name = 'muon'

  constructor(parameters: Updated<MuonOptions>, options: MuonOptions = {}) {
    super({ name: 'muon', defaultRate: 0.001, settings, known: KNOWN }, parameters, options)
  }

  protected override slotNames(parameter: Tensor, settings: MuonSettings): readonly string[] {
    return isMatrix(parameter, settings) ? ['momentum'] : ['m', 'v']
  }

  protected override takesRows(parameter: Tensor, settings: MuonSettings): boolean {
    return !isMatrix(parameter, settings)
  }

  protected override update(update: Update<MuonSettings>): void {
    const { engine, parameter, gradient, settings, learningRate } = update
    if (!isMatrix(parameter, settings)) {
      const [m, v] = [update.slotPointer('m'), update.slotPointer('v')]
      runAdam(update, m, v, 0, decoupledDecay(settings, learningRate))
      return
    }
    const { momentum, nesterov, iterations, weightDecay } = settings
    const [rows, cols] = parameter.shape
    const { size } = parameter
    const p = engine.pointerForWrite(parameter.storage)
    const g = engine.pointer(gradient.storage)
    const m = update.slotPointer('momentum')
    const direction = engine.memory.allocate((size << engine.memory.floatShift) + 16)
    try {
      inBlocks(engine, size, [g, m, direction], 0, (math, g, m, direction) => {
        math.mix(m, momentum, g, 1 - momentum)
        math.copy(direction, m)
        if (nesterov) math.mix(direction, momentum, g, 1 - momentum)
      })
      orthogonalize(engine, direction, rows, cols, iterations)
      const rate = learningRate * RMS_OF_ADAMW * Math.sqrt(Math.max(rows, cols))
      engine.kernels.parametric.scale(p, p, size, 1 - learningRate * weightDecay, 0)
      engine.kernels.axpy(p, direction, size, -rate)
    } finally {
      engine.memory.release(direction)
    }
  }
}
