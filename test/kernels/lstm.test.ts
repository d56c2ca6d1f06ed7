import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Kernels, LstmBackward, LstmForward, Pointer } from '../../kernels/kernels.ts'
import { createGemm } from '../../kernels/reference/gemm.ts'
import { createLstm } from '../../kernels/reference/lstm.ts'
import { createWasmLstm } from '../../src/engine/wasm-lstm.ts'
import { referenceHeap, type TestHeap, wasmHeap } from './harness.ts'

type Lstm = Pick<Kernels, 'lstmForward' | 'lstmBackward'>
interface Device {
  readonly heap: TestHeap
  readonly lstm: Lstm
}

function referenceDevice(): Device {
  const heap = referenceHeap(64)
  return { heap, lstm: createLstm(heap, createGemm(heap)) }
}

function wasmDevice(): Device {
  const { heap, exports } = wasmHeap('muladd')
  return { heap, lstm: createWasmLstm(exports, heap) }
}

interface Problem {
  readonly batch: number
  readonly time: number
  readonly inputSize: number
  readonly units: number
  readonly reverse: boolean
  readonly hardSigmoid: boolean
  readonly x: readonly number[]
  readonly kernel: readonly number[]
  readonly recurrentKernel: readonly number[]
  readonly bias?: readonly number[]
  readonly h0?: readonly number[]
  readonly c0?: readonly number[]
  readonly mask?: readonly number[]
  readonly dOut?: readonly number[]
  readonly dhLast?: readonly number[]
  readonly dcLast?: readonly number[]
}

const results = ['out', 'cells', 'hLast', 'cLast'] as const
const gradients = ['dx', 'dKernel', 'dRecurrentKernel', 'dBias', 'dh0', 'dc0'] as const
type Solution = Record<(typeof results)[number] | (typeof gradients)[number], number[]>

function sizes(p: Problem): Record<keyof Solution | 'gates', number> {
  const state = p.batch * p.units
  return {
    out: state * p.time,
    cells: state * p.time,
    gates: 4 * state * p.time,
    hLast: state,
    cLast: state,
    dx: p.x.length,
    dKernel: p.kernel.length,
    dRecurrentKernel: p.recurrentKernel.length,
    dBias: 4 * p.units,
    dh0: state,
    dc0: state,
  }
}

const guard = 12345

/** Space for n floats with a guard on either side; `check` says whether the guards still stand. */
function guarded(heap: TestHeap, n: number): { at: Pointer; check: () => void } {
  const wall = () => heap.put([guard, guard, guard, guard])
  const before = wall()
  const at = heap.space(n)
  const after = wall()
  return {
    at,
    check: () => {
      for (const pointer of [before, after])
        expect(heap.get(pointer, 4)).toEqual([guard, guard, guard, guard])
    },
  }
}

interface Wanted {
  /** Gradients to ask for; all by default. */
  readonly gradients?: readonly string[]
  /** Let dGates take the place of the gates. */
  readonly inPlace?: boolean
}

/** Forward and backward on a device. */
function solve({ heap, lstm }: Device, p: Problem, wanted: Wanted = {}): Solution {
  const put = (values: readonly number[] | undefined) => (values === undefined ? 0 : heap.put(values))
  const size = sizes(p)
  const spaces = new Map<string, ReturnType<typeof guarded>>()
  const space = (name: keyof Solution | 'gates'): Pointer => {
    const area = guarded(heap, size[name])
    spaces.set(name, area)
    return area.at
  }
  const common = {
    batch: p.batch,
    time: p.time,
    inputSize: p.inputSize,
    units: p.units,
    x: heap.put(p.x),
    kernel: heap.put(p.kernel),
    recurrentKernel: heap.put(p.recurrentKernel),
    h0: put(p.h0),
    c0: put(p.c0),
    mask: p.mask === undefined ? 0 : heap.putInt(p.mask),
    reverse: p.reverse,
    hardSigmoid: p.hardSigmoid,
    out: space('out'),
    gates: space('gates'),
    cells: space('cells'),
  }
  const forward: LstmForward = { ...common, bias: put(p.bias), hLast: space('hLast'), cLast: space('cLast') }
  lstm.lstmForward(forward)
  const asks = (name: (typeof gradients)[number]) =>
    wanted.gradients === undefined || wanted.gradients.includes(name) ? space(name) : 0
  const dGates = wanted.inPlace ? undefined : guarded(heap, size.gates)
  const backward: LstmBackward = {
    ...common,
    dOut: put(p.dOut),
    dhLast: put(p.dhLast),
    dcLast: put(p.dcLast),
    dGates: dGates?.at ?? common.gates,
    dx: asks('dx'),
    dKernel: asks('dKernel'),
    dRecurrentKernel: asks('dRecurrentKernel'),
    dBias: asks('dBias'),
    dh0: asks('dh0'),
    dc0: asks('dc0'),
  }
  lstm.lstmBackward(backward)
  dGates?.check()
  const solution = {} as Solution
  for (const name of [...results, ...gradients]) {
    const area = spaces.get(name)
    area?.check()
    solution[name] = area === undefined ? [] : heap.get(area.at, size[name])
  }
  spaces.get('gates')?.check()
  return solution
}

