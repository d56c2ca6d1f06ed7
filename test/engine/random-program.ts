import { internalScope, userScope } from '../../src/autodiff/mode.ts'
import {
  concat,
  customGradient,
  einsum,
  Generator,
  gather,
  grad,
  linear,
  logSumExp,
  noGrad,
  pad,
  roll,
  scatterAdd,
  sort,
  stack,
  type Tensor,
  tensor,
  tril,
  where,
  zeros,
} from '../../src/index.ts'
import { lstm } from '../../src/ops/lstm.ts'
import { leaf, normal } from '../setup/numbers.ts'

/** Thrown by programs on purpose. */
export class Accident extends Error {}

export interface ProgramOptions {
  readonly steps: number
  /** Only functions whose gradients do not jump, so that runs in another precision can be compared. */
  readonly smooth?: boolean
  /** How often built-in and user code throws halfway. */
  readonly accidents?: boolean
}

const halve = customGradient('halve', {
  forward: (x: Tensor) => x.mul(0.5),
  gradient: g => [g.mul(0.5)],
})
const cubeByGrad = customGradient('cubeByGrad', {
  forward: (x: Tensor) => x.tanh().mul(x),
  gradient: (g, [x]) => [grad((y: Tensor) => y.tanh().mul(y).mul(g).sum())(x)],
})

/** A random program: the same seed makes the same decisions whatever the values are, on any device. */
export class RandomProgram {
  private readonly random: Generator
  readonly leaves: Tensor[]
  /** What the program made, oldest first. Some are dropped on the way. */
  readonly pool: Tensor[] = []
  /** Values as they were when the tensor was made. */
  readonly held: { readonly tensor: Tensor; readonly values: readonly number[] }[] = []

  constructor(
    seed: number,
    private readonly options: ProgramOptions,
  ) {
    this.random = new Generator(seed)
    const shapes = [[3, 5], [5], [2, 3, 5], [1, 5], [7, 3], [], [0, 5], [17, 5]]
    this.leaves = shapes.map((shape, i) => leaf(normal(shape, seed * 31 + i)))
  }

  private pick<T>(list: readonly T[]): T {
    return list[this.random.below(list.length)]
  }

  private chance(oneIn: number): boolean {
    return this.random.below(oneIn) === 0
  }

  private any(): Tensor {
    const { pool, leaves } = this
    return pool.length === 0 || this.chance(4) ? this.pick(leaves) : this.pick(pool)
  }

  /** Something that broadcasts with x, made of x: sizes may become 1, leading axes may go. */
  private partner(x: Tensor): Tensor {
    let y = this.any()
    if (y.rank > 0 && x.rank > 0 && y.shape[y.rank - 1] === x.shape[x.rank - 1]) y = y.mean({ axis: 0 })
    if (y.rank === 1 && x.rank > 0 && y.shape[0] === x.shape[x.rank - 1]) return y
    if (x.rank === 0) return y.mean().isNaN().where(0, 0).add(x)
    return x
      .flip({ axis: -1 })
      .sum({ axis: this.random.below(x.rank), keepDims: true })
      .tanh()
  }

  private smoothUnary(x: Tensor): Tensor {
    const names = ['tanh', 'sigmoid', 'relu', 'softplus', 'silu', 'gelu', 'sin', 'neg', 'clone'] as const
    const name = this.pick(names)
    return name === 'relu' && this.options.smooth ? x.sin() : x[name]()
  }

  private rearranged(x: Tensor): Tensor {
    const axis = x.rank === 0 ? 0 : this.random.below(x.rank)
    const axes = [...this.random.permutation(x.rank)]
    switch (this.random.below(10)) {
      case 0:
        return x.reshape([-1])
      case 1:
        return x.permute(axes)
      case 2:
        return x.rank < 3 ? x.expandDims({ axis }) : x.squeeze()
      case 3:
        return x.slice(x.shape.map(size => [this.random.below(size + 1), null, 1 + this.random.below(2)]))
      case 4:
        return x.flip()
      case 5:
        return x.rank === 0 || x.size > 400 ? x : concat([x, this.smoothUnary(x), x], { axis })
      case 6:
        return x.size > 200 || x.rank > 2 ? x : stack([x, x.mul(2)], { axis })
      case 7:
        return x.size > 300
          ? x
          : pad(
              x,
              x.shape.map(() => [this.random.below(3), this.random.below(2)]),
            )
      case 8:
        return roll(x, this.random.below(5) - 2)
      default:
        return x.detach().add(x).mul(0.5)
    }
  }

