import { describe, expect, it } from 'vitest'
import {
  checkpoint,
  conv1d,
  customGradient,
  dense,
  detectAnomaly,
  dropout,
  embedding,
  eye,
  gather,
  GradientError,
  grad,
  gradcheck,
  gradientsOf,
  hessian,
  jacobian,
  jvp,
  linalg,
  lstm,
  maskedSelect,
  matmul,
  maxPooling1d,
  ones,
  sequential,
  ShapeError,
  sort,
  sparseCategoricalCrossentropy,
  stack,
  type Tensor,
  tensor,
  unique,
  valueAndGrad,
  ValueError,
  vmap,
  type VmapOptions,
  zeros,
} from '../../src/index.ts'
import { registry } from '../../src/ops/define.ts'
import { table } from '../ops/table.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { errorOf } from '../setup/errors.ts'
import { expectClose, int, leaf, normal } from '../setup/numbers.ts'

const row = (x: Tensor, i: number): Tensor => x.slice([[i, i + 1]]).reshape(x.shape.slice(1))

/** What vmap should give: f of each example, stacked. `null` stands for an input that is the same for all. */
function oneByOne(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  axes: readonly (0 | null)[],
): Tensor {
  const size = inputs[axes.indexOf(0)].shape[0]
  return stack(
    Array.from({ length: size }, (_, i) => f(...inputs.map((x, k) => (axes[k] === 0 ? row(x, i) : x)))),
  )
}

function expectMapped(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  axes: readonly (0 | null)[],
) {
  expectClose(vmap(f, { inAxes: axes })(...inputs), oneByOne(f, inputs, axes), 5e-6)
}

const x = normal([4, 3, 2], 1)
const y = normal([4, 2], 2)
const w = normal([2, 5], 3)
const ids = int([
  [1, 1],
  [0, 4],
  [2, 2],
  [3, 0],
])