/** Numbers in −1 … 1 that are float32, from a linear congruence. */
function random(seed: number): (n: number, scale?: number) => number[] {
  let state = seed >>> 0
  return (n, scale = 1) =>
    Array.from({ length: n }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.fround((state / 2 ** 31 - 1) * scale)
    })
}

interface Options {
  readonly bias?: boolean
  readonly state?: boolean
  readonly mask?: 'pre' | 'post' | 'holes'
  readonly reverse?: boolean
  readonly hardSigmoid?: boolean
  readonly from?: readonly ('dOut' | 'dhLast' | 'dcLast')[]
}

function problem(
  batch: number,
  time: number,
  inputSize: number,
  units: number,
  options: Options = {},
): Problem {
  const draw = random(batch * 7919 + time * 104729 + inputSize * 31 + units)
  const { bias = true, state = true, from = ['dOut', 'dhLast', 'dcLast'] } = options
  const perhaps = (wanted: boolean, n: number) => (wanted ? draw(n) : undefined)
  const kept = {
    pre: (b: number, t: number) => t >= time - (b % (time + 1)),
    post: (b: number, t: number) => t < b % (time + 1),
    holes: (b: number, t: number) => (b * 5 + t * 3) % 4 !== 0,
  }
  const keep = options.mask && kept[options.mask]
  return {
    batch,
    time,
    inputSize,
    units,
    reverse: options.reverse ?? false,
    hardSigmoid: options.hardSigmoid ?? false,
    x: draw(batch * time * inputSize, 2),
    kernel: draw(inputSize * 4 * units, 3 / Math.sqrt(inputSize)),
    recurrentKernel: draw(units * 4 * units, 2 / Math.sqrt(units)),
    bias: perhaps(bias, 4 * units),
    h0: perhaps(state, batch * units),
    c0: perhaps(state, batch * units),
    mask: keep && Array.from({ length: batch * time }, (_, row) => +keep(Math.floor(row / time), row % time)),
    dOut: perhaps(from.includes('dOut'), batch * time * units),
    dhLast: perhaps(from.includes('dhLast'), batch * units),
    dcLast: perhaps(from.includes('dcLast'), batch * units),
  }
}

/** Float32 against float64: errors grow with the number of summands, so they are judged by the largest entry. */
function expectClose(actual: Solution, expected: Solution, tolerance: number): void {
  for (const name of [...results, ...gradients]) {
    expect(actual[name].length, name).toBe(expected[name].length)
    const scale = expected[name].reduce((most, value) => Math.max(most, Math.abs(value)), 1)
    let error = 0
    actual[name].forEach((value, i) => {
      const difference = Math.abs(value - expected[name][i])
      if (!(difference <= error)) error = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference
    })
    expect(error / scale, name).toBeLessThan(tolerance)
  }
}

