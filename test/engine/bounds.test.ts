import { beforeAll, describe, expect, it, vi } from 'vitest'
import { Arena } from '../../src/engine/arena.ts'
import { currentEngine } from '../../src/engine/device.ts'
import { full, type Tensor } from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { leaf, normal } from '../setup/numbers.ts'
import { table } from '../ops/table.ts'
import { RandomProgram } from './random-program.ts'

type Block = readonly [pointer: number, bytes: number]

/** Scratch that kernels keep once they have it. */
const kept: Block[] = []

/** Lets the kernels take their workspace, and remembers it. */
function warmUp(): void {
  const { memory } = currentEngine()
  const { arena } = memory
  const allocate = arena.allocate.bind(arena)
  const spy = vi.spyOn(arena, 'allocate').mockImplementation(bytes => {
    const pointer = allocate(bytes)
    if (bytes > 10_000) kept.push([pointer, Arena.blockBytes(bytes)])
    return pointer
  })
  normal([9, 9]).matmul(normal([9, 9]))
  spy.mockRestore()
}

/** Runs `body` and returns the first address that changed outside the blocks that were handed out meanwhile. */
function strayWrite(body: () => void): number | null {
  const { memory } = currentEngine()
  const { arena } = memory
  const blocks: Block[] = [...kept]
  const allocate = arena.allocate.bind(arena)
  const spy = vi.spyOn(arena, 'allocate').mockImplementation(bytes => {
    const pointer = allocate(bytes)
    blocks.push([pointer, Arena.blockBytes(bytes)])
    return pointer
  })
  const before = memory.int.slice(0, arena.highWater >> 2)
  try {
    body()
  } finally {
    spy.mockRestore()
  }
  const after = memory.int.slice(0, before.length)
  for (const [pointer, bytes] of blocks) {
    after.set(before.subarray(pointer >> 2, (pointer + bytes) >> 2), pointer >> 2)
  }
  const changed = after.findIndex((word, i) => word !== before[i])
  return changed < 0 ? null : changed * 4
}

/** An operation and its gradient, by random weights. */
function forwardAndBackward(
  call: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  inputs: Tensor[],
): void {
  const result = call(...inputs)
  const outputs = 'dtype' in result ? [result] : result
  if (!outputs[0].requiresGrad) return
  outputs
    .map((y, i) => y.mul(normal(y.shape, i)).sum())
    .reduce((a, b) => a.add(b))
    .backward(undefined, { createGraph: true })
}

describe.each(devices)('writes on %s', device => {
  useDevice(device)
  beforeAll(warmUp)

  it('are found where they do not belong', () => {
    const neighbour = normal([5]).add(1)
    const { memory } = currentEngine()
    const address = currentEngine().pointer(neighbour.storage)
    expect(strayWrite(() => void memory.int[address >> 2]++)).toBe(address)
    expect(strayWrite(() => neighbour.exp())).toBeNull()
  })

  it('stay within the blocks of an operation: every row of the table', () => {
    full([20_000], 3.5).add(0)
    for (const [name, row] of Object.entries(table)) {
      if ('within' in row) continue
      for (const { call, inputs } of row) {
        const own = inputs.map(x => (x.dtype === 'float32' ? leaf(x) : x))
        expect(
          strayWrite(() => forwardAndBackward(call, own)),
          name,
        ).toBeNull()
      }
    }
  })

  it('stay within the blocks of random programs', () => {
    for (let seed = 0; seed < 4; seed++) {
      const program = new RandomProgram(seed, { steps: 1 })
      for (let step = 0; step < 30; step++) {
        expect(
          strayWrite(() => program.forward()),
          `seed ${seed}, step ${step}`,
        ).toBeNull()
      }
    }
  })
})
