import { ShapeError, ValueError } from '../errors.ts'
import { logicalAnd } from '../ops/logic.ts'
import { cast } from '../ops/cast.ts'
import { requireTensor } from '../ops/operand.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { applyModule } from './graph/apply.ts'
import type { SymbolicContext, SymbolicTensor } from './graph/symbolic.ts'
import { describeShape, inLayer, Layer, UNKNOWN } from './layer.ts'
import type { ForwardContext } from './module.ts'

/** A layer that makes one tensor of several: it is applied to a list. */
export abstract class MergeLayer extends Layer {
  /** Fewest tensors that it takes. */
  protected get fewest(): number {
    return 2
  }

  /** Shape of the output without the batch axis, from those of the inputs. */
  protected abstract mergedShape(shapes: readonly Shape[]): Shape

  /** The layer's work on tensors whose shapes fit. */
  protected abstract merge(inputs: readonly Tensor[]): Tensor

  override outputShape(inputShape: Shape): Shape {
    return this.checkedShape([inputShape])
  }

  override outputShapes(inputs: readonly (Shape | null)[]): readonly (Shape | null)[] {
    const known = inputs.filter(shape => shape !== null)
    return [known.length === inputs.length ? this.checkedShape(known) : null]
  }

  override buildFor(): void {}

  override apply(
    inputs: SymbolicTensor | readonly SymbolicTensor[],
    context: SymbolicContext = {},
  ): SymbolicTensor {
    const list: readonly SymbolicTensor[] = Array.isArray(inputs) ? inputs : [inputs as SymbolicTensor]
    return applyModule(this, this.pathName, list, context) as SymbolicTensor
  }

  override forward(x: Tensor | readonly Tensor[], _context: ForwardContext = {}): Tensor {
    return inLayer(
      this.label,
      () => {
        const inputs: readonly Tensor[] = Array.isArray(x) ? x : [x]
        for (const input of inputs) requireTensor(this.label, input)
        this.checkedShape(inputs.map(input => input.shape.slice(1)))
        this.checkBatches(inputs)
        return this.scoped(() => this.merge(inputs))
      },
      this,
    )
  }

  protected override compute(x: Tensor): Tensor {
    return this.merge([x])
  }

  private checkedShape(shapes: readonly Shape[]): Shape {
    if (shapes.length >= this.fewest) return this.mergedShape(shapes)
    throw new ValueError({
      operation: this.label,
      problem: `needs a list of ${this.fewest} or more tensors, got ${shapes.length}.`,
      hint: `for example new ${this.className}().apply([a, b]).`,
      argument: 'inputs',
      received: shapes.length,
    })
  }

  private checkBatches(inputs: readonly Tensor[]): void {
    const batches = inputs.map(({ shape }) => shape[0])
    if (batches.every(batch => batch === batches[0])) return
    throw new ShapeError({
      operation: this.label,
      problem: `needs batches of one size, got ${batches.join(', ')}.`,
      hint: 'the first axis of each input counts the same examples.',
      shapes: inputs.map(({ shape }) => shape),
    })
  }

  /** A step counts where it counts in all inputs. */
  protected mergedMask(_values: readonly Tensor[], masks: readonly (Tensor | null)[]): Tensor | null {
    const given = masks.filter(mask => mask !== null).map(mask => cast(mask, 'bool'))
    return given.length === 0 ? null : given.reduce((all, mask) => logicalAnd(all, mask))
  }

  override masksFor(
    values: readonly Tensor[],
    masks: readonly (Tensor | null)[],
  ): readonly (Tensor | null)[] {
    return [this.mergedMask(values, masks)]
  }
}

/** The shape that all inputs broadcast to; sizes of 1 and missing axes in front give way. */
export function broadcastShapes(label: string, shapes: readonly Shape[]): Shape {
  return shapes.reduce((a, b) => {
    const rank = Math.max(a.length, b.length)
    const at = (shape: Shape, axis: number): number => shape[axis - (rank - shape.length)] ?? 1
    return Array.from({ length: rank }, (_, axis) => {
      const [left, right] = [at(a, axis), at(b, axis)]
      if (left === right || right === 1) return left
      if (left === 1) return right
      if (left === UNKNOWN || right === UNKNOWN) return Math.max(left, right)
      throw new ShapeError({
        operation: label,
        problem: `needs inputs of one shape, got ${shapes.map(describeShape).join(' and ')} (${left} ≠ ${right}).`,
        hint: 'give the layers before it the same number of units.',
        shapes,
      })
    })
  })
}
