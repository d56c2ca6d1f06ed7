import { expect } from 'vitest'
import type { Kernels, Pointer } from '../../kernels/kernels.ts'
import type { LstmBackward, LstmForward } from '../../kernels/recurrent.ts'
import { createGemm } from '../../kernels/reference/gemm.ts'
import { createLstm } from '../../kernels/reference/lstm.ts'
import { hasRelaxedSimd, type WasmVariant } from '../../src/engine/wasm.ts'
import { createWasmRecurrent } from '../../src/engine/wasm-recurrent.ts'
import { referenceHeap, type TestHeap, wasmHeap } from './harness.ts'

type Lstm = Pick<Kernels, 'lstmForward' | 'lstmBackward'>
export interface Device {
  readonly heap: TestHeap
  readonly lstm: Lstm
}

export function referenceDevice(): Device {
  const heap = referenceHeap(64)
  return { heap, lstm: createLstm(heap, createGemm(heap)) }
}

export const variants: readonly WasmVariant[] = hasRelaxedSimd() ? ['muladd', 'relaxed'] : ['muladd']

export function wasmDevice(variant: WasmVariant = 'muladd'): Device {
  const { heap, exports } = wasmHeap(variant)
  return { heap, lstm: createWasmRecurrent(exports, heap) }
}

export interface Problem {
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

export const results = ['out', 'cells', 'hLast', 'cLast'] as const
export const gradients = ['dx', 'dKernel', 'dRecurrentKernel', 'dBias', 'dh0', 'dc0'] as const
export type Solution = Record<(typeof results)[number] | (typeof gradients)[number], number[]>

export function sizes(p: Problem): Record<keyof Solution | 'gates', number> {
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
export function guarded(heap: TestHeap, n: number): { at: Pointer; check: () => void } {
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

export interface Wanted {
  /** Gradients to ask for; all by default. */
  readonly gradients?: readonly string[]
  /** Let dGates take the place of the gates. */
  readonly inPlace?: boolean
}

/** Forward and backward on a device. */
export function solve({ heap, lstm }: Device, p: Problem, wanted: Wanted = {}): Solution {
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
export function random(seed: number): (n: number, scale?: number) => number[] {
  let state = seed >>> 0
  return (n, scale = 1) =>
    Array.from({ length: n }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.fround((state / 2 ** 31 - 1) * scale)
    })
}

export interface Options {
  readonly bias?: boolean
  readonly state?: boolean
  readonly mask?: 'pre' | 'post' | 'holes'
  readonly reverse?: boolean
  readonly hardSigmoid?: boolean
  readonly from?: readonly ('dOut' | 'dhLast' | 'dcLast')[]
}

export function problem(
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
