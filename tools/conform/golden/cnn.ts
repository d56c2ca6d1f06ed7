import { Conv2D, Dense, maxPooling2d, relu, reshape, type Tensor } from '../../../src/index.ts'
import { sparseCategoricalCrossentropy } from '../../../src/losses/sparse-categorical-crossentropy.ts'
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

/** Twice convolution 3 × 3, ReLU and max pooling; then, flattened in the order of channels, a linear layer. */
export function buildCnn({ attributes }: GoldenCase): TrainedModel {
  const [size, classes] = [attributes.number('size'), attributes.number('classes')]
  const [c1, c2] = [attributes.number('c1'), attributes.number('c2')]
  const options = { kernelSize: 3, padding: 1, dataFormat } as const
  const conv1 = new Conv2D({ ...options, filters: c1, inputSize: 1 })
  const conv2 = new Conv2D({ ...options, filters: c2, inputSize: c1 })
  const head = new Dense({ inputSize: (c2 * size * size) / 16, units: classes })
  const pool = maxPooling2d({ dataFormat })
  const logits = (x: Tensor): Tensor => {
    const features = [conv1, conv2].reduce((h, conv) => pool.forward(relu(conv.forward(h))), x)
    return head.forward(reshape(features, [x.shape[0], -1]))
  }
  return {
    bindings: new Map([
      ...convBindings('conv1.', conv1),
      ...convBindings('conv2.', conv2),
      ...linearBindings('fc.', head),
    ]),
    output: logits,
    loss: (x, y) => sparseCategoricalCrossentropy(logits(x), y, { fromLogits: true }),
  }
}