describe.each(devices)('vmap on %s', device => {
  useDevice(device)

  it.each<[string, (...inputs: Tensor[]) => Tensor, readonly Tensor[], readonly (0 | null)[]]>([
    ['broadcasting', (a, b) => a.mul(b).add(b), [x, y], [0, 0]],
    ['products with a shared matrix', (a, m) => a.matmul(m), [x, w], [0, null]],
    [
      'transposed products',
      (a, m) => matmul(m, a, { transposeA: true, transposeB: true }),
      [x, w],
      [0, null],
    ],
    ['products of matrices and vectors', (a, b) => a.matmul(b), [x, y], [0, 0]],
    ['reductions', a => a.variance({ axis: 0 }).add(a.logSumExp()).add(a.max()).add(a.std()), [x], [0]],
    [
      'movements',
      a =>
        a
          .slice([
            [0, 2],
            [null, null, -1],
          ])
          .transpose()
          .flatten(),
      [x],
      [0],
    ],
    ['ids of a shared table', (m, i) => gather(m, i, { axis: 1 }), [w, ids], [null, 0]],
    ['linear systems', a => linalg.inverse(a.matmul(a, { transposeB: true }).add(eye(3))), [x], [0]],
    ['sorting', a => sort(a, { axis: 0 }).values, [x], [0]],
    ['vmap inside', a => vmap((b: Tensor) => b.square().sum())(a), [x], [0]],
    [
      'vmap over another axis inside',
      (a, m) => vmap((c: Tensor) => a.matmul(c), { inAxes: 1 })(m),
      [x, w],
      [0, null],
    ],
    ['gradients', grad(a => a.pow(3).sum().mul(a.sin().sum())), [x], [0]],
    ['Jacobians', jacobian((a: Tensor) => a.pow(3).mul(a.sin().sum())), [y], [0]],
    ['Hessians', hessian((a: Tensor) => a.pow(3).sum().mul(a.sin().sum())), [y], [0]],
    [
      'tangents',
      (a, v) => jvp((b: Tensor) => b.pow(3).mul(b.sum()), a, v).tangent,
      [y, normal([2])],
      [0, null],
    ],
    ['checkpoints', grad(a => checkpoint((b: Tensor) => b.square().sin(), a).sum()), [y], [0]],
    [
      'gradients of each example by a shared matrix',
      (m, a) => grad((p: Tensor) => a.matmul(p).tanh().square().sum())(m),
      [w, x],
      [null, 0],
    ],
    [
      'gradients of embeddings',
      (m, i) => grad((p: Tensor) => gather(p, i, { axis: 1 }).square().sum())(m),
      [w, ids],
      [null, 0],
    ],
    [
      'gradients of a loss with labels',
      (m, a, labels) =>
        grad((p: Tensor) => sparseCategoricalCrossentropy(a.matmul(p), labels, { fromLogits: true }))(m),
      [
        w,
        x,
        int([
          [0, 1, 2],
          [3, 4, 0],
          [1, 1, 1],
          [2, 2, 0],
        ]),
      ],
      [null, 0, 0],
    ],
  ])('maps %s', (_, f, inputs, axes) => expectMapped(f, inputs, axes))

  it('gives each example the gradients of a model with parameters', () => {
    const model = sequential(
      embedding({ inputDim: 5, outputDim: 3 }),
      conv1d({ filters: 4, kernelSize: 2, activation: 'relu' }),
      maxPooling1d({ poolSize: 1 }),
      lstm({ units: 3 }),
      dense({ units: 2 }),
    )
    const batch = int([
      [1, 2, 3, 0],
      [0, 4, 4, 1],
      [2, 2, 0, 1],
    ])
    model.build([4])
    const parameters = model.parameters()
    const loss = (a: Tensor): Tensor =>
      model
        .forward(a.expandDims({ axis: 0 }))
        .square()
        .sum()
    const got = vmap((a: Tensor) => gradientsOf(loss(a), parameters))(batch)
    parameters.forEach((parameter, k) => {
      expect(got[k].shape).toEqual([3, ...parameter.shape])
      expectClose(got[k], stack([0, 1, 2].map(i => gradientsOf(loss(row(batch, i)), [parameter])[0])), 5e-6)
      expect(parameter.grad).toBeNull()
    })
  })

  it('is differentiated from outside, at both orders', () => {
    const inner = (m: Tensor) => (a: Tensor) =>
      grad((p: Tensor) => a.matmul(p).tanh().sum())(m)
        .square()
        .sum()
    const mapped = (m: Tensor): Tensor => vmap(inner(m))(x).sum()
    const looped = (m: Tensor): Tensor => oneByOne(inner(m), [x], [0]).sum()
    expectClose(grad(mapped)(w), grad(looped)(w), 1e-5)
    const shallow = (m: Tensor): Tensor =>
      vmap((a: Tensor) => a.matmul(m).tanh().sum())(x)
        .square()
        .sum()
    const same = (m: Tensor): Tensor =>
      oneByOne(a => a.matmul(m).tanh().sum(), [x], [0])
        .square()
        .sum()
    expectClose(hessian(shallow)(w), hessian(same)(w), 2e-5)
    gradcheck(
      (a, m) => vmap((r: Tensor) => r.matmul(m).tanh())(a),
      [
        [3, 2],
        [2, 2],
      ],
      { order: 2 },
    )
  })

  it('reaches parameters of a model by backward outside', () => {
    const layer = dense({ units: 2, inputSize: 2 })
    layer.build([2])
    vmap((a: Tensor) => layer.forward(a).sum())(x)
      .sum()
      .backward()
    const [kernel] = layer.parameters()
    const reached = kernel.grad?.data()
    kernel.grad = null
    layer.forward(x).sum().backward()
    expectClose(tensor(reached ?? []), kernel.grad === null ? [] : (kernel.grad as Tensor).data())
  })
})

describe('vmap of every operation', () => {
  const examples = [...registry.keys()].flatMap(name => {
    const found = table[name]
    return found === undefined || 'within' in found
      ? []
      : found
          .map((example, i) => ({ name: `${name} ${i}`, example }))
          .filter(({ example }) => example.inputs.some(input => input.dtype === 'float32'))
  })

  it.each(examples)('$name', ({ example: { call, inputs } }) => {
    const isFloat = inputs.map(input => input.dtype === 'float32')
    const first = (...all: Tensor[]): Tensor => {
      const result = call(...all)
      return 'dtype' in result ? result : result[0]
    }
    const axes = isFloat.map(float => (float ? 0 : null))
    const batch = inputs.map((input, i) => (isFloat[i] ? stack([input, input.mul(0.96875)]) : input))
    const got = vmap(first, { inAxes: axes })(...batch)
    const want = oneByOne(first, batch, axes)
    expect(got.dtype).toBe(want.dtype)
    if (want.dtype !== 'float32') expect(got.toArray()).toEqual(want.toArray())
    else {
      expectClose(got, want, 5e-6)
      const slope = (...all: Tensor[]): Tensor =>
        valueAndGrad((...xs: Tensor[]) =>
          first(...xs)
            .square()
            .sum(),
        )(...all).gradients[0]
      if (isFloat[0]) expectClose(vmap(slope, { inAxes: axes })(...batch), oneByOne(slope, batch, axes), 2e-5)
    }
  })
})

