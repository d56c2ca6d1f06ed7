/** W3, W4, W5 and W11: training steps and inference, with the public interface. */
import {
  Adam,
  binaryCrossentropy,
  dense,
  embedding,
  lstm,
  noGrad,
  type Sequential,
  sequential,
  sparseCategoricalCrossentropy,
  type Tensor,
} from '../../src/index.ts'
import { type Contender, consume, type Entry } from '../harness.ts'
import { adam, classifierSizes, perceptron } from '../tasks.ts'
import { tensorsFor } from './tensors.ts'

export interface Training {
  readonly model: Sequential
  readonly inputs: Record<string, Tensor>
  readonly lossOf: () => Tensor
}

const { learningRate, beta1, beta2, epsilon } = adam

/** The loop of a user: forward, backward, step, zeroGrad. */
export const training = (prepare: () => Training): Contender => {
  let lossOf: () => Tensor
  let optimizer: Adam
  let latest: Tensor
  return {
    name: 'tensorloom',
    setup: () => {
      const prepared = prepare()
      lossOf = prepared.lossOf
      optimizer = new Adam(prepared.model.parameters(), { learningRate, beta1, beta2, epsilon })
    },
    run: () => {
      latest = lossOf()
      latest.backward()
      optimizer.step()
      optimizer.zeroGrad()
    },
    loss: () => latest.item(),
  }
}

/** Puts the task's weights under the model's names. */
export const load = (
  model: Sequential,
  names: Record<string, string>,
  inputs: Record<string, Tensor>,
): void => model.loadStateDict(new Map(Object.entries(names).map(([ours, theirs]) => [ours, inputs[theirs]])))

function preparePerceptron(): Training {
  const { widths } = perceptron
  const inputs = tensorsFor('W3')
  const layers = widths.slice(1).map((units, i) =>
    dense({
      units,
      inputSize: widths[i],
      activation: i + 2 < widths.length ? 'relu' : 'linear',
      name: `layer${i}`,
    }),
  )
  const model = sequential(...layers)
  const names = layers.flatMap((_, i) => [
    [`layer${i}.kernel`, `kernel${i}`],
    [`layer${i}.bias`, `bias${i}`],
  ])
  load(model, Object.fromEntries(names), inputs)
  const lossOf = (): Tensor =>
    sparseCategoricalCrossentropy(model.forward(inputs.x), inputs.labels, { fromLogits: true })
  return { model, inputs, lossOf }
}

function prepareClassifier(id: string): Training {
  const { vocabulary, embedding: width, units, batch } = classifierSizes[id]
  const inputs = tensorsFor(id)
  const model = sequential(
    embedding({ inputDim: vocabulary, outputDim: width }),
    lstm({ units, inputSize: width }),
    dense({ units: 1, inputSize: units }),
  )
  const names = {
    'embedding.embeddings': 'embeddings',
    'lstm.kernel': 'kernel',
    'lstm.recurrentKernel': 'recurrentKernel',
    'lstm.bias': 'bias',
    'dense.kernel': 'headKernel',
    'dense.bias': 'headBias',
  }
  load(model, names, inputs)
  const labels = inputs.labels.reshape([batch, 1])
  const lossOf = (): Tensor => binaryCrossentropy(model.forward(inputs.tokens), labels, { fromLogits: true })
  return { model, inputs, lossOf }
}

const inference = (id: string): Contender => {
  let prepared: Training
  return {
    name: 'tensorloom',
    setup: () => {
      prepared = prepareClassifier(id)
      prepared.model.eval()
    },
    run: () => consume(noGrad(() => prepared.model.forward(prepared.inputs.tokens).sigmoid()).data()[0]),
  }
}

/** Written without a thought about memory: the accuracy after the update, all losses kept. */
const naiveLoop = (): Contender => {
  const losses: Tensor[] = []
  let prepared: Training
  let optimizer: Adam
  return {
    name: 'tensorloom',
    setup: () => {
      prepared = prepareClassifier('W11')
      optimizer = new Adam(prepared.model.parameters(), { learningRate, beta1, beta2, epsilon })
    },
    run: () => {
      const { model, inputs } = prepared
      const logits = model.forward(inputs.tokens)
      const loss = binaryCrossentropy(logits, inputs.labels.reshape(logits.shape), { fromLogits: true })
      loss.backward()
      optimizer.step()
      optimizer.zeroGrad()
      losses.push(loss)
      const predicted = model.forward(inputs.tokens).greater(0).cast('float32')
      consume(predicted.equal(inputs.labels.reshape(logits.shape)).cast('float32').mean().item())
    },
  }
}

export const trainings: Record<string, Entry> = {
  W3: () => training(preparePerceptron),
  'W4-train': () => training(() => prepareClassifier('W4-train')),
  'W4-infer-1': () => inference('W4-infer-1'),
  'W4-infer-32': () => inference('W4-infer-32'),
  'W5-train-2': () => training(() => prepareClassifier('W5-train-2')),
  'W5-train-32': () => training(() => prepareClassifier('W5-train-32')),
  W11: naiveLoop,
}
