import { lifetime } from '../engine/lifetime.ts'
import { currentEngine } from '../engine/device.ts'
import { GradientError, ShapeError } from '../errors.ts'
import { formatShape, sameShape, type Shape } from '../tensor/shape.ts'
import { isMappedTensor, throughExamples } from '../tensor/mapped.ts'
import { Tensor } from '../tensor/tensor.ts'
import { at, defineOp, elementsOf } from './define.ts'
import { cast } from './cast.ts'
import { mapLeading } from './map-rules.ts'
import { requireTensor } from './operand.ts'

/**
 * The same numbers without their history: no gradient flows through. Nothing is copied.
 *
 * @example detach(tensor([1, 2], { requiresGrad: true })).requiresGrad   // false
 */
export function detach<S extends Shape>(x: Tensor<S>): Tensor<S> {
  requireTensor('detach', x)
  if (isMappedTensor(x)) return throughExamples(x, detach) as Tensor<S>
  if (lifetime.mode === 'user') x.storage.visible = true
  return new Tensor(x.storage, x.shape)
}

const copyOp = defineOp<null>('clone', {
  shape: ([x]) => x.shape,
  dtype: ([x]) => x.dtype,
  forward: ([x], out, _, engine) => elementsOf(engine, x.dtype).copy(at(engine, out), at(engine, x), x.size),
  gradient: (_, g) => [() => g],
  readsValues: false,
  map: mapLeading,
})

/**
 * A copy with storage of its own; gradients flow through.
 *
 * @example clone(tensor([1, 2]))   // [1, 2]
 */
export const clone = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  copyOp([requireTensor('clone', x)], null) as Tensor<S>

/**
 * Overwrites a leaf's numbers in place, as an optimizer does. A later backward through values computed from the old
 * ones throws.
 *
 * @throws ShapeError for another shape; GradientError for a tensor that was computed
 * @example assign(weights, weights.mul(0.5))   // halves the weights in place
 */
export function assign(target: Tensor, value: Tensor): void {
  requireTensor('assign', target)
  requireTensor('assign', value)
  if (!sameShape(target.shape, value.shape)) {
    throw new ShapeError({
      operation: 'assign',
      problem: `needs equal shapes, got ${formatShape(value.shape)} for ${formatShape(target.shape)}.`,
      hint: 'reshape the new values first.',
      shapes: [target.shape, value.shape],
    })
  }
  if (target.node !== null) {
    throw new GradientError({
      operation: 'assign',
      problem: `overwrites leaves only; this tensor ${formatShape(target.shape)} was computed by ${target.node.rule.name}.`,
      hint: 'detach() it, or assign to the parameter that it came from.',
    })
  }
  const source = cast(value, target.dtype)
  const engine = currentEngine()
  engine.beginOperation()
  const from = engine.pointer(source.storage)
  elementsOf(engine, target.dtype).copy(engine.pointerForWrite(target.storage), from, target.size)
}
