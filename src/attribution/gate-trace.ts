import { noGrad } from '../autodiff/mode.ts'
import { type DataInput, toRows } from '../data/rows.ts'
import { ValueError } from '../errors.ts'
import { LSTM } from '../nn/lstm.ts'
import type { Module } from '../nn/module.ts'
import { refuseUnknown } from '../nn/options.ts'
import { observeLayers } from '../nn/path.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'

export interface GateTraceOptions {
  /** Name of the LSTM. Default: the first one that the model runs. */
  readonly layer?: string
}

/** What an LSTM does at each step, each [batch, time, units] in row order. */
export interface GateTrace {
  readonly shape: readonly [batch: number, time: number, units: number]
  /** Input gate: how much of the candidate is let in. */
  readonly input: Float32Array
  /** Forget gate: how much of the old cell is kept. */
  readonly forget: Float32Array
  /** Candidate. */
  readonly candidate: Float32Array
  /** Output gate: how much of the cell is shown. */
  readonly output: Float32Array
  readonly cell: Float32Array
  readonly hidden: Float32Array
}

/**
 * The gates of an LSTM at every step of an input:
 *
 *   i, f, o = σ(xₜW + hₜ₋₁U + b)    c̃ = tanh(…)    cₜ = f·cₜ₋₁ + i·c̃    hₜ = o·tanh(cₜ)
 *
 * @throws ValueError for a model that runs no LSTM (of that name)
 * @example
 * const model = sequential(lstm({ units: 4, inputSize: 2 }), dense({ units: 1 }))
 * gateTrace(model, [[[1, 2], [3, 4], [5, 6]]]).shape   // [1, 3, 4]
 */
export function gateTrace(model: Module<Tensor>, x: DataInput, options: GateTraceOptions = {}): GateTrace {
  refuseUnknown('gateTrace', options, ['layer'])
  const rows = toRows('gateTrace', 'x', x)
  const input = fromCold(rows.values, [rows.count, ...rows.shape], rows.dtype)
  const names: string[] = []
  let found: { layer: LSTM; values: Tensor } | null = null
  noGrad(() =>
    observeLayers(
      ({ layer, input: given }, body) => {
        if (layer instanceof LSTM && given !== null) {
          names.push(layer.name)
          const isWanted = options.layer === undefined || layer.name === options.layer
          // A copy: the layer's own input is gone when the model has run.
          if (isWanted && found === null)
            found = { layer, values: fromCold(given.values(), given.shape, given.dtype) }
        }
        return body()
      },
      () => model.forward(input),
    ),
  )
  if (found === null) {
    const wanted = options.layer === undefined ? 'no LSTM' : `no LSTM "${options.layer}"`
    throw new ValueError({
      operation: 'gateTrace',
      problem: `ran ${wanted}.`,
      hint: names.length === 0 ? 'it explains models with an LSTM layer.' : `there are ${names.join(', ')}.`,
      argument: 'layer',
      received: options.layer,
    })
  }
  const { layer, values } = found as { layer: LSTM; values: Tensor }
  return noGrad(() => trace(layer, values))
}

function trace(layer: LSTM, x: Tensor): GateTrace {
  const [batch, time] = x.shape
  const { units, kernel, recurrentKernel, bias, recurrentBias = null } = layer
  const { recurrentActivation = 'sigmoid', goBackwards = false } = layer.config()
  const empty = () => new Float32Array(batch * time * units)
  const result = {
    input: empty(),
    forget: empty(),
    candidate: empty(),
    output: empty(),
    cell: empty(),
    hidden: empty(),
  }
  let state: { readonly h: Tensor; readonly c: Tensor } | null = null
  for (let i = 0; i < time; i++) {
    const t = goBackwards === true ? time - 1 - i : i
    const step = x
      .slice([
        [0, batch],
        [t, t + 1],
      ])
      .reshape([batch, x.shape[2]])
    let sum = step.matmul(kernel)
    if (state !== null) sum = sum.add(state.h.matmul(recurrentKernel))
    for (const more of [bias, recurrentBias]) if (more !== null) sum = sum.add(more)
    const gate = (number: number): Tensor =>
      sum.slice([
        [0, batch],
        [number * units, (number + 1) * units],
      ])
    const squash = (gates: Tensor): Tensor =>
      recurrentActivation === 'hardSigmoid'
        ? gates.mul(0.2).add(0.5).clip({ min: 0, max: 1 })
        : gates.sigmoid()
    state = layer.step(step, state)
    const steps = {
      input: squash(gate(0)),
      forget: squash(gate(1)),
      candidate: gate(2).tanh(),
      output: squash(gate(3)),
      cell: state.c,
      hidden: state.h,
    }
    for (const [name, tensor] of Object.entries(steps)) {
      const into = result[name as keyof typeof result]
      const from = tensor.values()
      for (let row = 0; row < batch; row++) {
        into.set(from.subarray(row * units, (row + 1) * units), (row * time + t) * units)
      }
    }
  }
  return { shape: [batch, time, units], ...result }
}
