import { expectTypeOf } from 'vitest'
import {
  Add,
  Cell,
  dense,
  dropout,
  embedding,
  type Functional,
  gru,
  input,
  lstm,
  Module,
  model,
  rnn,
  sequential,
  type SymbolicTensor,
  type Tensor,
} from '../../src/index.ts'

class Residual extends Module {
  readonly inner = dense({ units: 8 })
  forward(x: Tensor): Tensor {
    return x.add(this.inner.forward(x))
  }
}

class Both extends Module<readonly Tensor[]> {
  forward(x: Tensor): readonly Tensor[] {
    return [x, x]
  }
}

class Sum extends Cell<{ total: Tensor }> {
  override readonly stateShape = { total: [4] }
  step(x: Tensor, { total }: { total: Tensor }) {
    return { output: x, state: { total: total.add(x) } }
  }
}

// Sizes follow the layers.
const ids = input({ shape: [10], dtype: 'int32' })
const x = input({ shape: [5, 16] })
declare const anywhere: SymbolicTensor
expectTypeOf(x).toEqualTypeOf<SymbolicTensor<16>>()
expectTypeOf(input({ shape: [-1] })).toEqualTypeOf<SymbolicTensor<number>>()
expectTypeOf(embedding({ inputDim: 9, outputDim: 4 }).apply(ids)).toEqualTypeOf<SymbolicTensor<4>>()
expectTypeOf(dense({ units: 8 }).apply(x)).toEqualTypeOf<SymbolicTensor<8>>()
expectTypeOf(dropout({ rate: 0.5 }).apply(x)).toEqualTypeOf<SymbolicTensor<16>>()
expectTypeOf(dense({ units: 8, inputSize: 16 }).apply(x)).toEqualTypeOf<SymbolicTensor<8>>()
dense({ units: 8, inputSize: 16 }).apply(anywhere)
// @ts-expect-error 16 is not 17
dense({ units: 8, inputSize: 17 }).apply(x)
// @ts-expect-error 8 is not 7
lstm({ units: 2, inputSize: 7 }).apply(dense({ units: 8 }).apply(x))

// One output, or several.
expectTypeOf(lstm({ units: 3 }).apply(x)).toEqualTypeOf<SymbolicTensor<3>>()
expectTypeOf(gru({ units: 3, returnState: true }).apply(x)).toEqualTypeOf<readonly SymbolicTensor[]>()
expectTypeOf(new Add().apply([x, x])).toEqualTypeOf<SymbolicTensor>()
expectTypeOf(new Residual().apply(x)).toEqualTypeOf<SymbolicTensor>()
expectTypeOf(new Both().apply(x)).toEqualTypeOf<readonly SymbolicTensor[]>()
expectTypeOf(sequential(dense({ units: 1 })).apply(x)).toEqualTypeOf<SymbolicTensor>()
expectTypeOf(rnn({ cell: new Sum() }).apply(x)).toEqualTypeOf<SymbolicTensor>()
const [, h, c] = lstm({ units: 3, returnState: true }).apply(x)
lstm({ units: 3 }).apply(x, { initialState: { h, c } })
// @ts-expect-error a Dense takes one tensor
dense({ units: 1 }).apply([x, x])
// @ts-expect-error no numbers here
dense({ units: 1 }).apply(3)

// A list of outputs makes lists.
const y = dense({ units: 1 }).apply(x)
const single = model({ inputs: x, outputs: y })
const pair = model({ inputs: [x, ids], outputs: [y, new Add().apply([y, y])] })
expectTypeOf(single).toEqualTypeOf<Functional>()
expectTypeOf(pair).toEqualTypeOf<Functional<readonly Tensor[]>>()
expectTypeOf(single.predict([[1]])).toEqualTypeOf<Tensor>()
expectTypeOf(pair.predict({ input: [[1]], input_1: [[1]] })).toEqualTypeOf<readonly Tensor[]>()
expectTypeOf(pair.apply([x, ids])).toEqualTypeOf<readonly SymbolicTensor[]>()
expectTypeOf(single.apply(x)).toEqualTypeOf<SymbolicTensor>()
// @ts-expect-error a model has outputs
model({ inputs: x })
// @ts-expect-error tensors are not symbolic
model({ inputs: x, outputs: single.forward })

// Settings by the names of outputs.
pair.compile({
  optimizer: 'adam',
  loss: { dense: 'meanSquaredError', add: 'huber' },
  lossWeights: { add: 2 },
})
pair.compile({ optimizer: 'adam', loss: ['meanSquaredError', 'huber'], metrics: { add: ['accuracy'] } })
// @ts-expect-error no such loss
pair.compile({ optimizer: 'adam', loss: { dense: 'meanSquareError' } })
