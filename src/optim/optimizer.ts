import { currentEngine } from '../engine/device.ts'
import type { Engine } from '../engine/engine.ts'
import { ShapeError, ValueError } from '../errors.ts'
import { refuseUnknown } from '../nn/options.ts'
import { formatShape, sameShape } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { takeTouchedRows } from '../tensor/touched-rows.ts'
import { clipGradNorm, clipGradValue } from './clip.ts'
import { listGroups, ParameterGroup, type Updated } from './groups.ts'
import { checkHyperparameter } from './hyperparameters.ts'
import { LearningRate } from './learning-rate.ts'
import { ownedTensor } from './parameters.ts'
import type { Schedule } from './schedules/schedule.ts'
import { type OptimizerState, readState, type Slots } from './state.ts'
import { Update } from './update.ts'

/** Options of every optimizer. */
export interface OptimizerOptions {
  /** A number, or a schedule over the steps. */
  readonly learningRate?: number | Schedule
  /** Before each step, gradients are scaled down in place until their common Euclidean norm is at most this. */
  readonly globalClipNorm?: number
  /** Before each step, gradient elements are clipped in place to −value … value. */
  readonly clipValue?: number
}

/** What a kind of optimizer says about itself. */
export interface OptimizerKind<Options, Settings> {
  readonly name: string
  readonly defaultRate: number
  /** Names of the options that it has besides those of every optimizer. */
  readonly known: readonly string[]
  /** Checks the options of one group, and fills in the defaults. */
  readonly settings: (options: Options) => Settings
}

/**
 * Averages of gradients that have become 0 decay into subnormal numbers, and rounding keeps them there. Processors take
 * several times as long for those: a step with many dead units would stay slow. So they are cleared now and then.
 */
const FLUSH_EVERY = 64

function flush(engine: Engine, slots: Slots): void {
  for (const { storage } of slots.tensors.values()) {
    engine.kernels.flushSubnormals(engine.pointerForWrite(storage), storage.length)
  }
}

/** Base of the optimizers: which parameters, in what order, with what memory; subclasses say how one is updated. */
export abstract class Optimizer<Settings = unknown, Options extends OptimizerOptions = OptimizerOptions> {
  /** As `compile` and checkpoints call it. */
  abstract readonly name: string
  readonly parameters: ReadonlyMap<string, Tensor>
  /** The parameters with what they are updated by; one group, unless groups were given. */
  readonly groups: readonly ParameterGroup<Settings>[]
  private readonly slots = new Map<Tensor, Slots>()
  private readonly globalClipNorm: number | undefined
  private readonly clipValue: number | undefined
  private readonly rate: LearningRate
  private steps = 0

  constructor(kind: OptimizerKind<Options, Settings>, source: Updated<Options>, options: Options) {
    const { name: operation, defaultRate, settings, known } = kind
    refuseUnknown(operation, options, ['learningRate', ...known, 'globalClipNorm', 'clipValue'])
    const { learningRate = defaultRate, globalClipNorm, clipValue } = options
    if (globalClipNorm !== undefined && clipValue !== undefined) {
      throw new ValueError({
        operation,
        problem: 'takes one of globalClipNorm and clipValue, got both.',
        argument: 'clipValue',
        received: clipValue,
      })
    }
    if (globalClipNorm !== undefined)
      checkHyperparameter(operation, 'globalClipNorm', globalClipNorm, { above: 0 })
    if (clipValue !== undefined) checkHyperparameter(operation, 'clipValue', clipValue, { above: 0 })
    this.globalClipNorm = globalClipNorm
    this.clipValue = clipValue
    this.rate = new LearningRate(operation, learningRate)
    const { named, groups } = listGroups(operation, source)
    this.parameters = named
    for (const { options: given } of groups)
      if (given !== undefined) refuseUnknown(operation, given, ['parameters', 'learningRate', ...known])
    this.groups = groups.map(
      group =>
        new ParameterGroup(
          operation,
          group.parameters,
          settings({ ...options, ...group.options }),
          group.options?.learningRate,
          this.rate,
          () => this.steps,
        ),
    )
  }

  /** The rate of the next step; groups with a rate of their own differ. */
  get learningRate(): number {
    return this.rate.at(this.steps)
  }

  /**
   * A number takes the place of a schedule.
   * @throws ValueError unless it is a schedule, or finite and ≥ 0
   */
  set learningRate(value: number | Schedule) {
    this.rate.set(value)
  }

  /** The schedule that the learning rate follows, if it follows one. */
  get schedule(): Schedule | null {
    return this.rate.schedule
  }

  /** How often `step` has run. */
  get stepCount(): number {
    return this.steps
  }

  /** Lets schedules go on from this step, where the steps were taken elsewhere: in a worker. */
  countSteps(steps: number): void {
    this.steps = steps
  }

