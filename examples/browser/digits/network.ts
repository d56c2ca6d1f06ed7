import { Conv2D, explain, load, noGrad, Sequential, type Tensor, tensor } from '../../../src/index.ts'
import { SIZE } from './network-input.ts'

/** What one layer makes of a picture: `count` pictures of `size` × `size` pixels, one after the other. */
export interface Maps {
  readonly values: Float32Array
  readonly size: number
  readonly count: number
}

export interface Reading {
  /** Probability of each digit. */
  readonly probabilities: readonly number[]
  /** What each convolution found. */
  readonly maps: readonly Maps[]
}

/** How the network was trained, as its file says. */
export interface Training {
  readonly digits: number
  readonly epochs: number
  readonly heldOutDigits: number
  readonly heldOutAccuracy: number
  readonly weights: number
}

/** The convolutional network of the digit pad. */
export class Network {
  constructor(
    private readonly model: Sequential,
    readonly training: Training,
  ) {}

  /** Reads a picture of 28 × 28 values. */
  read(picture: Float32Array): Reading {
    return noGrad(() => {
      const maps: Maps[] = []
      let x: Tensor = tensor(picture, { shape: [1, SIZE, SIZE, 1] })
      for (const layer of this.model.layers) {
        x = layer.forward(x)
        if (layer instanceof Conv2D) maps.push(mapsOf(x))
      }
      return { probabilities: [...x.data()], maps }
    })
  }

  /** By how much each pixel raised or lowered the probability of a digit, against an empty sheet. */
  influence(picture: Float32Array, digit: number): Float32Array {
    const x = tensor(picture, { shape: [1, SIZE, SIZE, 1] })
    return explain.integratedGradients(this.model, x, { target: digit, steps: 32, tolerance: 0.1 }).values
  }
}

/** [1, size, size, count] as `count` pictures. */
function mapsOf(output: Tensor): Maps {
  const [, size, , count] = output.shape
  return { values: output.permute([0, 3, 1, 2]).data(), size, count }
}

/** @throws Error for a file that holds another kind of model */
export async function loadNetwork(): Promise<Network> {
  const { model, metadata } = await load(new URL('./digits.safetensors', import.meta.url))
  if (!(model instanceof Sequential)) throw new Error('digits.safetensors holds no Sequential model.')
  const number = (name: string): number => Number(metadata.get(name))
  const weights = model.parameters().reduce((sum, { size }) => sum + size, 0)
  return new Network(model, {
    digits: number('trainingDigits'),
    epochs: number('epochs'),
    heldOutDigits: number('heldOutDigits'),
    heldOutAccuracy: number('heldOutAccuracy'),
    weights,
  })
}
