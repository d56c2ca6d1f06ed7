import type { Kernels, Pointer } from '../../kernels/kernels.ts'
import { createGru } from '../../kernels/reference/gru.ts'
import { createRnn } from '../../kernels/reference/rnn.ts'
import type { WasmVariant } from '../../src/engine/wasm.ts'
import { createWasmRecurrent } from '../../src/engine/wasm-recurrent.ts'
import { referenceHeap, type TestHeap, wasmHeap } from './harness.ts'
import { guarded, random } from './lstm-problem.ts'

type Recurrent = Pick<Kernels, 'gruForward' | 'gruBackward' | 'rnnForward' | 'rnnBackward'>
export interface RecurrentDevice {
  readonly heap: TestHeap
  readonly kernels: Recurrent
}

export function referenceDevice(): RecurrentDevice {
  const heap = referenceHeap(64)
  return { heap, kernels: { ...createGru(heap), ...createRnn(heap) } }
}

export function wasmDevice(variant: WasmVariant = 'muladd'): RecurrentDevice {
  const { heap, exports } = wasmHeap(variant)
  return { heap, kernels: createWasmRecurrent(exports, heap) }
}

/** The layers other than LSTM; `unusual` is the hard sigmoid of a GRU, the relu of a simple recurrence. */
export const cells = {
  'GRU, reset after': { gates: 3, biases: 2, resetAfter: true, isGru: true },
  'GRU, reset before': { gates: 3, biases: 1, resetAfter: false, isGru: true },
  'simple recurrence': { gates: 1, biases: 1, resetAfter: false, isGru: false },
} as const
export type CellName = keyof typeof cells

export interface Problem {
  readonly cell: CellName
  readonly batch: number
  readonly time: number
  readonly inputSize: number
  readonly units: number
  readonly reverse: boolean
  readonly unusual: boolean
  readonly x: readonly number[]
  readonly kernel: readonly number[]
  readonly recurrentKernel: readonly number[]
  readonly bias?: readonly number[]
  readonly h0?: readonly number[]
  readonly mask?: readonly number[]
  readonly dOut?: readonly number[]
  readonly dhLast?: readonly number[]
}

export const results = ['out', 'hLast'] as const
export const gradients = ['dx', 'dKernel', 'dRecurrentKernel', 'dBias', 'dh0'] as const
export type Solution = Record<(typeof results)[number] | (typeof gradients)[number], number[]>

export function sizes(p: Problem): Record<keyof Solution | 'gates', number> {
  const { gates, biases, isGru } = cells[p.cell]
  const state = p.batch * p.units
  return {
    out: state * p.time,
    gates: (isGru ? 4 : 1) * state * p.time,
    hLast: state,
    dx: p.x.length,
    dKernel: p.kernel.length,
    dRecurrentKernel: p.recurrentKernel.length,
    dBias: biases * gates * p.units,
    dh0: state,
  }
}

export interface Wanted {
  /** Gradients to ask for; all by default. */
  readonly gradients?: readonly string[]
  /** Let dGates take the place of the gates. */
  readonly inPlace?: boolean
}

/** Forward and backward on a device. */
export function solve({ heap, kernels }: RecurrentDevice, p: Problem, wanted: Wanted = {}): Solution {
  const { isGru, resetAfter } = cells[p.cell]
  const put = (values: readonly number[] | undefined) => (values === undefined ? 0 : heap.put(values))
  const size = sizes(p)
  const spaces = new Map<string, ReturnType<typeof guarded>>()
  const space = (name: keyof Solution | 'gates'): Pointer => {
    const area = guarded(heap, size[name])
    spaces.set(name, area)
    return area.at
  }
  const { batch, time, inputSize, units, reverse, unusual } = p
  const common = {
    ...{ batch, time, inputSize, units, reverse, resetAfter },
    ...{ hardSigmoid: unusual, relu: unusual },
    x: heap.put(p.x),
    kernel: heap.put(p.kernel),
    recurrentKernel: heap.put(p.recurrentKernel),
    h0: put(p.h0),
    mask: p.mask === undefined ? 0 : heap.putInt(p.mask),
    out: space('out'),
    gates: space('gates'),
  }
  const forward = { ...common, bias: put(p.bias), hLast: space('hLast') }
  if (isGru) kernels.gruForward(forward)
  else kernels.rnnForward(forward)
  const asks = (name: (typeof gradients)[number]) =>
    wanted.gradients === undefined || wanted.gradients.includes(name) ? space(name) : 0
  const dGates = wanted.inPlace ? undefined : guarded(heap, size.gates)
  const backward = {
    ...common,
    dOut: put(p.dOut),
    dhLast: put(p.dhLast),
    dGates: dGates?.at ?? common.gates,
    dx: asks('dx'),
    dKernel: asks('dKernel'),
    dRecurrentKernel: asks('dRecurrentKernel'),
    dBias: asks('dBias'),
    dh0: asks('dh0'),
  }
  if (isGru) kernels.gruBackward(backward)
  else kernels.rnnBackward(backward)
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

export interface Options {
  readonly bias?: boolean
  readonly state?: boolean
  readonly mask?: 'pre' | 'post' | 'holes'
  readonly reverse?: boolean
  readonly unusual?: boolean
  readonly from?: readonly ('dOut' | 'dhLast')[]
}

export function problem(
  cell: CellName,
  [batch, time, inputSize, units]: readonly [number, number, number, number],
  options: Options = {},
): Problem {
  const { gates, biases } = cells[cell]
  const draw = random(batch * 7919 + time * 104729 + inputSize * 31 + units)
  const { bias = true, state = true, from = ['dOut', 'dhLast'] } = options
  const perhaps = (wanted: boolean, n: number) => (wanted ? draw(n) : undefined)
  const kept = {
    pre: (b: number, t: number) => t >= time - (b % (time + 1)),
    post: (b: number, t: number) => t < b % (time + 1),
    holes: (b: number, t: number) => (b * 5 + t * 3) % 4 !== 0,
  }
  const keep = options.mask && kept[options.mask]
  return {
    ...{ cell, batch, time, inputSize, units },
    reverse: options.reverse ?? false,
    unusual: options.unusual ?? false,
    x: draw(batch * time * inputSize, 2),
    kernel: draw(inputSize * gates * units, 1 / Math.sqrt(inputSize)),
    recurrentKernel: draw(units * gates * units, 1 / Math.sqrt(units)),
    bias: perhaps(bias, biases * gates * units),
    h0: perhaps(state, batch * units),
    mask: keep && Array.from({ length: batch * time }, (_, row) => +keep(Math.floor(row / time), row % time)),
    dOut: perhaps(from.includes('dOut'), batch * time * units),
    dhLast: perhaps(from.includes('dhLast'), batch * units),
  }
}
