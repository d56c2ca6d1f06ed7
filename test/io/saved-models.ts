import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import {
  activation,
  adam,
  dense,
  dropout,
  embedding,
  flatten,
  Generator,
  lstm,
  manualSeed,
  Sequential,
  sequential,
  type Tensor,
  tensor,
  Tokenizer,
} from '../../src/index.ts'

/** An empty folder that disappears when the file's tests are over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tensorloom-io-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Ids 0 … limit − 1, [rows, length]; the same ones every time. */
export function ids(rows: number, length: number, limit: number): Tensor {
  const values = new Generator(5).uniform(rows * length, 0, limit)
  return tensor(Int32Array.from(values, Math.floor), { shape: [rows, length], dtype: 'int32' })
}

/** Numbers for models that take them, [rows, size]. */
export const numbers = (rows: number, size: number): Tensor =>
  tensor(new Generator(6).normal(rows * size), { shape: [rows, size] })

/** The smallest text classifier, built and compiled. */
export function textClassifier(): Sequential {
  manualSeed(3)
  const model = new Sequential(
    [
      embedding({ inputDim: 7, outputDim: 3, maskZero: true }),
      lstm({ units: 2 }),
      dense({ units: 1, activation: 'sigmoid' }),
    ],
    { inputShape: [4], name: 'reviews' },
  )
  model.compile({
    optimizer: adam({ learningRate: 0.01 }),
    loss: 'binaryCrossentropy',
    metrics: ['accuracy'],
  })
  return model
}

/** Every built-in layer and every option that changes the parameters or the output. */
export function everyLayer(): Sequential {
  manualSeed(4)
  return new Sequential(
    [
      embedding({ inputDim: 9, outputDim: 4, paddingIndex: 0, name: 'words' }),
      lstm({ units: 3, returnSequences: true, goBackwards: true, bias: 'separate' }),
      sequential(
        dense({ units: 5, activation: 'gelu', kernelInitializer: 'heNormal' }),
        dropout({ rate: 0.5 }),
      ),
      lstm({ units: 2, returnSequences: true, bias: 'none', recurrentActivation: 'hardSigmoid' }),
      flatten(),
      dense({ units: 6, useBias: false, name: '__proto__' }),
      activation({ activation: 'softmax' }),
    ],
    { inputShape: [4] },
  )
}

export function smallTokenizer(): Tokenizer {
  const tokenizer = new Tokenizer({ numWords: 7, oovToken: '<unk>' })
  tokenizer.fitOnTexts(['started badly, ended brilliantly', '不 无聊', 'not at all dull'])
  return tokenizer
}
