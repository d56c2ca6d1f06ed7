import { describe, expect, it } from 'vitest'
import { exportOnnx } from '../../src/formats/onnx/index.ts'
import {
  bidirectional,
  embedding,
  gru,
  lstm,
  manualSeed,
  sequential,
  type Tensor,
  tensor,
  transformerEncoderLayer,
} from '../../src/index.ts'
import { examples } from '../formats/onnx/exported-models.ts'
import { matrix } from './matrix.ts'
import { type Output, runtime } from './runtime.ts'

const toRuntime = (x: Tensor): object =>
  x.dtype === 'int32'
    ? new runtime.Tensor('int32', x.ints(), x.shape)
    : new runtime.Tensor('float32', x.data(), x.shape)

/** Largest difference, and where shapes differ infinity. */
function distance(got: Output, want: Tensor): number {
  if (got.dims.join() !== want.shape.join()) return Number.POSITIVE_INFINITY
  const values = want.data()
  return values.reduce((worst, value, i) => Math.max(worst, Math.abs(value - Number(got.data[i]))), 0)
}

const record = matrix('ONNX Runtime')

describe('ONNX Runtime on exported models', () => {
  it.each(examples)('computes $name as we do', async ({ name, make }) => {
    const { model, inputs } = make()
    const wanted: readonly Tensor[] = [model.predict(inputs.length === 1 ? inputs[0] : [...inputs])].flat()
    const session = await runtime.InferenceSession.create(await exportOnnx(model))
    const feeds = Object.fromEntries(session.inputNames.map((name, i) => [name, toRuntime(inputs[i])]))
    const outputs = await session.run(feeds)
    const worst = session.outputNames.map((output, i) => distance(outputs[output], wanted[i]))
    expect(record(name, 'ours → theirs', Math.max(...worst))).toBeLessThan(1e-5)
    expect(session.outputNames.length).toBe(wanted.length)
  })

  it('takes other batches and longer sequences than the model has met', async () => {
    manualSeed(5)
    const model = sequential(
      embedding({ inputDim: 9, outputDim: 4, maskZero: true }),
      bidirectional({ layer: lstm({ units: 4, returnSequences: true }) }),
      transformerEncoderLayer({ numHeads: 2, intermediateDim: 5, rotary: true, causal: true }),
      gru({ units: 3 }),
    )
    model.predict(tensor([[1, 2, 3]], { dtype: 'int32' }))
    const x = tensor(
      [
        [0, 0, 5, 6, 7, 0, 8],
        [1, 2, 3, 4, 5, 6, 7],
      ],
      { dtype: 'int32' },
    )
    const session = await runtime.InferenceSession.create(await exportOnnx(model))
    const { output } = await session.run({ input: toRuntime(x) })
    expect(distance(output, model.predict(x))).toBeLessThan(1e-5)
  })
})
