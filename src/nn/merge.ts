import { add, div, maximum, minimum, mul, sub } from '../ops/arithmetic.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { ValueError } from '../errors.ts'
import { BUILT_IN, type LayerOptions } from './layer.ts'
import { broadcastShapes, MergeLayer } from './merge-layer.ts'
import { refuseUnknown } from './options.ts'

/** A merge element by element; inputs broadcast to each other. */
abstract class ElementwiseMerge extends MergeLayer {
  constructor(options: LayerOptions = {}) {
    refuseUnknown(new.target.className, options, ['name'])
    super(options)
  }

  protected override mergedShape(shapes: readonly Shape[]): Shape {
    return broadcastShapes(this.label, shapes)
  }
}

/**
 * The sum of its inputs, element by element: y = x₁ + x₂ + …
 *
 *   a list of [batch, ...] → [batch, ...]
 *
 * @throws ShapeError for shapes that do not broadcast to each other
 * @example new Add().apply([x, hidden])
 */
export class Add extends ElementwiseMerge {
  static override readonly className: string = 'Add'
  static readonly [BUILT_IN] = true

  protected override merge(inputs: readonly Tensor[]): Tensor {
    return inputs.reduce((sum, x) => add(sum, x))
  }
}

/** The difference of its two inputs: y = x₁ − x₂. */
export class Subtract extends ElementwiseMerge {
  static override readonly className: string = 'Subtract'
  static readonly [BUILT_IN] = true

  protected override mergedShape(shapes: readonly Shape[]): Shape {
    if (shapes.length === 2) return super.mergedShape(shapes)
    throw new ValueError({
      operation: this.label,
      problem: `takes two tensors, got ${shapes.length}.`,
      hint: 'for example new Subtract().apply([a, b]).',
      argument: 'inputs',
      received: shapes.length,
    })
  }

  protected override merge([a, b]: readonly Tensor[]): Tensor {
    return sub(a, b)
  }
}

/** The product of its inputs, element by element: y = x₁ ⊙ x₂ ⊙ … */
export class Multiply extends ElementwiseMerge {
  static override readonly className: string = 'Multiply'
  static readonly [BUILT_IN] = true

  protected override merge(inputs: readonly Tensor[]): Tensor {
    return inputs.reduce((product, x) => mul(product, x))
  }
}

/** The mean of its inputs, element by element. */
export class Average extends ElementwiseMerge {
  static override readonly className: string = 'Average'
  static readonly [BUILT_IN] = true

  protected override merge(inputs: readonly Tensor[]): Tensor {
    return div(
      inputs.reduce((sum, x) => add(sum, x)),
      inputs.length,
    )
  }
}

/** The largest of its inputs, element by element. */
export class Maximum extends ElementwiseMerge {
  static override readonly className: string = 'Maximum'
  static readonly [BUILT_IN] = true

  protected override merge(inputs: readonly Tensor[]): Tensor {
    return inputs.reduce((largest, x) => maximum(largest, x))
  }
}

/** The smallest of its inputs, element by element. */
export class Minimum extends ElementwiseMerge {
  static override readonly className: string = 'Minimum'
  static readonly [BUILT_IN] = true

  protected override merge(inputs: readonly Tensor[]): Tensor {
    return inputs.reduce((smallest, x) => minimum(smallest, x))
  }
}
