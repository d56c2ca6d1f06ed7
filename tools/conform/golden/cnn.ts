import {
  BatchNormalization,
  Conv2D,
  Dense,
  maxPooling2d,
  relu,
  reshape,
  type Tensor,
} from '../../../src/index.ts'
import { sparseCategoricalCrossentropy } from '../../../src/losses/sparse-categorical-crossentropy.ts'
import { normBindings } from './attention-bindings.ts'
import { type Binding, linearBindings } from './binding.ts'
import type { GoldenCase } from './case.ts'
import type { TrainedModel } from './models.ts'

const dataFormat = 'channelsFirst'

/** The bindings of a convolution, whose weight is [out, in, kh, kw] in PyTorch. */
export function convBindings(prefix: string, layer: Conv2D): [string, Binding][] {
  const bindings: [string, Binding][] = [[`${prefix}weight`, { parameter: layer.kernel, transposed: true }]]
  if (layer.bias !== null) bindings.push([`${prefix}bias`, { parameter: layer.bias, transposed: false }])
  return bindings
}

/** Twice convolution 3 × 3 (the first, in `cnn_bn`, with batch normalisation), ReLU and max pooling; then, flattened in the order of channels, a linear layer. */
export function buildCnn({ attributes, name }: GoldenCase): TrainedModel {
  const [size, classes] = [attributes.number('size'), attributes.number('classes')]
  const [c1, c2] = [attributes.number('c1'), attributes.number('c2')]
  const options = { kernelSize: 3, padding: 1, dataFormat } as const
  const conv1 = new Conv2D({ ...options, filters: c1, inputSize: 1 })
  const conv2 = new Conv2D({ ...options, filters: c2, inputSize: c1 })
  const head = new Dense({ inputSize: (c2 * size * size) / 16, units: classes })
  const pool = maxPooling2d({ dataFormat })
  const settings = { inputSize: c1, axis: 1, epsilon: 1e-5, momentum: 0.9, correction: 1 } as const
  const norm = name.startsWith('cnn_bn') ? new BatchNormalization(settings) : null
  const logits = (x: Tensor): Tensor => {
    const first = conv1.forward(x)
    const hidden = pool.forward(relu(norm === null ? first : norm.forward(first)))
    const features = pool.forward(relu(conv2.forward(hidden)))
    return head.forward(reshape(features, [x.shape[0], -1]))
  }
  return {
    bindings: new Map([
      ...convBindings('conv1.', conv1),
      ...convBindings('conv2.', conv2),
      ...linearBindings('fc.', head),
      ...(norm === null ? [] : normBindings('bn.', norm)),
    ]),
    firstOutput: x => {
      const before = norm?.stateDict()
      const output = logits(x)
      if (before !== undefined) norm?.loadStateDict(before)
      return output
    },
    output: x => {
      norm?.eval()
      const output = logits(x)
      norm?.train()
      return output
    },
    buffers: () =>
      norm === null
        ? new Map()
        : new Map([
            ['bn.running_mean', norm.movingMean],
            ['bn.running_var', norm.movingVariance],
          ]),
    loss: (x, y) => sparseCategoricalCrossentropy(logits(x), y, { fromLogits: true }),
  }
}
