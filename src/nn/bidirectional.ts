import { ValueError } from '../errors.ts'
import { concat } from '../ops/concat.ts'
import type { Shape } from '../tensor/shape.ts'
import { Tensor } from '../tensor/tensor.ts'
import { GRU } from './gru.ts'
import { innerConfig, innerOptions, runInner } from './inner-layer.ts'
import { BUILT_IN, Layer, type LayerConfig, type LayerOptions, UNKNOWN } from './layer.ts'
import { LSTM } from './lstm.ts'
import type { ForwardContext } from './module.ts'
import { refuseUnknown } from './options.ts'
import { Recurrent, type RecurrentOutput, type RecurrentState, requireOneOf } from './recurrent.ts'
import { SimpleRNN } from './simple-rnn.ts'

/** How the outputs of the two directions become one; `none` gives both. `ave` is their mean. */
export type MergeMode = 'concat' | 'sum' | 'mul' | 'ave' | 'none'

type Inner<Input extends number, Units extends number, Output extends RecurrentOutput> = Recurrent<
  Input,
  Units,
  RecurrentState,
  Output
>

export interface BidirectionalOptions<
  Input extends number = number,
  Units extends number = number,
  Output extends RecurrentOutput = RecurrentOutput,
  Mode extends MergeMode = MergeMode,
> extends LayerOptions {
  /** Reads forwards; a second one like it reads backwards. */
  readonly layer: Inner<Input, Units, Output>
  /** Default `concat`. */
  readonly mergeMode?: Mode
}

export interface BidirectionalContext extends ForwardContext {
  /** The states before the first step, of the layer that reads forwards and of the other one. */
  readonly initialState?: readonly [forward: RecurrentState, backward: RecurrentState] | null
}

/** One tensor, both outputs, or the output(s) and then the states of both directions. */
type Result<Output extends RecurrentOutput, Mode extends MergeMode> = Output extends Tensor
  ? Mode extends 'none'
    ? readonly [forward: Tensor, backward: Tensor]
    : Tensor
  : readonly Tensor[]

const MODES: readonly MergeMode[] = ['concat', 'sum', 'mul', 'ave', 'none']
/** The layers that a saved model can have inside. */
const CLASSES = { LSTM, GRU, SimpleRNN }

/**
 * Reads a sequence in both directions (Schuster & Paliwal 1997). Outputs of the backward layer are put in input order.
 *
 *   [batch, time, inputSize] → [batch, 2·units] (or units, if not concatenated); [batch, time, …] with the layer's
 *   returnSequences
 *
 * With the layer's returnState the states of both directions follow the output.
 *
 * @example bidirectional({ layer: lstm({ units: 32, returnSequences: true }), mergeMode: 'sum' })
 */
export class Bidirectional<
  Input extends number = number,
  Units extends number = number,
  Output extends RecurrentOutput = RecurrentOutput,
  Mode extends MergeMode = 'concat',
