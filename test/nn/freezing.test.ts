import { describe, expect, it } from 'vitest'
import {
  Adam,
  batchNormalization,
  dense,
  input,
  lstm,
  manualSeed,
  model,
  ones,
  sequential,
  zeros,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { normal } from '../setup/numbers.ts'

describe.each(devices)('a frozen layer on %s', device => {
  useDevice(device)

  it('is not trained, and the others are', async () => {
    manualSeed(1)
    const net = sequential(dense({ units: 4, inputSize: 3 }), dense({ units: 1 }))
    net.layers[0].trainable = false
    net.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
    net.predict(ones([1, 3]))
    const before = net.stateDict()
    await net.fit(normal([8, 3], 1), ones([8, 1]), { epochs: 2, verbose: false })
    const after = net.stateDict()
    const changed = [...before].filter(([name, value]) => `${value.data()}` !== `${after.get(name)?.data()}`)
    expect(changed.map(([name]) => name)).toEqual(['dense_1.kernel', 'dense_1.bias'])
  })

  it('gets no gradient, nor weight decay', () => {
    manualSeed(1)
    const net = sequential(dense({ units: 4, inputSize: 3 }), dense({ units: 1 }))
    net.predict(ones([1, 3]))
    const [frozen] = net.layers
    net
      .forward(ones([2, 3]))
      .sum()
      .backward()
    frozen.trainable = false
    expect(frozen.parameters().map(({ grad }) => grad)).toEqual([null, null])
    const optimizer = new Adam(net.parameters(), { weightDecay: 0.1 })
    const values = frozen.parameters().map(parameter => [...parameter.data()])
    net
      .forward(ones([2, 3]))
      .sum()
      .backward()
    optimizer.step()
    expect(frozen.parameters().map(parameter => [...parameter.data()])).toEqual(values)
    expect(frozen.parameters().every(({ gradient }) => gradient === null)).toBe(true)
  })

  it('is not even differentiated through where nothing before it is trained', () => {
    const net = sequential(lstm({ units: 4, inputSize: 3 }), dense({ units: 1 }))
    net.predict(ones([1, 2, 3]))
    net.layers[0].trainable = false
    const hidden = net.layers[0].forward(ones([1, 2, 3]))
    expect(hidden.requiresGrad).toBe(false)
    expect(hidden.node).toBeNull()
  })

  it('thaws', () => {
    const layer = dense({ units: 1, inputSize: 2 })
    layer.trainable = false
    layer.trainable = true
    layer
      .forward(ones([1, 2]))
      .sum()
      .backward()
    expect(layer.kernel.grad?.toArray()).toEqual([[1], [1]])
  })

  it('freezes what is built later, and all that is inside', () => {
    const inner = sequential(dense({ units: 2 }), dense({ units: 2 }))
    const net = sequential(inner, dense({ units: 1 }))
    inner.trainable = false
    net.predict(ones([1, 2]))
    const frozen = [...net.namedParameters()].filter(([, { requiresGrad }]) => !requiresGrad)
    expect(frozen.map(([name]) => name)).toEqual([
      'sequential.dense.kernel',
      'sequential.dense.bias',
      'sequential.dense_1.kernel',
      'sequential.dense_1.bias',
    ])
  })

  it('that normalises batches uses its moving statistics, and leaves them as they are', () => {
    const layer = batchNormalization({ inputSize: 2 })
    const x = normal([6, 2], 1)
    layer.forward(x)
    const moving = [...layer.movingMean.data()]
    layer.trainable = false
    const frozen = layer.forward(x).data()
    expect([...layer.movingMean.data()]).toEqual(moving)
    expect(frozen).toEqual(layer.eval().forward(x).data())
  })

  it('is named where nothing else is there to train', async () => {
    const net = sequential(dense({ units: 1, inputSize: 2 }))
    net.trainable = false
    net.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
    const run = net.fit(ones([4, 2]), ones([4, 1]), { verbose: false })
    await expect(run).rejects.toThrow(/depends on no parameter that is trained.*\n.*all are frozen/)
  })

  it('in a graph is counted apart by the summary', () => {
    const x = input({ shape: [3] })
    const body = dense({ units: 4 })
    const net = model({ inputs: x, outputs: dense({ units: 1 }).apply(body.apply(x)) })
    body.trainable = false
    expect(net.summary()).toMatch(/dense \(Dense\) +\[batch, 4\] +16(.|\n)*21 parameters, 16 of them frozen/)
    expect(net.predict(zeros([1, 3])).shape).toEqual([1, 1])
  })
})
