// Training without fit: a Module of our own, and the loop written out. It learns to tell two spirals apart.
import {
  Adam,
  dense,
  Generator,
  manualSeed,
  Module,
  noGrad,
  sigmoidCrossEntropy,
  type Tensor,
  tensor,
} from '../src/index.ts'

manualSeed(1)

/** Two dense layers with a detour around the second: h + relu(h·W + b). */
class SpiralNet extends Module {
  readonly first = dense({ units: 32, inputSize: 2, activation: 'tanh' })
  readonly second = dense({ units: 32, inputSize: 32, activation: 'relu' })
  readonly head = dense({ units: 1, inputSize: 32 })

  /** points [batch, 2] → logits [batch, 1] */
  forward(points: Tensor): Tensor {
    const h = this.first.forward(points)
    return this.head.forward(h.add(this.second.forward(h)))
  }
}

/** Points on two spirals: [count, 2], and which spiral each is on: [count, 1]. */
function spirals(count: number): { points: Tensor; labels: Tensor } {
  const noise = new Generator(3).normal(2 * count, 0, 0.02)
  const points = new Float32Array(2 * count)
  const labels = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    const radius = 0.1 + (0.9 * i) / count
    const angle = 2 * Math.PI * radius + (i % 2) * Math.PI
    points[2 * i] = radius * Math.cos(angle) + noise[2 * i]
    points[2 * i + 1] = radius * Math.sin(angle) + noise[2 * i + 1]
    labels[i] = i % 2
  }
  return { points: tensor(points, { shape: [count, 2] }), labels: tensor(labels, { shape: [count, 1] }) }
}

const { points, labels } = spirals(400)
const net = new SpiralNet()
const optimizer = new Adam(net.parameters(), { learningRate: 0.01 })

for (let step = 1; step <= 300; step++) {
  const loss = sigmoidCrossEntropy(net.forward(points), labels).mean()
  loss.backward()
  optimizer.step()
  optimizer.zeroGrad()
  if (step % 60 === 0) console.log(`step ${step}: loss ${loss.item().toFixed(4)}`)
}

const accuracy = noGrad(() => {
  const isSecond = net.forward(points).greater(0)
  return isSecond.equal(labels.greater(0.5)).mean().item()
})
console.log(`accuracy ${(100 * accuracy).toFixed(1)} %`)
if (!(accuracy > 0.98)) throw new Error(`the spirals were not learnt: accuracy ${accuracy}`)