> extends Layer<Input, Mode extends 'concat' | 'none' ? number : Units, Result<Output, Mode>> {
  static override readonly className: string = 'Bidirectional'
  static readonly [BUILT_IN] = true
  readonly forwardLayer: Inner<Input, Units, Output>
  readonly backwardLayer: Inner<Input, Units, Output>
  readonly mergeMode: MergeMode

  constructor(options: BidirectionalOptions<Input, Units, Output, Mode>) {
    refuseUnknown('Bidirectional', options, ['name', 'layer', 'mergeMode'])
    super(options)
    const { layer, mergeMode = 'concat' } = options
    if (!(layer instanceof Recurrent)) {
      throw new ValueError({
        operation: 'Bidirectional',
        problem: 'needs a recurrent layer.',
        hint: 'for example { layer: lstm({ units: 64 }) }.',
        argument: 'layer',
        received: layer,
      })
    }
    requireOneOf('Bidirectional', 'mergeMode', mergeMode, MODES)
    this.mergeMode = mergeMode
    this.forwardLayer = layer
    this.backwardLayer = reversed(layer)
    const { inputSize } = layer.config()
    if (typeof inputSize === 'number') this.build([UNKNOWN, inputSize])
  }

  /** Makes a saved one again. */
  static fromConfig(config: LayerConfig): Bidirectional {
    const { layerClass, mergeMode, name } = config
    const [, make] = Object.entries(CLASSES).find(([known]) => known === layerClass) ?? []
    if (make === undefined) {
      throw new ValueError({
        operation: 'Bidirectional',
        problem: `cannot be made of ${String(layerClass)}.`,
        hint: `use one of ${Object.keys(CLASSES).join(', ')}.`,
        argument: 'layerClass',
        received: layerClass,
      })
    }
    const layer = new make(innerOptions(config) as never) as Inner<number, number, RecurrentOutput>
    const options = { layer, mergeMode: mergeMode as 'concat', name: name as string }
    return new Bidirectional<number, number, RecurrentOutput, 'concat'>(options)
  }

  override outputShape(inputShape: Shape): Shape {
    const shape = this.forwardLayer.outputShape(inputShape)
    if (this.mergeMode !== 'concat') return shape
    return [...shape.slice(0, -1), 2 * this.forwardLayer.units]
  }

  protected override createParameters(inputShape: Shape): void {
    this.forwardLayer.build(inputShape)
    this.backwardLayer.build(inputShape)
  }

  protected override inputShapeFrom(shapeOf: (parameter: string) => Shape | undefined): Shape | null {
    const kernel = shapeOf('forwardLayer.kernel')
    return kernel?.length === 2 ? [UNKNOWN, kernel[0]] : null
  }

  override forward(x: Tensor, context: BidirectionalContext = {}): Result<Output, Mode> {
    return super.forward(x, context)
  }

  protected override compute(x: Tensor, context: BidirectionalContext): Result<Output, Mode> {
    const { mask = null, initialState = null } = context
    const layers = [this.forwardLayer, this.backwardLayer]
    const [forward, backward] = layers.map((layer, i) =>
      runInner(layer, [x, mask], () =>
        listOf(layer.forward(x, { mask, initialState: initialState?.[i] ?? null })),
      ),
    )
    // A layer gives its steps in the order in which it went through them.
    const inOrder = this.returnsSequences ? backward[0].flip({ axis: 1 }) : backward[0]
    const outputs = this.merged(forward[0], inOrder)
    const states = [...forward.slice(1), ...backward.slice(1)]
    const all = [...outputs, ...states]
    return (all.length === 1 ? all[0] : all) as Result<Output, Mode>
  }

  private merged(forward: Tensor, backward: Tensor): Tensor[] {
    switch (this.mergeMode) {
      case 'concat':
        return [concat([forward, backward], { axis: -1 })]
      case 'sum':
        return [forward.add(backward)]
      case 'mul':
        return [forward.mul(backward)]
      case 'ave':
        return [forward.add(backward).mul(0.5)]
      case 'none':
        return [forward, backward]
    }
  }

  override get givesList(): boolean {
    return this.mergeMode === 'none' || this.forwardLayer.givesList
  }

  override get contextNames(): readonly string[] {
    return ['initialState']
  }

  override outputShapes(inputs: readonly (Shape | null)[]): readonly (Shape | null)[] {
    const output = inputs[0] === null ? null : this.outputShape(inputs[0])
    const states = this.forwardLayer.outputShapes(inputs).slice(1)
    return [output, ...(this.mergeMode === 'none' ? [output] : []), ...states, ...states]
  }

  override masksFor(
    values: readonly Tensor[],
    masks: readonly (Tensor | null)[],
  ): readonly (Tensor | null)[] {
    const mask = this.maskFor(values[0], masks[0])
    return this.mergeMode === 'none' ? [mask, mask] : [mask]
  }

  private get returnsSequences(): boolean {
    return this.forwardLayer.config().returnSequences === true
  }

  override maskFor(_x: Tensor, mask: Tensor | null): Tensor | null {
    return this.returnsSequences ? mask : null
  }

  override config(): LayerConfig {
    const { forwardLayer, mergeMode, name } = this
    return { name, mergeMode, ...innerConfig(forwardLayer) }
  }
}

const listOf = (output: RecurrentOutput): readonly Tensor[] => (output instanceof Tensor ? [output] : output)

/** A new layer with the same options that reads the other way. */
function reversed<Inner extends Recurrent>(layer: Inner): Inner {
  const config = layer.config()
  if (config.goBackwards === true) {
    throw new ValueError({
      operation: 'Bidirectional',
      problem: 'needs a layer that reads forwards.',
      hint: 'leave out goBackwards: a second layer reads backwards.',
      argument: 'layer',
    })
  }
  const make = layer.constructor as new (config: LayerConfig) => Inner
  return new make({ ...config, name: '', goBackwards: true })
}

/** A `Bidirectional` layer that carries its sizes in its type. */
export const bidirectional = <
  Input extends number,
  Units extends number,
  Output extends RecurrentOutput,
  const Mode extends MergeMode = 'concat',
>(
  options: BidirectionalOptions<Input, Units, Output, Mode>,
): Bidirectional<Input, Units, Output, Mode> => new Bidirectional(options)