describe('the WebAssembly LSTM agrees with the reference', () => {
  const compare = (p: Problem, wanted?: Wanted) =>
    expectClose(solve(wasmDevice(), p, wanted), solve(referenceDevice(), p, wanted), 5e-6)

  describe.each([1, 3, 4, 5, 8, 16, 64, 100])('%i units', units => {
    it.each([1, 2, 3, 5, 6, 32])('batch %i', batch => {
      for (const time of [1, 2, 7]) {
        for (const inputSize of [1, 9, 64]) compare(problem(batch, time, inputSize, units))
      }
    })
  })

  const options: Record<string, Options> = {
    'without bias': { bias: false },
    'without a first state': { state: false },
    'pre-padded': { mask: 'pre' },
    'post-padded': { mask: 'post' },
    'with holes': { mask: 'holes' },
    'with holes and without a first state': { mask: 'holes', state: false },
    reversed: { reverse: true },
    'reversed without a first state': { reverse: true, state: false },
    'reversed and pre-padded': { reverse: true, mask: 'pre' },
    'with the hard sigmoid': { hardSigmoid: true },
    'gradient of nothing': { from: [] },
    'gradient of out': { from: ['dOut'] },
    'gradient of the last h': { from: ['dhLast'] },
    'gradient of the last c': { from: ['dcLast'] },
    'gradient of the last h, masked': { from: ['dhLast'], mask: 'pre' },
  }
  it.each(Object.keys(options))('%s', name => {
    for (const [batch, units] of [
      [1, 5],
      [2, 8],
      [7, 6],
      [70, 12],
    ]) {
      compare(problem(batch, 5, 10, units, options[name]))
      compare(problem(batch, 5, 10, units, options[name]), { inPlace: true })
    }
  })

  it('over more steps than are projected or summed at once', () => {
    for (const batch of [1, 3]) {
      for (const mask of [undefined, 'holes'] as const) compare(problem(batch, 300, 7, 9, { mask }))
    }
  })

  it.each(gradients)('with only %s wanted', name => {
    for (const batch of [1, 5]) compare(problem(batch, 4, 6, 7, { mask: 'holes' }), { gradients: [name] })
  })

  it('with no steps and with no rows', () => {
    for (const batch of [1, 4]) {
      compare(problem(batch, 0, 3, 5))
      compare(problem(batch, 0, 3, 5, { state: false }))
    }
    compare(problem(0, 3, 3, 5))
  })

  it('passes NaN on in the rows that have it, and only there', () => {
    const p = problem(3, 2, 4, 4)
    const x = p.x.map((value, i) => (i === 0 ? Number.NaN : value))
    const { hLast } = solve(wasmDevice(), { ...p, x })
    const { hLast: clean } = solve(wasmDevice(), p)
    expect(hLast.slice(0, 4)).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN])
    expect(hLast.slice(4)).toEqual(clean.slice(4))
  })

  it('keeps nothing but the last state in inference', () => {
    for (const batch of [1, 2, 6]) {
      const p = problem(batch, 5, 7, 6, { mask: 'holes' })
      const { heap, lstm } = wasmDevice()
      const last = [guarded(heap, batch * 6), guarded(heap, batch * 6)]
      lstm.lstmForward({
        ...p,
        x: heap.put(p.x),
        kernel: heap.put(p.kernel),
        recurrentKernel: heap.put(p.recurrentKernel),
        bias: heap.put(p.bias ?? []),
        h0: heap.put(p.h0 ?? []),
        c0: heap.put(p.c0 ?? []),
        mask: heap.putInt(p.mask ?? []),
        out: 0,
        gates: 0,
        cells: 0,
        hLast: last[0].at,
        cLast: last[1].at,
      })
      const { hLast, cLast } = solve(wasmDevice(), p)
      expect(heap.get(last[0].at, batch * 6)).toEqual(hLast)
      expect(heap.get(last[1].at, batch * 6)).toEqual(cLast)
      for (const { check } of last) check()
    }
  })
})