  private reduced(x: Tensor): Tensor {
    const axis = x.rank === 0 ? undefined : this.random.below(x.rank)
    const options = axis === undefined ? {} : { axis, keepDims: this.chance(2) }
    const isEmpty = axis === undefined ? false : x.shape[axis] === 0
    switch (this.random.below(this.options.smooth ? 4 : 6)) {
      case 0:
        return x.sum(options).tanh()
      case 1:
        return isEmpty ? x : x.mean(options)
      case 2:
        return isEmpty ? x : logSumExp(x, options)
      case 3:
        return x.tanh().prod(options)
      case 4:
        return isEmpty ? x : x.max(options)
      default:
        return x.rank === 0 ? x : sort(x).values
    }
  }

  private composed(x: Tensor): Tensor {
    const flat = x.reshape([-1])
    const rows =
      x.rank === 0 ? x.reshape([1, 1]) : x.reshape([x.size / (x.shape.at(-1) || 1), x.shape.at(-1) ?? 1])
    const wide = rows.shape[1]
    switch (this.random.below(12)) {
      case 0:
        return rows.matmul(rows, { transposeB: true }).tanh()
      case 1:
        return rows.matmul(rows, { transposeA: true }).tanh()
      case 2:
        return rows.softmax()
      case 3:
        return rows.logSoftmax({ axis: this.random.below(2) }).mul(0.1)
      case 4:
        return x.rank === 0 ? x : x.cumsum({ axis: this.random.below(x.rank) }).tanh()
      case 5:
        return tril(rows)
      case 6: {
        if (flat.size === 0) return flat
        const index = Array.from({ length: 5 }, () => this.random.below(flat.size))
        return gather(flat, tensor(index, { dtype: 'int32' }))
      }
      case 7: {
        if (flat.size === 0) return flat
        const index = tensor(
          Array.from({ length: 3 }, () => this.random.below(flat.size)),
          { dtype: 'int32' },
        )
        return scatterAdd(flat, index, gather(flat, index).tanh())
      }
      case 8:
        return einsum('ij,kj->ik', rows, rows.sin()).tanh()
      case 9:
        return linear(rows, rows.sum({ axis: 0 }).tanh().reshape([wide, 1]), tensor([0.5])).tanh()
      case 10: {
        const mask = Array.from({ length: x.size }, () => this.chance(2))
        return where(tensor(mask.map(Number), { shape: x.shape, dtype: 'bool' }), x, this.partner(x))
      }
      default: {
        if (rows.size === 0 || rows.size > 300) return rows
        const [time, features] = rows.shape
        const kernel = normal([features, 12], features).mul(0.3)
        const recurrentKernel = rows.mean().mul(normal([3, 12], 5))
        return lstm({ x: rows.reshape([1, time, features]), kernel, recurrentKernel }).sequence
      }
    }
  }

  /** One operation on something. */
  private operate(): Tensor {
    const x = this.any()
    const small = x.size > 1500 ? x.reshape([-1]).slice([[0, 90]]) : x
    switch (this.random.below(8)) {
      case 0:
        return this.smoothUnary(small)
      case 1:
        return small.mul(this.partner(small)).tanh()
      case 2:
        return this.pick([small.add(this.partner(small)), small.sub(this.partner(small))]).mul(0.7)
      case 3:
      case 4:
        return this.rearranged(small)
      case 5:
        return this.reduced(small)
      case 6:
        return this.pick([halve, cubeByGrad])(small)
      default:
        return this.composed(small)
    }
  }

  /** An operation as user code, as a built-in layer, without gradients, … */
  private step(): Tensor {
    const { accidents = false } = this.options
    const several = (): Tensor => {
      const first = this.operate()
      const second = this.smoothUnary(first).add(first)
      if (accidents && this.chance(4)) throw new Accident()
      return second
    }
    switch (this.random.below(9)) {
      case 0:
        return internalScope(several)
      case 1:
        return internalScope(() => {
          const inner = internalScope(several)
          return userScope([inner], () => {
            const kept = inner.tanh()
            if (this.chance(2)) this.hold(kept)
            if (accidents && this.chance(3)) throw new Accident()
            return kept.mul(inner)
          })
        })
      case 2:
        return noGrad(several)
      default:
        return this.operate()
    }
  }

  private hold(value: Tensor): void {
    if (value.size < 2000) this.held.push({ tensor: value, values: [...value.values()] })
  }

  /** Runs all steps; errors other than accidents come through. */
  forward(): void {
    const { steps } = this.options
    for (let i = 0; i < steps; i++) {
      try {
        const made = this.step()
        this.pool.push(made)
        if (this.chance(3)) this.hold(made)
      } catch (error) {
        if (!(error instanceof Accident)) throw error
      }
      if (this.pool.length > 12) this.pool.splice(this.random.below(this.pool.length), 1)
    }
  }

  /** A number that depends on what is left. */
  loss(): Tensor {
    return this.pool.reduce((sum, x) => (x.size === 0 ? sum : sum.add(x.tanh().mean())), zeros([]))
  }
}
