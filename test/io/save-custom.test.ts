import { describe, expect, it } from 'vitest'
import {
  Dense,
  type DenseOptions,
  dense,
  deserializeModel,
  deserializeStateDict,
  type ForwardContext,
  FormatError,
  Layer,
  type LayerConfig,
  type LayerOptions,
  Model,
  Module,
  ones,
  Parameter,
  Sequential,
  type Shape,
  sequential,
  serializeModel,
  serializeStateDict,
  type Tensor,
  ValueError,
} from '../../src/index.ts'
import { numbers } from './saved-models.ts'

/** x ↦ strength · s ⊙ x, with a trained s: its parameter's shape comes from the input. */
class Scale extends Layer<number, 'same'> {
  static override readonly className: string = 'Scale'
  declare factor: Parameter

  constructor(readonly options: LayerOptions & { readonly strength: number }) {
    super(options)
    if (typeof options.strength !== 'number') throw new TypeError('strength must be a number')
  }

  override outputShape(inputShape: Shape): Shape {
    return inputShape
  }

  protected override createParameters(inputShape: Shape): void {
    this.factor = this.parameter(inputShape, 'glorotUniform')
  }

  protected override compute(x: Tensor, _context: ForwardContext): Tensor {
    return x.mul(this.factor).mul(this.options.strength)
  }

  override config(): LayerConfig {
    return { ...this.options }
  }
}

/** Made by `fromConfig`, and without a className. */
class Made extends Scale {
  static fromConfig({ strength }: LayerConfig): Made {
    return new Made({ strength: Number(strength) })
  }
  override config(): LayerConfig {
    return { strength: String(this.options.strength) }
  }
}
Object.defineProperty(Made, 'className', { value: 'Made' })

class NamedByCode extends Scale {}

class PlainModule extends Module {
  forward(x: Tensor): Tensor {
    return x
  }
}

class Net extends Model {
  readonly head = dense({ units: 1, inputSize: 3 })
  forward(x: Tensor): Tensor {
    return this.head.forward(x)
  }
}

const withLayer = (layer: Layer | Module): Sequential =>
  new Sequential([layer, dense({ units: 2 })], { inputShape: [3] })

describe('custom layers', () => {
  it.each([
    ['by their constructor', new Scale({ strength: 2, name: 'a' }), { Scale }],
    ['by fromConfig', new Made({ strength: 3 }), { Made }],
    ['under the name of the code', new NamedByCode({ strength: 4 }), { NamedByCode }],
  ])('are made again %s', (_, layer, layers) => {
    const model = withLayer(layer)
    const { model: again } = deserializeModel(serializeModel(model), { layers })
    expect(again.predict(numbers(4, 3)).data()).toEqual(model.predict(numbers(4, 3)).data())
    expect(again.layers[0]).toBeInstanceOf(layer.constructor)
    expect([...again.stateDict().keys()]).toEqual([...model.stateDict().keys()])
  })

  it('must be passed to load: the error names the one that is missing', () => {
    const bytes = serializeModel(withLayer(new Scale({ strength: 2 })))
    expect(() => deserializeModel(bytes)).toThrow(
      /layers\[0\]\.className.*"Scale" is unknown.*\n.*\{ Scale \}/,
    )
    expect(() => deserializeModel(bytes, { layers: { NamedByCode } })).toThrow(FormatError)
  })

  it('that refuse their config give a FormatError with the cause', () => {
    class Picky extends Scale {
      static override readonly className = 'Scale'
      constructor(options: LayerOptions) {
        super({ ...options, strength: Number.NaN })
        throw new TypeError('I am picky')
      }
    }
    const bytes = serializeModel(withLayer(new Scale({ strength: 2 })))
    expect(() => deserializeModel(bytes, { layers: { Scale: Picky } })).toThrow(
      expect.objectContaining({ name: 'FormatError', cause: expect.any(TypeError) }),
    )
  })

  it('cannot take the name of a built-in layer', () => {
    class Dense2 extends Dense {
      constructor(options: DenseOptions) {
        super({ ...options, inputSize: 3 })
      }
    }
    Object.defineProperty(Dense2, 'className', { value: 'Dense' })
    expect(() => serializeModel(withLayer(new Dense2({ units: 2 })))).toThrow(
      /className of its own, got "Dense"/,
    )
    const bytes = serializeModel(withLayer(dense({ units: 2 })))
    expect(() => deserializeModel(bytes, { layers: { Dense: Scale } })).toThrow(ValueError)
  })

  it('whose config is not plain data are refused, with the place', () => {
    class Bad extends Scale {
      override config(): LayerConfig {
        return { ...this.options, table: [1, { deep: Number.POSITIVE_INFINITY }] }
      }
    }
    const model = withLayer(new Bad({ strength: 1, name: 'bad' }))
    expect(() => serializeModel(model)).toThrow(/the config of layer "bad"\.table\[1\]\.deep.*Infinity/)
  })
})

describe('what cannot be described', () => {
  it('is refused with what to do instead', () => {
    expect(() => serializeModel(withLayer(new PlainModule()))).toThrow(
      /PlainModule is a Module.*\n.*extend Layer/,
    )
    expect(() => serializeModel(new Net())).toThrow(/class of your own.*\n.*serializeStateDict/)
    class MySequential extends Sequential {}
    expect(() => serializeModel(new MySequential([dense({ units: 1, inputSize: 2 })]))).toThrow(ValueError)
  })

  it('includes layers that share a parameter', () => {
    const first = new Scale({ strength: 1 })
    const second = new Scale({ strength: 1 })
    const model = new Sequential([first, second], { inputShape: [3] })
    second.factor = first.factor
    expect(() => serializeModel(model)).toThrow(/2 parameters, but only 1/)
  })

  it('can exchange its weights alone', () => {
    const [net, other] = [new Net(), new Net()]
    other.loadStateDict(deserializeStateDict(serializeStateDict(net.stateDict())))
    expect(other.predict(numbers(2, 3)).data()).toEqual(net.predict(numbers(2, 3)).data())
    const flags = serializeModel(sequential(dense({ units: 1, inputSize: 1 })))
    expect(deserializeStateDict(flags).size).toBe(2)
    expect(() => deserializeStateDict(new Uint8Array(3))).toThrow(/^deserializeStateDict cannot read/)
    expect(new Parameter(ones([1])).requiresGrad).toBe(true)
  })
})
