import { afterEach, describe, expect, it } from 'vitest'
import { internalScope } from '../../src/autodiff/mode.ts'
import { currentEngine } from '../../src/engine/device.ts'
import { customGradient, type DeviceName, full, type Tensor, tensor, withDevice } from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { type ProgramOptions, RandomProgram } from './random-program.ts'

const PROGRAMS = 60

interface Outcome {
  readonly held: readonly (readonly number[])[]
  readonly gradients: readonly (readonly number[])[]
}

const valuesOf = (tensors: readonly (Tensor | null)[]): number[][] =>
  tensors.map(x => (x === null ? [] : [...x.values()]))

/** Backward in one of three ways: twice over a retained graph, through the gradients as well, or plainly. */
function differentiate(program: RandomProgram, seed: number): number[][] {
  const { leaves } = program
  const loss = program.loss()
  if (!loss.requiresGrad) return []
  const isSecondOrder = seed % 3 === 1
  loss.backward(undefined, { retainGraph: seed % 3 !== 2, createGraph: isSecondOrder })
  const first = valuesOf(leaves.map(x => x.grad))
  if (seed % 3 === 0) loss.backward()
  if (isSecondOrder) {
    const lengths = leaves.flatMap(x => (x.grad?.requiresGrad ? [x.grad.square().sum()] : []))
    if (lengths.length > 0) lengths.reduce((a, b) => a.add(b)).backward()
  }
  return [...first, ...valuesOf(leaves.map(x => x.grad))]
}

/** Runs a program; what it held must be as it was when it was made. */
function run(seed: number, options: ProgramOptions): Outcome {
  const program = new RandomProgram(seed, options)
  program.forward()
  const gradients = differentiate(program, seed)
  const held = valuesOf(program.held.map(({ tensor: x }) => x))
  expect(held).toEqual(program.held.map(({ values }) => values))
  // Views of a leaf change with it from here on.
  for (const x of program.leaves) if (x.grad !== null) x.assign(x.detach().sub(x.grad.mul(0.01)))
  return { held, gradients: [...gradients, ...valuesOf(program.leaves)] }
}

/** Leaves NaN wherever the next blocks will lie. */
function spoilFreeMemory(): void {
  for (let i = 1; i < 100; i++) internalScope(() => full([((i * 37) % 900) + 1], Number.NaN).add(0))
}

/** The largest difference, relative to the largest number of each list (at least 1). */
function distance(a: Outcome['held'], b: Outcome['held']): number {
  let worst = 0
  for (const [i, list] of a.entries()) {
    const scale = b[i].reduce((most, value) => Math.max(most, Math.abs(value) || 0), 1)
    for (const [j, value] of list.entries()) {
      if (Object.is(value, b[i][j])) continue
      const error = Math.abs(value - b[i][j]) / scale
      worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error)
    }
  }
  return worst
}

describe.each(devices)('random programs on %s', device => {
  useDevice(device)
  const engine = () => currentEngine()
  afterEach(() => {
    engine().budget = 256 << 20
    engine().mostUnowned = 1 << 12
  })

  it('give the same bits whatever lies in free memory and however often it is evicted', () => {
    for (let seed = 0; seed < PROGRAMS; seed++) {
      const options = { steps: 30, accidents: seed % 4 === 0 }
      const want = run(seed, options)
      spoilFreeMemory()
      expect(run(seed, options), `seed ${seed}`).toEqual(want)
      const { budget, mostUnowned } = engine()
      engine().budget = 0
      engine().mostUnowned = seed % 3
      expect(run(seed, options), `seed ${seed}, evicting`).toEqual(want)
      engine().budget = budget
      engine().mostUnowned = mostUnowned
    }
  })

  it('give what they give in double precision', () => {
    const runOn = (name: DeviceName, seed: number): Outcome =>
      withDevice(name, () => run(seed, { steps: 30, smooth: true }))
    for (let seed = 0; seed < PROGRAMS; seed++) {
      const [got, want] = [runOn(device, seed), runOn('reference64', seed)]
      expect(distance(got.held, want.held), `seed ${seed}`).toBeLessThan(1e-3)
      expect(distance(got.gradients, want.gradients), `seed ${seed}`).toBeLessThan(1e-3)
    }
  })

  it('leave nothing in memory, also when layers, losses and gradients throw', () => {
    const boom = customGradient('boom', {
      forward: (x: Tensor) => x.mul(2),
      gradient: () => {
        throw new RangeError('boom')
      },
    })
    const runAll = (): number => {
      for (let seed = 0; seed < PROGRAMS; seed++) {
        const program = new RandomProgram(seed, { steps: 30, accidents: true })
        program.forward()
        const loss = program.loss()
        const whole = loss.add(program.leaves[1].sum())
        if (seed % 2 === 0) expect(() => boom(whole).add(loss).backward()).toThrow('boom')
        else whole.backward()
      }
      engine().budget = 0
      engine().mostUnowned = 0
      tensor([1]).add(1)
      engine().beginOperation()
      expect(engine().memoryInfo().unownedBytes).toBe(0)
      return engine().memoryInfo().inUse
    }
    const first = runAll()
    expect(runAll()).toBe(first)
  })
})
