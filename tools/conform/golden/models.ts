import { reshape, sigmoid, type Tensor } from '../../../src/index.ts'
import { binaryCrossentropy } from '../../../src/losses/binary-crossentropy.ts'
import { meanSquaredError } from '../../../src/losses/mean-squared-error.ts'
import { sparseCategoricalCrossentropy } from '../../../src/losses/sparse-categorical-crossentropy.ts'
import { Dense } from '../../../src/nn/dense.ts'
import { Embedding } from '../../../src/nn/embedding.ts'
import { GRU } from '../../../src/nn/gru.ts'
import { LSTM } from '../../../src/nn/lstm.ts'
import { buildTransformer } from './attention.ts'
import { type Bindings, gruBindings, linearBindings, lstmBindings } from './binding.ts'
import type { GoldenCase } from './case.ts'
import { buildCnn } from './cnn.ts'
import { buildPerceptron } from './perceptron.ts'

/** A model of the `training` cases, with its parameters under PyTorch's names. */
export interface TrainedModel {
  readonly bindings: Bindings
  /** Recorded before the first step, where that is not `output`: in training mode, without following the batch. */
  firstOutput?(x: Tensor): Tensor
  /** What the case records as the model's output. */
  output(x: Tensor): Tensor
  loss(x: Tensor, y: Tensor): Tensor
  /** Running statistics, by PyTorch's names. */
  buffers?(): ReadonlyMap<string, Tensor>
}

/** Builds the model that the part of the case's name before the slash stands for. */
export function buildModel(goldenCase: GoldenCase): TrainedModel {
  const model = goldenCase.name.split('/')[0]
  if (model === 'text_lstm' || model === 'text_gru') return buildTextClassifier(goldenCase)
  if (model === 'cnn' || model === 'cnn_bn') return buildCnn(goldenCase)
  if (model === 'mlp') return buildMlp(goldenCase)
  if (model === 'transformer') return buildTransformer(goldenCase)
  throw new Error(`the runner does not know the model "${model}"`)
}

/** Embedding → LSTM or GRU (last state) → one unit → sigmoid. */
function buildTextClassifier({ attributes, name }: GoldenCase): TrainedModel {
  const [size, units] = [attributes.number('embed'), attributes.number('hidden')]
  const embedding = new Embedding({ inputDim: attributes.number('vocab'), outputDim: size })
  const sizes = { inputSize: size, units }
  const recurrent = name.startsWith('text_gru') ? new GRU(sizes) : new LSTM({ ...sizes, bias: 'separate' })
  const bindings =
    recurrent instanceof GRU ? gruBindings('rnn.', 'l0', recurrent) : lstmBindings('rnn.', 'l0', recurrent)
  const head = new Dense({ inputSize: units, units: 1 })
  const logits = (x: Tensor): Tensor =>
    reshape(head.forward(recurrent.forward(embedding.forward(x))), [x.shape[0]])
  return {
    bindings: new Map([
      ['embedding.weight', { parameter: embedding.embeddings, transposed: false }],
      ...bindings,
      ...linearBindings('fc.', head),
    ]),
    output: x => sigmoid(logits(x)),
    loss: (x, y) => binaryCrossentropy(logits(x), y, { fromLogits: true }),
  }
}

/** The perceptron that the note describes. */
function buildMlp({ attributes, note, parameters }: GoldenCase): TrainedModel {
  const { bindings, forward } = buildPerceptron(note, parameters)
  const [loss] = attributes.text('loss').split(' ')
  if (loss === 'cross_entropy') {
    const options = { fromLogits: true }
    return {
      bindings,
      output: forward,
      loss: (x, y) => sparseCategoricalCrossentropy(forward(x), y, options),
    }
  }
  if (loss === 'mse') return { bindings, output: forward, loss: (x, y) => meanSquaredError(forward(x), y) }
  throw new Error(`the runner does not know the loss "${loss}"`)
}