describe('vmap', () => {
  it('takes axes of inputs and gives axes of results', () => {
    const turn = (options: VmapOptions): readonly number[] => vmap((a: Tensor) => a, options)(x).shape
    expect(turn({ inAxes: 1 })).toEqual([3, 4, 2])
    expect(turn({ inAxes: -1, outAxis: 1 })).toEqual([4, 2, 3])
    expect(turn({ outAxis: -1 })).toEqual([3, 2, 4])
  })

  it('gives arrays, and repeats what does not depend on the example', () => {
    const [sums, constant] = vmap((a: Tensor) => [a.sum(), ones([3])])(x)
    expect([sums.shape, constant.shape]).toEqual([[4], [4, 3]])
  })

  it('stops gradients where the function does', () => {
    expectClose(grad((a: Tensor) => vmap((r: Tensor) => r.detach().mul(r))(a).sum())(y), y)
  })

  it('uses gradients of your own', () => {
    const odd = customGradient<[Tensor]>('odd', {
      forward: a => a.square(),
      gradient: (g, [a]) => [g.mul(a).mul(7)],
    })
    expectClose(vmap(grad((a: Tensor) => odd(a).sum()))(y), y.mul(7))
  })

  it('is looked at by detectAnomaly', () => {
    expect(
      errorOf(() => detectAnomaly(() => vmap((a: Tensor) => a.log())(tensor([1, -1])))).message,
    ).toContain('log gave NaN at [1] of [2]')
  })

  it('asks what random numbers mean', () => {
    const layer = dropout({ rate: 0.5 })
    const drop = (a: Tensor): Tensor => layer.forward(a.expandDims({ axis: 0 })).reshape([-1])
    const batch = ones([3, 32])
    expect(errorOf(() => vmap(drop)(batch)).message).toContain('met random numbers')
    const rowsOf = (t: Tensor): string[] => [0, 1, 2].map(i => row(t, i).data().join())
    expect(new Set(rowsOf(vmap(drop, { randomness: 'same' })(batch))).size).toBe(1)
    expect(new Set(rowsOf(vmap(drop, { randomness: 'different' })(batch))).size).toBe(3)
  })

  it.each<[string, () => unknown, new (...facts: never[]) => Error, string]>([
    [
      'numbers read inside',
      () => vmap((a: Tensor) => a.mul(a.sum().item()))(y),
      ValueError,
      'cannot give the numbers',
    ],
    [
      'shapes from numbers',
      () => vmap((a: Tensor) => maskedSelect(a, a.greater(0)))(y),
      ValueError,
      'maskedSelect cannot run inside vmap',
    ],
    ['unique', () => vmap((a: Tensor) => unique(a).counts)(y), ValueError, 'unique cannot run inside vmap'],
    ['no examples', () => vmap((a: Tensor) => a)(zeros([0, 2])), ShapeError, 'at least one example'],
    ['nothing to map', () => vmap((a: Tensor) => a, { inAxes: null })(y), ShapeError, 'an axis of examples'],
    [
      'different numbers of examples',
      () => vmap((a: Tensor, _b: Tensor) => a)(x, zeros([3])),
      ShapeError,
      '4 in [4, 3, 2] and 3 in [3]',
    ],
    ['too few axes', () => vmap((a: Tensor) => a, { inAxes: [] })(y), ValueError, 'got 0 for 1'],
    ['an axis that does not exist', () => vmap((a: Tensor) => a, { inAxes: 2 })(y), ShapeError, 'no axis 2'],
    [
      'an unknown randomness',
      () => vmap((a: Tensor) => a, { randomness: 'some' as never }),
      ValueError,
      '"some"',
    ],
    [
      'accumulation inside',
      () =>
        vmap((a: Tensor) => {
          a.mul(leaf(ones([2])))
            .sum()
            .backward()
          return a
        })(y),
      GradientError,
      'inside vmap',
    ],
  ])('refuses %s', (_, run, kind, text) => {
    const error = errorOf(run)
    expect(error).toBeInstanceOf(kind)
    expect(error.message).toContain(text)
  })

  it('refuses results that are no tensors, and works again after an error', () => {
    expect(errorOf(() => vmap((_: Tensor) => 3 as never)(y)).message).toContain('got number')
    expectClose(vmap((a: Tensor) => a.sum())(y), y.sum({ axis: 1 }))
  })

  it('refuses tensors that left it', () => {
    const kept: Tensor[] = []
    vmap((a: Tensor) => {
      kept.push(a)
      return a
    })(y)
    for (const use of [
      () => kept[0].add(1),
      () => kept[0].data(),
      () => vmap((_: Tensor) => kept[0].add(1))(y),
    ]) {
      expect(errorOf(use).message).toContain('has returned')
    }
  })
})
