import { describe, expect, it } from 'vitest'
import { buffersOf, fromWire, toWire } from '../../../src/train/worker/wire-tree.ts'
import { type Tensor, tensor } from '../../../src/index.ts'

describe('a state that goes from thread to thread', () => {
  it('is the same afterwards: tensors, Maps, lists, typed arrays and numbers that JSON does not know', () => {
    const weights = tensor([
      [1, 2],
      [3, Number.NaN],
    ])
    const state = {
      map: new Map<string, Tensor | null>([
        ['weights', weights],
        ['nothing', null],
      ]),
      list: [1, Number.NEGATIVE_INFINITY, 'word', [true]],
      order: Int32Array.of(3, 1, 2),
      ids: tensor([5, 6], { dtype: 'int32' }),
    }
    const wire = toWire(state)
    const buffers = buffersOf(wire)
    expect(buffers).toHaveLength(2)
    const arrived = fromWire(structuredClone(wire, { transfer: buffers })) as typeof state
    expect(arrived.map.get('weights')?.toArray()).toEqual(weights.toArray())
    expect(arrived.map.get('nothing')).toBeNull()
    expect(arrived.list).toEqual(state.list)
    expect(arrived.order).toEqual(state.order)
    expect(arrived.ids.dtype).toBe('int32')
    expect([...arrived.ids.ints()]).toEqual([5, 6])
    expect(weights.toArray()).toEqual([
      [1, 2],
      [3, Number.NaN],
    ])
  })
})
