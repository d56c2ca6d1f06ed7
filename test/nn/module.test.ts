import { describe, expect, it } from 'vitest'
import {
  BuildError,
  Dense,
  DTypeError,
  dense,
  dropout,
  embedding,
  flatten,
  lstm,
  manualSeed,
  Module,
  ones,
  Parameter,
  ShapeError,
  Sequential,
  sequential,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { errorOf } from '../setup/errors.ts'

class Twin extends Module {
  readonly scale = new Parameter(ones([1]))
  readonly blocks = [dense({ units: 3, inputSize: 2 }), dense({ units: 2, inputSize: 3 })]
  readonly extras = [new Parameter(zeros([4]))]
  readonly again = this.blocks[0]
  readonly label = 'not a child'

  forward(x: Tensor): Tensor {
    return this.blocks.reduce((value, block) => block.forward(value), x).mul(this.scale)
  }
}

describe.each(devices)('Module on %s', device => {
  useDevice(device)

  it('finds parameters in fields and arrays, and lists a shared one once', () => {
    expect([...new Twin().namedParameters().keys()]).toEqual([
      'scale',
      'blocks.0.kernel',
      'blocks.0.bias',
      'blocks.1.kernel',
      'blocks.1.bias',
      'extras.0',
    ])
    expect(new Twin().parameters()).toHaveLength(6)
  })

  it('copies its state: later training does not change it, nor does changing it change the module', () => {
    const twin = new Twin()
    const state = twin.stateDict()
    const before = state.get('scale')?.data()
    twin.scale.assign(tensor([7]))
    expect(state.get('scale')?.data()).toEqual(before)
    state.get('extras.0')?.assign(ones([4]))
    expect(twin.extras[0].data()).toEqual(new Float32Array(4))
  })

  it('takes its own state back', () => {
    manualSeed(1)
    const [a, b] = [new Twin(), new Twin()]
    b.loadStateDict(a.stateDict())
    const x = tensor([[1, 2]])
    expect(b.forward(x).data()).toEqual(a.forward(x).data())
  })

  it('switches all parts between training and evaluation', () => {
    const model = sequential(dropout({ rate: 0.5 }), sequential(dropout({ rate: 0.1 })))
    expect(model.training).toBe(true)
    model.eval()
    const inner = model.layers[1] as Sequential
    expect([model, inner, ...inner.layers].map(part => part.training)).toEqual([false, false, false])
    model.train()
    expect(inner.layers[0].training).toBe(true)
  })

  it('forgets gradients, and gives their memory back', () => {
    const twin = new Twin()
    twin
      .forward(tensor([[1, 2]]))
      .sum()
      .backward()
    expect(twin.scale.grad?.shape).toEqual([1])
    twin.zeroGrad()
    expect(twin.parameters().every(parameter => parameter.grad === null)).toBe(true)
    expect(() => sequential(dense({ units: 2 })).zeroGrad()).not.toThrow()
  })

  describe('loadStateDict', () => {
    const bad: [string, (state: Map<string, Tensor>) => void, new (facts: never) => Error, RegExp][] = [
      ['a missing name', s => s.delete('scale'), ValueError, /missing: "scale"; unknown: none/],
      ['an unknown name', s => s.set('scael', ones([1])), ValueError, /missing: none; unknown: "scael"/],
      ['another shape', s => s.set('extras.0', ones([5])), ShapeError, /"extras\.0" needs \[4\], got \[5\]/],
      [
        'another element type',
        s => s.set('extras.0', tensor([1, 2, 3, 4], { dtype: 'int32' })),
        DTypeError,
        /"extras\.0" needs float32, got int32/,
      ],
      ['an array', s => s.set('scale', [1] as never), DTypeError, /"scale" takes tensors, got an array/],
    ]
    it.each(bad)('refuses %s and changes nothing', (_, damage, kind, message) => {
      const twin = new Twin()
      const before = twin.stateDict()
      const state = new Map([...before].map(([name, value]) => [name, value.add(1)]))
      damage(state)
      const error = errorOf(() => twin.loadStateDict(state))
      expect(error).toBeInstanceOf(kind)
      expect(error.message).toMatch(message)
      for (const [name, value] of twin.stateDict()) expect(value.data()).toEqual(before.get(name)?.data())
    })

    const classifier = (): Sequential =>
      new Sequential(
        [
          embedding({ inputDim: 9, outputDim: 4 }),
          sequential(lstm({ units: 5, returnSequences: true }), dropout({ rate: 0.2 })),
          lstm({ units: 3 }),
          dense({ units: 2 }),
        ],
        { name: 'text' },
      )

    it('builds a model that has not met a batch from the shapes', () => {
      const source = classifier()
      const x = tensor([[1, 2, 3]], { dtype: 'int32' })
      source.eval().forward(x)
      const target = classifier().eval() as Sequential
      target.loadStateDict(source.stateDict())
      expect(target.forward(x).data()).toEqual(source.forward(x).data())
    })

    it('leaves a model unbuilt when the state does not fit', () => {
      const source = classifier()
      source.forward(tensor([[1, 2, 3]], { dtype: 'int32' }))
      const state = source.stateDict()
      state.set('dense.kernel', ones([4, 2]))
      state.delete('dense.bias')
      const target = classifier()
      expect(() => target.loadStateDict(state)).toThrow(/missing: "dense\.bias"/)
      expect(() => target.stateDict()).toThrow(BuildError)
      target.loadStateDict(source.stateDict())
      expect(target.stateDict().get('dense.kernel')?.shape).toEqual([3, 2])
    })

    it("builds the layers of a Module of the user's own", () => {
      class Net extends Module {
        readonly hidden = dense({ units: 3 })
        readonly out = dense({ units: 1 })
        forward(x: Tensor): Tensor {
          return this.out.forward(this.hidden.forward(x))
        }
      }
      const [a, b] = [new Net(), new Net()]
      const x = ones([2, 4])
      a.forward(x)
      b.loadStateDict(a.stateDict())
      expect(b.forward(x).data()).toEqual(a.forward(x).data())
    })
  })

  it('says before it is built how to build it', () => {
    const model = new Sequential([dense({ units: 2, name: 'hidden' }), dropout({ rate: 0.5 })], {
      name: 'net',
    })
    for (const use of [
      () => model.parameters(),
      () => model.stateDict(),
      () => model.layers[0].parameters(),
    ]) {
      const error = errorOf(use)
      expect(error).toBeInstanceOf(BuildError)
      expect(error.message).toMatch(/input size is unknown[\s\S]*inputSize[\s\S]*inputShape/)
    }
    expect(errorOf(() => model.parameters()).message).toMatch(/^Sequential "net"/)
    expect(errorOf(() => model.layers[0].parameters()).message).toMatch(/^Dense "hidden"/)
  })

  it('needs no input size for layers without parameters', () => {
    expect(sequential(flatten(), dropout({ rate: 0.5 })).parameters()).toEqual([])
  })

  it('treats a subclass of a layer like a layer', () => {
    class Loud extends Dense {
      override outputShape(shape: readonly number[]): readonly number[] {
        return super.outputShape(shape)
      }
    }
    const model = sequential(new Loud({ units: 2 }))
    expect(model.forward(ones([3, 4])).shape).toEqual([3, 2])
    expect([...model.namedParameters().keys()]).toEqual(['dense.kernel', 'dense.bias'])
  })
})
