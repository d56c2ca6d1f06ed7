import {
  Add,
  adam,
  batchNormalization,
  bidirectional,
  Concatenate,
  conv1d,
  conv2d,
  dense,
  dropout,
  embedding,
  flatten,
  type Functional,
  globalMaxPooling1d,
  gru,
  input,
  layerNormalization,
  lstm,
  manualSeed,
  maxPooling2d,
  model,
  Sequential,
  sequential,
  Tokenizer,
  transformerEncoderLayer,
} from '../../src/index.ts'

/** A classifier of texts that can go on training: the file that most people will have. */
export function textClassifier(): Sequential {
  manualSeed(3)
  const net = new Sequential(
    [
      embedding({ inputDim: 7, outputDim: 3, maskZero: true }),
      lstm({ units: 2 }),
      dropout({ rate: 0.2 }),
      dense({ units: 1, activation: 'sigmoid' }),
    ],
    { inputShape: [4], name: 'reviews' },
  )
  net.compile({
    optimizer: adam({ learningRate: 0.01 }),
    loss: 'binaryCrossentropy',
    metrics: ['accuracy'],
  })
  return net
}

export function images(): Sequential {
  manualSeed(4)
  return new Sequential(
    [
      conv2d({ filters: 2, kernelSize: 3, activation: 'relu', padding: 'same' }),
      batchNormalization(),
      maxPooling2d(),
      flatten(),
      dense({ units: 3, activation: 'softmax' }),
    ],
    { inputShape: [6, 6, 1] },
  )
}

export function sequences(): Sequential {
  manualSeed(5)
  return new Sequential(
    [
      embedding({ inputDim: 9, outputDim: 4 }),
      transformerEncoderLayer({ numHeads: 2, intermediateDim: 6 }),
      bidirectional({ layer: gru({ units: 2, returnSequences: true }) }),
      conv1d({ filters: 3, kernelSize: 2, padding: 'causal' }),
      layerNormalization(),
      globalMaxPooling1d(),
      sequential(dense({ units: 4, activation: 'gelu' }), dense({ units: 2, name: '__proto__' })),
    ],
    { inputShape: [5] },
  )
}

/** A shared layer, two inputs, a model as a layer. */
export function graph(): Functional {
  manualSeed(6)
  const words = input({ shape: [5], dtype: 'int32', name: 'words' })
  const extra = input({ shape: [4] })
  const e = embedding({ inputDim: 9, outputDim: 4, maskZero: true }).apply(words)
  const read = lstm({ units: 4 }).apply(e)
  const shared = dense({ units: 4, activation: 'tanh' })
  const sum = new Add().apply([shared.apply(extra), shared.apply(read)])
  const net = model({
    inputs: [words, extra],
    outputs: dense({ units: 1 }).apply(new Concatenate().apply([sum, read])),
    name: 'both',
  })
  net.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
  return net
}

export function tokenizer(): Tokenizer {
  const made = new Tokenizer({ numWords: 7, oovToken: '<unk>' })
  made.fitOnTexts(['started badly, ended brilliantly', '不 无聊', 'not at all dull'])
  return made
}
