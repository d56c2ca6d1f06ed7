import { describe, expect, it } from 'vitest'
import {
  type ActivationName,
  bidirectional,
  gru,
  lstm,
  manualSeed,
  type Recurrent,
  simpleRNN,
  type Tensor,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { expectClose, int, normal } from '../setup/numbers.ts'

const x = () => normal([3, 5, 4], 1)
const mask = () => int([1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 1, 0, 1]).reshape([3, 5])

/** The layers, which recurrent dropout or an activation makes run step by step. */
const makers: [string, (options: object) => Recurrent][] = [
  ['LSTM', o => lstm({ units: 3, inputSize: 4, returnSequences: true, ...o }) as Recurrent],
  ['LSTM with two biases', o => lstm({ units: 3, inputSize: 4, bias: 'separate', ...o }) as Recurrent],
  ['GRU', o => gru({ units: 3, inputSize: 4, returnSequences: true, ...o }) as Recurrent],
  ['GRU that resets before', o => gru({ units: 3, inputSize: 4, resetAfter: false, ...o }) as Recurrent],
  ['SimpleRNN', o => simpleRNN({ units: 3, inputSize: 4, returnSequences: true, ...o }) as Recurrent],
]

describe.each(devices)('recurrent layers on %s', device => {
  useDevice(device)

  it.each(makers)('%s gives step by step what it gives at once', (_, make) => {
    for (const goBackwards of [false, true]) {
      manualSeed(1)
      const layer = make({ goBackwards, biasInitializer: { name: 'randomNormal', deviation: 1 } })
      manualSeed(1)
      // A keep of ones: nothing is dropped, and yet the steps run one by one.
      const stepped = make({
        goBackwards,
        recurrentDropout: 1e-9,
        biasInitializer: { name: 'randomNormal', deviation: 1 },
      })
      const [a, b] = [layer, stepped].map(each => {
        const input = x().detach()
        input.requiresGrad = true
        const y = each.forward(input, { mask: mask() }) as Tensor
        y.square().sum().backward()
        return [y, input.grad as Tensor, each.kernel.grad as Tensor, each.recurrentKernel.grad as Tensor]
      })
      a.forEach((tensor, i) => {
        expectClose(tensor, b[i], 2e-5)
      })
    }
  })

  it.each<[ActivationName, ActivationName]>([
    ['relu', 'sigmoid'],
    ['softsign', 'hardSigmoid'],
    ['tanh', 'relu'],
  ])('take the activations %s and %s', (activation, recurrentActivation) => {
    const f = {
      relu: (v: number) => Math.max(0, v),
      softsign: (v: number) => v / (1 + Math.abs(v)),
      tanh: Math.tanh,
    }[activation as 'relu']
    const g = {
      sigmoid: (v: number) => 1 / (1 + Math.exp(-v)),
      hardSigmoid: (v: number) => Math.min(1, Math.max(0, 0.2 * v + 0.5)),
      relu: (v: number) => Math.max(0, v),
    }[recurrentActivation as 'relu']
    manualSeed(2)
    const layer = lstm({ units: 1, inputSize: 1, activation, recurrentActivation })
    const [w, u, b] = layer.parameters().map(parameter => parameter.data())
    let [h, c] = [0, 0]
    const inputs = [0.5, -1, 2]
    for (const value of inputs) {
      const z = [0, 1, 2, 3].map(k => value * w[k] + h * u[k] + b[k])
      c = g(z[1]) * c + g(z[0]) * f(z[2])
      h = g(z[3]) * f(c)
    }
    expectClose(
      layer.forward(
        normal([1, 3, 1])
          .mul(0)
          .add(
            int(inputs.map(v => v * 2))
              .reshape([1, 3, 1])
              .mul(0.5),
          ),
      ),
      [h],
      1e-5,
    )
  })
})

describe('dropout of recurrent layers', () => {
  it('drops features of the input in all steps alike, in training only', () => {
    manualSeed(3)
    const layer = simpleRNN({
      units: 6,
      inputSize: 6,
      dropout: 0.5,
      activation: 'linear',
      bias: 'none',
      kernelInitializer: { name: 'identity' },
      recurrentInitializer: 'zeros',
      returnSequences: true,
    })
    const ones = normal([40, 3, 6]).mul(0).add(1)
    const values = layer.forward(ones).data()
    expect([...new Set(values)].sort()).toEqual([0, 2])
    for (let row = 0; row < 40; row++)
      expect(values.slice(row * 18, row * 18 + 6)).toEqual(values.slice(row * 18 + 12, row * 18 + 18))
    layer.eval()
    expect(new Set(layer.forward(ones).data())).toEqual(new Set([1]))
  })

  it('drops features of h on their way back, the same ones in all steps', () => {
    manualSeed(4)
    const layer = simpleRNN({
      units: 8,
      inputSize: 8,
      recurrentDropout: 0.5,
      activation: 'linear',
      bias: 'none',
      kernelInitializer: { name: 'identity' },
      recurrentInitializer: { name: 'identity' },
    })
    const ones = normal([20, 3, 8]).mul(0).add(1)
    // h₃ = 1 + k·(1 + k·1), with k 0 or 2 for all of the sequence.
    expect([...new Set(layer.forward(ones).data())].sort()).toEqual([1, 7])
    expect(new Set(layer.eval().forward(ones).data())).toEqual(new Set([3]))
  })

  it('goes along into Bidirectional and saved configs', () => {
    const layer = bidirectional({ layer: gru({ units: 2, dropout: 0.25, recurrentDropout: 0.5 }) })
    expect(layer.backwardLayer.config()).toMatchObject({ dropout: 0.25, recurrentDropout: 0.5 })
  })
})
