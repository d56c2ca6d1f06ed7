import type { Tensor } from '../../../src/index.ts'
import { type ActivationName, checkActivation } from '../../../src/nn/activations.ts'
import { Dense } from '../../../src/nn/dense.ts'
import { Embedding } from '../../../src/nn/embedding.ts'
import { bindAll, linearBindings } from './binding.ts'
import type { Adapters } from './call.ts'
import { buildPerceptron } from './perceptron.ts'
import { readTensor } from './tensorloom.ts'

/** Dense and embedding layers of `layers_basic` and `keras_layout`. */
export const layerOps: Adapters<Tensor> = {
  linear: call => {
    const [units, inputSize] = call.parameter('weight').shape
    const layer = new Dense({ units, inputSize, useBias: call.attributes.flag('bias') })
    bindAll(call, new Map(linearBindings('', layer)))
    return { out: layer.forward(call.input('x')) }
  },
  mlp: call => {
    const parameters = new Map([...call.parameters].map(([name, value]) => [name, readTensor(value)]))
    const model = buildPerceptron(call.attributes.text('layers'), parameters)
    bindAll(call, model.bindings)
    return { out: model.forward(call.input('x')) }
  },
  embedding: call => {
    const layer = new Embedding({
      inputDim: call.attributes.number('vocab'),
      outputDim: call.attributes.number('dim'),
      paddingIndex: call.attributes.optionalNumber('padding_idx'),
    })
    bindAll(call, new Map([['weight', { parameter: layer.embeddings, transposed: false }]]))
    return { out: layer.forward(call.input('index')) }
  },
  keras_dense: call => {
    const [inputSize, units] = call.parameter('kernel').shape
    const useBias = call.parameters.has('bias')
    const activation = activationOf(call.attributes.optionalText('activation'))
    const layer = new Dense({ units, inputSize, useBias, activation })
    const bindings = new Map([['kernel', { parameter: layer.kernel, transposed: false }]])
    if (layer.bias !== null) bindings.set('bias', { parameter: layer.bias, transposed: false })
    bindAll(call, bindings)
    return { out: layer.forward(call.input('x')) }
  },
}

function activationOf(name = 'linear'): ActivationName {
  checkActivation(name)
  return name
}
