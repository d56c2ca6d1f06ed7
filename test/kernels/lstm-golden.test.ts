import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Problem, referenceDevice, solve, wasmDevice } from './lstm-problem.ts'

describe.each([
  ['reference', referenceDevice],
  ['wasm', () => wasmDevice()],
])('the golden LSTM cases on %s', (_, device) => {
  interface Tensor {
    readonly dtype: 'f32' | 'f64' | 'i32' | 'u8'
    readonly shape: readonly number[]
    readonly b64: string
  }
  type Tensors = Readonly<Record<string, Tensor>>
  interface Case {
    readonly name: string
    readonly op: string
    readonly attrs: Readonly<Record<string, unknown>>
    readonly inputs: Tensors
    readonly params: Tensors
    readonly outputs: Tensors
    readonly cotangents: Tensors
    readonly grads: Tensors
    readonly atol: Readonly<Record<string, number>>
  }

  const load = (file: string): Case[] =>
    JSON.parse(readFileSync(new URL(`../golden/${file}.json`, import.meta.url), 'utf8')).cases
  const decode = ({ dtype, b64 }: Tensor): number[] => {
    const bytes = new Uint8Array(Buffer.from(b64, 'base64')).buffer
    const type = { f32: Float32Array, f64: Float64Array, i32: Int32Array, u8: Uint8Array }[dtype]
    return Array.from(new type(bytes))
  }
  const maybe = (tensor: Tensor | undefined) => tensor && decode(tensor)
  /** values [rows, cols] → [cols, rows] */
  const transposed = (values: readonly number[], rows: number, cols: number): number[] =>
    Array.from({ length: rows * cols }, (_, i) => values[(i % rows) * cols + Math.floor(i / rows)])

  /** The case as a problem of this kernel, with PyTorch's layout turned into ours. */
  function toProblem(c: Case): Problem {
    const keras = c.op === 'keras_lstm'
    const [batch, time, inputSize] = c.inputs.x.shape
    const units = (c.attrs.units ?? c.attrs.hidden_size) as number
    const weight = (name: string, inputs: number) => transposed(decode(c.params[name]), 4 * units, inputs)
    const torchBias = () => {
      const second = decode(c.params.bias_hh_l0)
      return decode(c.params.bias_ih_l0).map((value, i) => value + second[i])
    }
    return {
      batch,
      time,
      inputSize,
      units,
      reverse: false,
      hardSigmoid: false,
      x: decode(c.inputs.x),
      kernel: keras ? decode(c.params.kernel) : weight('weight_ih_l0', inputSize),
      recurrentKernel: keras ? decode(c.params.recurrent_kernel) : weight('weight_hh_l0', units),
      bias: keras ? decode(c.params.bias) : torchBias(),
      h0: maybe(c.inputs.h0),
      c0: maybe(c.inputs.c0),
      mask: (c.attrs.mask as number[][] | undefined)?.flat(),
      dOut: maybe(c.cotangents.out),
      dhLast: maybe(c.cotangents.h_n ?? c.cotangents.h_last),
      dcLast: maybe(c.cotangents.c_n),
    }
  }

  const oneLayer = ({ op, attrs }: Case): boolean =>
    op === 'keras_lstm' ||
    op === 'lstm_masked' ||
    (op === 'lstm' && attrs.num_layers === 1 && attrs.bidirectional === false && attrs.batch_first === true)
  const cases = [...load('layers_rnn'), ...load('keras_layout')].filter(oneLayer)

  it.each(cases.map(c => [c.name, c] as const))('%s', (_, c) => {
    const p = toProblem(c)
    const solution = solve(device(), p)
    const matches = (name: string, actual: readonly number[], expected: readonly number[]): void =>
      expected.forEach((value, i) => {
        const error = Math.abs(actual[i] - value)
        expect(error, `${name}[${i}]`).toBeLessThanOrEqual(c.atol[name] + 1e-5 * Math.abs(value))
      })
    const outputs = { out: solution.out, h_n: solution.hLast, h_last: solution.hLast, c_n: solution.cLast }
    for (const [name, tensor] of Object.entries(c.outputs)) {
      matches(name, outputs[name as keyof typeof outputs], decode(tensor))
    }
    const turned = (values: number[], inputs: number) => transposed(values, inputs, 4 * p.units)
    const grads: Record<string, number[]> = {
      x: solution.dx,
      kernel: solution.dKernel,
      recurrent_kernel: solution.dRecurrentKernel,
      bias: solution.dBias,
      weight_ih_l0: turned(solution.dKernel, p.inputSize),
      weight_hh_l0: turned(solution.dRecurrentKernel, p.units),
      bias_ih_l0: solution.dBias,
      bias_hh_l0: solution.dBias,
      h0: solution.dh0,
      c0: solution.dc0,
    }
    for (const [name, tensor] of Object.entries(c.grads)) matches(`grad.${name}`, grads[name], decode(tensor))
  })
})
