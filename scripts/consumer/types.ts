// Type-checked by check-package.mjs as a user's file, against the packed declarations.
import {
  adam,
  dense,
  embedding,
  load,
  lstm,
  matmul,
  type Model,
  sequential,
  Tensor,
  tensor,
  type Tokenizer,
  zeros,
} from 'tensorloom'

const a: Tensor = tensor([
  [1, 2],
  [3, 4],
])
const chained: Tensor = a.matmul(a).relu().sum()
const product: Tensor = matmul(a, zeros([2, 3]))
const isTensor: boolean = chained instanceof Tensor
chained.backward()

// Methods must be typed as they are, not as `any`.
// @ts-expect-error there is no such method
a.noSuchMethod()
// @ts-expect-error a tensor is no number
const wrong: number = product.square()

const model = sequential(
  embedding({ inputDim: 10, outputDim: 4, maskZero: true }),
  lstm({ units: 4 }),
  dense({ units: 1, activation: 'sigmoid' }),
)
model.compile({ optimizer: adam({ learningRate: 0.01 }), loss: 'binaryCrossentropy', metrics: ['accuracy'] })

export async function roundTrip(tokenizer: Tokenizer): Promise<Model> {
  await model.save('model.safetensors', { tokenizer, metadata: { run: '1' } })
  const loaded = await load('model.safetensors')
  const ids: number[][] = loaded.tokenizer?.textsToSequences(['good']) ?? []
  const probabilities: Float32Array = loaded.model.predict(ids).data()
  await loaded.model.fit(ids, [[probabilities[0] ?? 0]], { epochs: 1 })
  return loaded.model
}

export { isTensor, wrong }
