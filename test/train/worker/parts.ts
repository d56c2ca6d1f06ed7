import {
  type Callback,
  Layer,
  type LayerConfig,
  ones,
  Parameter,
  type Shape,
  type Tensor,
} from '../../../src/index.ts'

/** What the tests' models have of their own, for the main thread and for the worker. */
export class Scale extends Layer<number, 'same'> {
  static override readonly className = 'Scale'
  declare factor: Parameter

  override outputShape(inputShape: Shape): Shape {
    return inputShape
  }

  protected override createParameters(inputShape: Shape): void {
    this.factor = new Parameter(ones([...inputShape]))
  }

  protected override compute(x: Tensor): Tensor {
    return x.mul(this.factor)
  }

  override config(): LayerConfig {
    return { name: this.name }
  }
}

export const absoluteLoss = (prediction: Tensor, target: Tensor): Tensor =>
  prediction.sub(target).abs().mean()

export const meanPrediction = (prediction: Tensor): number => prediction.mean().item()

/** Ends the run after two epochs, in the worker. */
export const callbacks: readonly Callback[] = [
  {
    name: 'halt',
    onEpochEnd: (epoch, _, control) => {
      if (epoch === 1) control.stop()
    },
  },
]
