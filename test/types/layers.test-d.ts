import { expectTypeOf } from 'vitest'
import {
  activation,
  type Dense,
  dense,
  dropout,
  embedding,
  flatten,
  Layer,
  lstm,
  Module,
  Sequential,
  sequential,
  type Shape,
  type Tensor,
} from '../../src/index.ts'

class Residual extends Module {
  readonly inner = dense({ units: 8, inputSize: 8 })
  forward(x: Tensor): Tensor {
    return x.add(this.inner.forward(x))
  }
}

class Doubled extends Layer {
  override outputShape(inputShape: Shape): Shape {
    return inputShape
  }
  protected override compute(x: Tensor): Tensor {
    return x.mul(2)
  }
}

// Sizes that fit, and sizes that nobody gave
expectTypeOf(
  sequential(
    embedding({ inputDim: 10000, outputDim: 64 }),
    lstm({ inputSize: 64, units: 128 }),
    dense({ inputSize: 128, units: 1 }),
  ),
).toEqualTypeOf<Sequential>()
sequential(
  embedding({ inputDim: 9, outputDim: 4 }),
  lstm({ units: 8 }),
  dense({ units: 1, activation: 'sigmoid' }),
)
expectTypeOf(dense({ units: 16 })).toEqualTypeOf<Dense<number, 16>>()

sequential(
  embedding({ inputDim: 9, outputDim: 64 }),
  lstm({ inputSize: 64, units: 128 }),
  // @ts-expect-error 127 is not 128
  dense({ inputSize: 127, units: 1 }),
)
// @ts-expect-error the units of a layer without inputSize count too
sequential(dense({ units: 16 }), dense({ inputSize: 17, units: 1 }))

// Dropout and activations hand the size on
sequential(
  dense({ units: 16 }),
  dropout({ rate: 0.5 }),
  activation({ activation: 'relu' }),
  dense({ inputSize: 16, units: 1 }),
)
sequential(
  dense({ units: 16 }),
  dropout({ rate: 0.5 }),
  activation({ activation: 'relu' }),
  // @ts-expect-error 17 is not 16
  dense({ inputSize: 17, units: 1 }),
)

// After flatten, a Module, a nested model or a layer of the user's own the size is not known
sequential(dense({ units: 16 }), flatten(), dense({ inputSize: 99, units: 1 }))
sequential(dense({ units: 8 }), new Residual(), dense({ inputSize: 99, units: 1 }))
sequential(dense({ units: 8 }), sequential(dense({ units: 4 })), dense({ inputSize: 4, units: 1 }))
sequential(new Doubled({}), dense({ inputSize: 4, units: 1 }), new Doubled({}))

// Several outputs do not fit between two layers
// @ts-expect-error three tensors are not one
sequential(lstm({ units: 8, returnState: true }), dense({ units: 1 }))
sequential(lstm({ units: 8, returnState: false }), dense({ units: 1 }))

// Only layers
// @ts-expect-error a number is no layer
sequential(dense({ units: 8 }), 3)

// Arrays of layers, and models made by add(), are untyped
declare const layers: Layer[]
declare const modules: Module[]
const hidden = Array.from({ length: 3 }, () => dense({ units: 8, inputSize: 8 }))
const mixed = [dense({ units: 8 }), dropout({ rate: 0.1 })]
sequential()
sequential(...layers)
sequential(...modules)
sequential(...mixed)
sequential(dense({ units: 8 }), ...modules)
sequential(dense({ units: 8 }), ...hidden, dense({ units: 1 }))
new Sequential(mixed).add(dense({ units: 8 })).add(dense({ inputSize: 9, units: 1 }))
new Sequential([dense({ units: 8 }), new Residual()])

// The sixteenth layer is still followed
const d = dense({ units: 4, inputSize: 4 })
sequential(d, d, d, d, d, d, d, d, d, d, d, d, d, d, d, dense({ inputSize: 4, units: 1 }))
// @ts-expect-error 5 is not 4
sequential(d, d, d, d, d, d, d, d, d, d, d, d, d, d, d, dense({ inputSize: 5, units: 1 }))
sequential(d, d, d, d, d, d, d, d, d, d, d, d, d, d, d, d, dense({ inputSize: 5, units: 1 }))
