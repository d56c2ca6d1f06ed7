import type { Values } from '../../tools/conform/decode.ts'
import type { Adapters } from '../../tools/conform/golden/call.ts'
import type { Library } from '../../tools/conform/golden/library.ts'
import { float32 } from './values.ts'

/** A tensor with the simplest possible autodiff: it knows how to pass a gradient on. */
interface FakeTensor {
  readonly values: Values
  gradient: FakeTensor | null
  readonly receive: (gradient: readonly number[]) => void
}

function leaf(values: Values, requiresGradient: boolean): FakeTensor {
  const tensor: FakeTensor = {
    values,
    gradient: null,
    receive: gradient => {
      if (!requiresGradient) return
      const before = tensor.gradient?.values.data ?? []
      const sum = gradient.map((value, index) => value + (before[index] ?? 0))
      tensor.gradient = leaf(float32(sum, values.shape), false)
    },
  }
  return tensor
}

function result(values: Values, receive: FakeTensor['receive']): FakeTensor {
  return { values, gradient: null, receive }
}

export const fakeLibrary: Library<FakeTensor> = {
  tensor: leaf,
  read: tensor => tensor.values,
  weightedSum: pairs =>
    result(float32([0], []), ([seed]) => {
      for (const [output, weight] of pairs)
        output.receive(Array.from(weight.values.data, value => value * seed))
    }),
  backward: loss => loss.receive([1]),
  gradient: tensor => tensor.gradient,
}

function scaled(x: FakeTensor, forward: number, backward: number): FakeTensor {
  const values = float32(
    Array.from(x.values.data, value => value * forward),
    x.values.shape,
  )
  return result(values, gradient => x.receive(gradient.map(value => value * backward)))
}

/** Some ops that are right, and some that are wrong in one way each. */
export const fakeAdapters: Adapters<FakeTensor> = {
  double: call => ({ out: scaled(call.input('x'), 2, 2) }),
  doubleAndTriple: call => ({ two: scaled(call.input('x'), 2, 2), three: scaled(call.input('x'), 3, 3) }),
  wrongForward: call => ({ out: scaled(call.input('x'), 2.001, 2) }),
  wrongGradient: call => ({ out: scaled(call.input('x'), 2, 2.001) }),
  noGradient: call => ({ out: result(scaled(call.input('x'), 2, 2).values, () => {}) }),
  wrongName: call => ({ result: scaled(call.input('x'), 2, 2) }),
  throwing: () => {
    throw new RangeError('no such thing')
  },
}