  /**
   * Updates, in place, every parameter that has a gradient; the others are left untouched.
   * @throws ValueError when there are no parameters at all; ShapeError for a gradient of another shape
   */
  step(): void {
    if (this.parameters.size === 0) {
      throw new ValueError({
        operation: `${this.name}.step`,
        problem: 'has no parameters to update.',
        hint: 'create the optimizer with model.parameters() of a built model.',
        argument: 'parameters',
      })
    }
    const rates = this.groups.map(group => group.learningRate)
    const parameters = this.parameters.values()
    if (this.globalClipNorm !== undefined) clipGradNorm(parameters, { maxNorm: this.globalClipNorm })
    else if (this.clipValue !== undefined) clipGradValue(parameters, { value: this.clipValue })
    const engine = currentEngine()
    this.groups.forEach(({ parameters, settings }, index) => {
      const learningRate = rates[index]
      for (const parameter of parameters) {
        const { gradient } = parameter
        if (gradient === null) continue
        if (!sameShape(gradient.shape, parameter.shape)) throw this.wrongGradient(parameter, gradient)
        let slots = this.slots.get(parameter)
        if (slots === undefined) {
          slots = { steps: 0, tensors: new Map() }
          this.slots.set(parameter, slots)
        }
        slots.steps++
        engine.own(parameter.storage)
        engine.beginOperation()
        const update = new Update(engine, parameter, gradient, slots, settings, learningRate)
        const rows = this.takesRows(parameter, settings) ? takeTouchedRows(parameter) : null
        if (rows === null) this.update(update)
        else update.onRows(rows, () => this.update(update))
        if (slots.steps % FLUSH_EVERY === 0) flush(engine, slots)
      }
    })
    this.steps++
  }

  /** Forgets the gradients. Their memory is reused at once, unless user code has looked at them. */
  zeroGrad(): void {
    for (const parameter of this.parameters.values()) {
      const { gradient } = parameter
      if (gradient === null) continue
      parameter.gradient = null
      takeTouchedRows(parameter)
      const { storage } = gradient
      const isOurs = !storage.visible && !storage.recorded && gradient.node === null
      if (isOurs) storage.engine?.release(storage)
    }
  }

  /** A copy of everything that later steps depend on, apart from the options. */
  stateDict(): OptimizerState {
    const numbers = new Map([
      ['learningRate', this.learningRate],
      ['stepCount', this.steps],
    ])
    this.groups.forEach((group, index) => {
      if (group.hasOwnRate) numbers.set(groupRate(index), group.learningRate)
    })
    const tensors = new Map<string, Tensor>()
    for (const [name, parameter] of this.parameters) {
      const slots = this.slots.get(parameter)
      if (slots === undefined) continue
      numbers.set(`${name}.steps`, slots.steps)
      for (const [slot, value] of slots.tensors)
        tensors.set(`${name}.${slot}`, fromCold(value.values(), value.shape, 'float32'))
    }
    return { optimizer: this.name, numbers, tensors }
  }

  /**
   * Continues from a saved state, bit for bit. It is checked completely before anything changes. Schedules are options:
   * where there is one it goes on from the saved step, else the saved rate holds.
   *
   * @throws ValueError for another optimizer's state, missing or unknown entries; ShapeError for another shape
   */
  loadStateDict(state: OptimizerState): void {
    const groupOf = new Map(
      this.groups.flatMap(group => group.parameters.map(parameter => [parameter, group] as const)),
    )
    const slotsOf = (parameter: Tensor): readonly string[] => {
      const group = groupOf.get(parameter)
      return group === undefined ? [] : this.slotNames(parameter, group.settings)
    }
    const groupRates = this.groups.map((_, index) => groupRate(index))
    const saved = readState(this.name, this.parameters, slotsOf, groupRates, state)
    this.slots.clear()
    for (const [parameter, { steps, tensors }] of saved.slots) {
      const copies = new Map<string, Tensor>()
      for (const [slot, value] of tensors) copies.set(slot, ownedTensor(value.shape, value.values()))
      this.slots.set(parameter, { steps, tensors: copies })
    }
    if (this.rate.schedule === null) this.rate.set(saved.rates.get('learningRate') ?? 0)
    this.groups.forEach((group, index) => {
      const rate = saved.rates.get(groupRate(index))
      if (rate !== undefined && group.schedule === null) group.learningRate = rate
    })
    this.steps = saved.stepCount
  }

  /** The tensors that a parameter has after its first update. */
  protected abstract slotNames(parameter: Tensor, settings: Settings): readonly string[]

  /** Runs the kernels on one parameter, or a stretch of it. */
  protected abstract update(update: Update<Settings>): void

  /** Whether rows of a parameter can be updated by themselves. */
  protected takesRows(_parameter: Tensor, _settings: Settings): boolean {
    return true
  }

  private wrongGradient(parameter: Tensor, gradient: Tensor): ShapeError {
    const [name] = [...this.parameters].find(([, candidate]) => candidate === parameter) ?? ['?']
    return new ShapeError({
      operation: this.name,
      problem: `got a gradient ${formatShape(gradient.shape)} for the parameter "${name}" ${formatShape(parameter.shape)}.`,
      hint: 'a gradient set by hand has the shape of its parameter.',
      shapes: [gradient.shape, parameter.shape],
    })
  }
}

/** Name of a group's own rate in a state. */
const groupRate = (index: number): string => `groups[${index}].learningRate`
