import {
  conv2d,
  dense,
  dropout,
  flatten,
  maxPooling2d,
  type Sequential,
  sequential,
} from '../../src/index.ts'

/** Two convolutions, each followed by pooling: [batch, 28, 28, 1] → [batch, 10]. */
export const smallCnn = (): Sequential =>
  sequential(
    conv2d({ filters: 16, kernelSize: 3, activation: 'relu', inputSize: 1 }),
    maxPooling2d({ poolSize: 2 }),
    conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
    maxPooling2d({ poolSize: 2 }),
    flatten(),
    dropout({ rate: 0.25 }),
    dense({ units: 10, activation: 'softmax' }),
  )

/** One hidden layer of 128 units. */
export const mlp = (): Sequential =>
  sequential(
    flatten(),
    dense({ units: 128, activation: 'relu', inputSize: 784 }),
    dense({ units: 10, activation: 'softmax' }),
  )
