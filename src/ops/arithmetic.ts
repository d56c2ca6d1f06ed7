import type { BinaryName } from '../../kernels/kernels.ts'
import { broadcastShapes, sameShape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { runBroadcast } from './broadcast.ts'
import { defineOp, elementsOf, isWritable } from './define.ts'
import type { Elementwise } from './elementwise-types.ts'
import { mapBroadcast, mapLeading } from './map-rules.ts'
import { type Operand, promote, toFloat } from './operand.ts'
import { type Overwriting, overwritingOperations } from './overwrite.ts'

/**
 * dL/da and dL/db from g = dL/d(out), y = out. Shapes may still be broadcast: backward sums them to the operands'.
 */
interface Partials {
  readonly a: (a: Tensor, b: Tensor, g: Tensor, y: Tensor) => Tensor
  readonly b: (a: Tensor, b: Tensor, g: Tensor, y: Tensor) => Tensor
  readonly readsValues?: boolean
}

/** At ties each operand gets half of the gradient (as PyTorch does). */
const share = (wins: Tensor, ties: Tensor, g: Tensor): Tensor =>
  g.mul(wins.cast('float32').add(ties.cast('float32').mul(0.5)))

const PARTIALS: Record<BinaryName, Partials> = {
  add: { a: (_a, _b, g) => g, b: (_a, _b, g) => g, readsValues: false },
  sub: { a: (_a, _b, g) => g, b: (_a, _b, g) => g.neg(), readsValues: false },
  mul: { a: (_, b, g) => g.mul(b), b: (a, _, g) => g.mul(a) },
  div: { a: (_, b, g) => g.div(b), b: (_, b, g, y) => g.mul(y).div(b).neg() },
  maximum: {
    a: (a, b, g) => share(a.greater(b), a.equal(b), g),
    b: (a, b, g) => share(a.less(b), a.equal(b), g),
  },
  minimum: {
    a: (a, b, g) => share(a.less(b), a.equal(b), g),
    b: (a, b, g) => share(a.greater(b), a.equal(b), g),
  },
  pow: {
    // ∂aᵇ/∂a = b·aᵇ⁻¹, and 0 where b = 0 whatever a is.
    a: (a, b, g) => g.mul(b.equal(0).where(0, b.mul(a.pow(b.sub(1))))),
    // ∂aᵇ/∂b = aᵇ·ln a, and 0 where a = 0 and b ≥ 0.
    b: (a, b, g, y) => g.mul(a.equal(0).mul(b.greaterEqual(0)).where(0, y.mul(a.log()))),
  },
  // a mod b = a − b·⌊a/b⌋
  mod: { a: (_a, _b, g) => g, b: (a, b, g, y) => g.mul(a.sub(y).div(b)).neg() },
  atan2: {
    a: (a, b, g) => g.mul(b).div(a.square().add(b.square())),
    b: (a, b, g) => g.mul(a).div(a.square().add(b.square())).neg(),
  },
}

const KEEP: Overwriting = { isFresh: false }

function defineArithmetic(name: BinaryName): Elementwise {
  const partials = PARTIALS[name]
  const op = defineOp<Overwriting>(name, {
    shape: ([a, b]) => broadcastShapes(name, a.shape, b.shape),
    dtype: ([a]) => a.dtype,
    overwrites: ([a, b], { isFresh }, engine) =>
      isFresh && sameShape(a.shape, b.shape) && isWritable(b, engine) ? b : null,
    forward: ([a, b], out, _, engine) => {
      const bytes = a.dtype === 'float32' ? 1 << engine.memory.floatShift : 4
      runBroadcast(elementsOf(engine, a.dtype).binary[name], engine, out, a, b, bytes)
    },
    gradient: ([a, b], g, _, y) => [() => partials.a(a, b, g, y), () => partials.b(a, b, g, y)],
    readsValues: partials.readsValues ?? true,
    map: mapBroadcast,
  })
  overwritingOperations.set(name, op)
  const floatOnly = name === 'div' || name === 'pow' || name === 'atan2'
  return (a: Operand, b: Operand): Tensor =>
    op(floatOnly ? [toFloat(name, a), toFloat(name, b)] : promote(name, a, b), KEEP)
}

/**
 * `a + b`, elementwise with broadcasting. Two int32 tensors give int32, anything else float32.
 *
 * @example add(tensor([1, 2]), 10)   // [11, 12]
 */
export const add = defineArithmetic('add')
/**
 * `a − b`, elementwise with broadcasting.
 *
 * @example sub(tensor([1, 2]), 10)   // [-9, -8]
 */
export const sub = defineArithmetic('sub')
/**
 * `a · b`, elementwise with broadcasting.
 *
 * @example mul(tensor([1, 2]), tensor([3, 4]))   // [3, 8]
 */
export const mul = defineArithmetic('mul')
/**
 * `a / b`, elementwise with broadcasting; always float32. Division by zero gives ±∞ or NaN.
 *
 * @example div(tensor([1, 2]), 4)   // [0.25, 0.5]
 */
export const div = defineArithmetic('div')
/**
 * The larger of `a` and `b`, elementwise with broadcasting. NaN wins; at ties each side gets half the gradient.
 *
 * @example maximum(tensor([-1, 2]), 0)   // [0, 2]
 */
export const maximum = defineArithmetic('maximum')
/**
 * The smaller of `a` and `b`, elementwise with broadcasting. NaN wins; at ties each side gets half the gradient.
 *
 * @example minimum(tensor([-1, 2]), 0)   // [-1, 0]
 */
export const minimum = defineArithmetic('minimum')
/**
 * `a` mod `b` with the sign of `b` (as in Python), elementwise with broadcasting.
 *
 * @example mod(tensor([-1, 5]), 3)   // [2, 2]
 */
export const mod = defineArithmetic('mod')
/**
 * The angle of the point (b, a), in −π … π.
 *
 * @example atan2(tensor([0, 1]), tensor([1, 0]))   // [0, 1.5708]
 */
export const atan2 = defineArithmetic('atan2')
const powTensors = defineArithmetic('pow')

const powScalar = defineOp<{ exponent: number }>('powScalar', {
  shape: ([x]) => x.shape,
  forward: ([x], out, { exponent }, engine) =>
    engine.kernels.parametric.powScalar(
      engine.pointer(out.storage),
      engine.pointer(x.storage),
      x.size,
      exponent,
      0,
    ),
  // d xᵖ/dx = p·xᵖ⁻¹, which is 0 for p = 0 even at x = 0.
  gradient: ([x], g, { exponent }) => [
    () => (exponent === 0 ? g.mul(0) : g.mul(exponent).mul(x.pow(exponent - 1))),
  ],
  map: mapLeading,
})

/**
 * `aᵇ`, elementwise with broadcasting. A number as exponent takes a faster way.
 *
 * @example pow(tensor([1, 2, 3]), 2)   // [1, 4, 9]
 */
export const pow: Elementwise = (a: Operand, b: Operand): Tensor =>
  typeof b === 'number' ? powScalar([toFloat('pow', a)], { exponent: b }) : powTensors(a, b)
