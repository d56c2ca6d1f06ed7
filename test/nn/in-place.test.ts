import { describe, expect, it } from 'vitest'
import { engineOf } from '../../src/engine/device.ts'
import {
  Activation,
  type Conv2D,
  Dense,
  type DeviceName,
  grad,
  Sequential,
  type Tensor,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { normal } from '../setup/numbers.ts'

const activations = ['relu', 'tanh', 'sigmoid'] as const

/** Outputs and gradients of a loss with every element another slope. */
function outcome(layers: readonly (Dense | Conv2D | Activation)[], x: Tensor): Float32Array[] {
  const model = new Sequential(layers)
  const y = model.forward(x)
  y.mul(normal(y.shape, 5)).sum().backward()
  return [y.data(), ...[...model.parameters().values()].map(({ grad }) => grad?.data() ?? new Float32Array())]
}

describe.each(devices)(
  'activations that overwrite what their layer computed, on %s',
  (device: DeviceName) => {
    useDevice(device)
    const bits = device === 'reference64' ? 64 : 32

    it.each(activations)('%s: output and gradients are those of a layer of its own', activation => {
      const x = normal([4, 5, 3])
      const fused = new Dense({ units: 6, inputSize: 3, activation })
      const plain = new Dense({ units: 6, inputSize: 3 })
      plain.loadStateDict(fused.stateDict())
      expect(outcome([fused], x)).toEqual(outcome([plain, new Activation({ activation })], x))
    })

    it('leaves the numbers alone that user code asked for', () => {
      const x = normal([2, 3])
      const layer = new Dense({ units: 4, inputSize: 3, activation: 'relu' })
      const logits = layer.forwardLogits(x)
      const before = logits.data()
      const y = layer.forward(x)
      y.sum().backward()
      expect(logits.data()).toEqual(before)
      expect(y.data()).toEqual(before.map(value => Math.max(value, 0)))
    })

    it.each(activations)('%s: the gradients of its gradients are those of a layer of its own', activation => {
      const fused = new Dense({ units: 4, inputSize: 3, activation })
      const plain = new Dense({ units: 4, inputSize: 3 })
      plain.loadStateDict(fused.stateDict())
      const second = (f: (x: Tensor) => Tensor): number[] => {
        const slope = (v: Tensor): Tensor => grad((u: Tensor) => f(u).square().sum())(v)
        return [
          ...grad((v: Tensor) =>
            slope(v)
              .mul(normal([2, 3], 7))
              .sum(),
          )(normal([2, 3], 1)).data(),
        ]
      }
      const separate = new Activation({ activation })
      expect(second(x => fused.forward(x))).toEqual(second(x => separate.forward(plain.forward(x))))
    })

    it('holds an activation once, and frees what backward is done with', () => {
      const { arena } = engineOf(device).memory
      const layers = Array.from(
        { length: 6 },
        () => new Dense({ units: 64, inputSize: 64, activation: 'relu' }),
      )
      const model = new Sequential(layers)
      const x = normal([500, 64])
      const activation = (500 * 64 * bits) / 8
      model.forward(x).sum().backward()
      const before = arena.inUse
      let peak = 0
      const allocate = arena.allocate.bind(arena)
      arena.allocate = bytes => {
        const pointer = allocate(bytes)
        peak = Math.max(peak, arena.inUse - before)
        return pointer
      }
      try {
        model.forward(x).sum().backward()
      } finally {
        arena.allocate = allocate
      }
      // Six activations, two gradients, and what is small.
      expect(peak).toBeLessThan(9.5 * activation)
    })
  },
)