describe('any split of the work gives the same bits', () => {
  const blockOf = (heap: TestHeap, words: readonly (number | boolean)[]): Pointer =>
    heap.putInt([...words.map(Number), 0])

  /** The raw kernels, with rows and panels cut at the given places, each range with dirty scratch of its own. */
  function split(p: Problem, rowCuts: readonly number[], panelCuts: readonly number[]): number[] {
    const { heap, exports } = wasmHeap('muladd')
    const put = (values: readonly number[] | undefined) => (values === undefined ? 0 : heap.put(values))
    const size = sizes(p)
    const checks: (() => void)[] = []
    const room = (bytes: number): Pointer => {
      const { at, check } = guarded(heap, bytes >> 2)
      checks.push(check)
      return at
    }
    const names = [...results, ...gradients]
    const at = Object.fromEntries(names.map(name => [name, heap.space(size[name])]))
    const gates = heap.space(size.gates)
    const shape = [p.batch, p.time, p.inputSize, p.units]
    const kernels = [heap.put(p.x), heap.put(p.kernel), heap.put(p.recurrentKernel)]
    const state = [put(p.h0), put(p.c0)]
    const way = [p.mask === undefined ? 0 : heap.putInt(p.mask), p.reverse, p.hardSigmoid]
    const saved = [at.out, gates, at.cells]
    const ranges = (cuts: readonly number[]) => cuts.slice(1).map((end, i) => [cuts[i], end] as const)

    const forward = blockOf(heap, [
      ...shape,
      ...kernels,
      put(p.bias),
      ...state,
      ...way,
      ...saved,
      at.hLast,
      at.cLast,
    ])
    heap.int[(forward >>> 2) + 18] = room(exports.lstm_forward_packed_bytes(forward))
    exports.lstm_forward_pack(forward)
    for (const [from, to] of ranges(rowCuts)) {
      exports.lstm_forward_rows(forward, room(exports.lstm_forward_scratch_bytes(forward)), from, to)
    }

    const incoming = [put(p.dOut), put(p.dhLast), put(p.dcLast)]
    const asked = gradients.map(name => at[name])
    const backward = blockOf(heap, [
      ...shape,
      ...kernels,
      ...state,
      ...way,
      ...saved,
      ...incoming,
      gates,
      ...asked,
    ])
    heap.int[(backward >>> 2) + 25] = room(exports.lstm_backward_packed_bytes(backward))
    const scratch = () => room(exports.lstm_backward_scratch_bytes(backward))
    exports.lstm_backward_pack(backward, scratch())
    for (const [from, to] of ranges(rowCuts)) exports.lstm_backward_rows(backward, scratch(), from, to)
    for (const [from, to] of ranges(panelCuts)) {
      const own = room(exports.lstm_kernels_scratch_bytes(backward))
      exports.lstm_backward_kernels(backward, own, from, to)
    }
    for (const check of checks) check()
    return names.flatMap(name => heap.get(at[name], size[name]))
  }

  it.each([
    { batch: 32, units: 20, rows: [0, 17, 18, 32], panels: [0, 3, 10] },
    { batch: 3, units: 7, rows: [0, 1, 3], panels: [0, 1, 2, 4] },
    { batch: 2, units: 9, rows: [0, 1, 2], panels: [0, 5] },
    { batch: 70, units: 4, rows: [0, 63, 70], panels: [0, 1, 2] },
    { batch: 5, units: 1, rows: [0, 4, 5], panels: [0, 1] },
    { batch: 130, units: 3, rows: [0, 1, 130], panels: [0, 1, 2] },
    { batch: 1, units: 37, rows: [0, 1], panels: [0, 4, 19] },
  ])('batch $batch, $units units', ({ batch, units, rows, panels }) => {
    for (const mask of [undefined, 'post'] as const) {
      const p = problem(batch, 65, 11, units, { mask })
      const whole = split(p, [0, batch], [0, Math.ceil(units / 2)])
      expect(whole.every(Number.isFinite)).toBe(true)
      expect(split(p, rows, panels)).toEqual(whole)
    }
  })

  it('and so does a row in a batch of any size', () => {
    const p = problem(6, 5, 7, 10)
    const first = { ...p, batch: 1, x: p.x.slice(0, 35), h0: p.h0?.slice(0, 10), c0: p.c0?.slice(0, 10) }
    expect(
      solve(wasmDevice(), { ...first, dOut: undefined, dhLast: undefined, dcLast: undefined }).out,
    ).toEqual(solve(wasmDevice(), p).out.slice(0, 50))
  })
})

describe('the reference LSTM has the gradient that finite differences say', () => {
  const inputs = {
    dx: 'x',
    dKernel: 'kernel',
    dRecurrentKernel: 'recurrentKernel',
    dBias: 'bias',
    dh0: 'h0',
    dc0: 'c0',
  }

  function expectGradients(p: Problem): void {
    const dot = (a: readonly number[], b: readonly number[] = []) =>
      b.reduce((sum, value, i) => sum + value * a[i], 0)
    const loss = (q: Problem): number => {
      const { out, hLast, cLast } = solve(referenceDevice(), q)
      return dot(out, p.dOut) + dot(hLast, p.dhLast) + dot(cLast, p.dcLast)
    }
    const solution = solve(referenceDevice(), p)
    for (const name of gradients) {
      const input = inputs[name] as keyof Problem
      const values = p[input] as readonly number[]
      for (const i of [0, values.length >> 1, values.length - 1]) {
        const moved = (by: number) => loss({ ...p, [input]: values.map((v, j) => (i === j ? v + by : v)) })
        const step = 1e-5
        expect(solution[name][i], `${name}[${i}]`).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 7)
      }
    }
  }

  const options: Record<string, Options> = {
    plain: {},
    reversed: { reverse: true },
    'with holes': { mask: 'holes' },
    'reversed with holes': { mask: 'holes', reverse: true },
    'with the hard sigmoid': { hardSigmoid: true },
  }
  it.each(Object.keys(options))('%s', name => expectGradients(problem(3, 4, 3, 2, options[name])))
})

describe.each([
  ['reference', referenceDevice],
  ['wasm', wasmDevice],
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
