import { currentEngine } from '../../engine/device.ts'
import { BuildError, ValueError } from '../../errors.ts'
import { readGenerator } from '../../io/generator-state.ts'
import { StateReader } from '../../io/state-reader.ts'
import type { StateTree } from '../../io/state-tree.ts'
import { defaultGenerator } from '../../tensor/random.ts'
import type { CallbackList } from '../callback-list.ts'
import { freshMetrics } from '../evaluate.ts'
import type { FitEvent } from '../events.ts'
import type { FitRun } from '../run.ts'
import type { RunState } from '../run-state.ts'
import { CheckpointKeeper, type FoundCheckpoint } from './keeper.ts'
import { carriedState, optimizerState, restoreCarried, restoreOptimizer, resuming } from './model-state.ts'
import type { CheckpointOptions } from './options.ts'

/** The checkpoints of a `fit`. */
export class RunCheckpoints {
  private found: FoundCheckpoint | null = null
  /** Batches whose gradients wait for a step: amid them nothing can be saved. */
  private isWaiting = false

  private constructor(
    private readonly keeper: CheckpointKeeper,
    private readonly options: CheckpointOptions,
    private readonly run: FitRun,
    private readonly state: RunState,
    private readonly callbacks: CallbackList,
  ) {}

  /** null where the run has no checkpoints. */
  static async open(run: FitRun, state: RunState, callbacks: CallbackList): Promise<RunCheckpoints | null> {
    const { checkpoint } = run.options
    if (checkpoint === undefined) return null
    if (checkpoint.everySteps !== undefined) requireStates(run)
    const keeper = await CheckpointKeeper.open(checkpoint)
    return new RunCheckpoints(keeper, checkpoint, run, state, callbacks)
  }

  close(): Promise<void> {
    return this.keeper.release()
  }

  /**
   * Before training: puts everything but the callbacks where the newest checkpoint left it.
   * @throws ValueError where it does not fit the model, the optimizer or the data
   */
  async resume(): Promise<void> {
    if (!this.run.options.resume) return this.keeper.requireEmpty()
    this.found = await this.keeper.newest()
    if (this.found === null) return
    const { name } = this.found
    const saved = new StateReader(this.found.state, name)
    const { model, training } = this.run
    resuming(name, () => {
      requireSameSettings(saved.inner('settings'), settingsOf(this.run))
      restoreModel(this.run, saved)
    })
    warnOfOtherEngine(name, saved.text('engine'))
    restoreCarried(model, saved.get('carried'))
    this.state.loadStateDict(saved.get('run'), freshMetrics(model, 'fit'))
    await training.loadStateDict(saved.get('data'))
  }

  /** After `onTrainBegin`: the callbacks, and at last the generator, from which anything may have drawn meanwhile. */
  async resumeCallbacks(): Promise<void> {
    if (this.found === null) return
    const saved = new StateReader(this.found.state, this.found.name)
    const left = await this.callbacks.loadStateDict(saved.inner('callbacks'))
    if (left.length > 0) {
      console.warn(
        `checkpoint "${this.found.name}" has the state of callbacks that are not there any more: ${left.join(', ')}.`,
      )
    }
    const generator = readGenerator(saved.get('generator'))
    if (generator !== null) defaultGenerator().restore(generator)
    this.found = null
  }

  /** To be called after the callbacks were told of an event. */
  async after(event: FitEvent): Promise<void> {
    if (event.hook === 'onEpochEnd') await this.save()
    if (event.hook !== 'onBatchEnd') return
    this.isWaiting = !event.isStep
    const { everySteps } = this.options
    if (event.isStep && everySteps !== undefined && this.state.step % everySteps === 0) await this.save()
  }

  /** The run is aborted: nothing of it shall be lost. */
  async afterAbort(): Promise<void> {
    const isAmidEpoch = this.state.isInEpoch && this.options.everySteps !== undefined
    if (!this.isWaiting && (isAmidEpoch || canSave(this.run))) await this.save()
  }

  private async save(): Promise<void> {
    const { model, training } = this.run
    // A run that ended before its first batch has nothing to go on from.
    if (!isBuilt(model)) return
    await this.keeper.save(this.state.step, {
      run: this.state.stateDict(),
      data: training.stateDict(),
      settings: settingsOf(this.run),
      generator: { ...defaultGenerator().state() },
      model: model.stateDict(),
      carried: carriedState(model),
      optimizer: optimizerState(model.requireCompiled('fit').optimizer()),
      callbacks: this.callbacks.stateDict(),
      engine: engineNow(),
    })
  }
}

const engineNow = (): string => {
  const { name, variant } = currentEngine()
  return name === variant ? name : `${name} (${variant})`
}

function warnOfOtherEngine(name: string, before: string): void {
  const now = engineNow()
  if (before === now) return
  console.warn(
    `checkpoint "${name}" was written on ${before}, and training goes on with ${now}: last bits may differ.`,
  )
}

/** What must be the same for the run to go on as if it had never ended. */
const settingsOf = ({ model, options, training }: FitRun): Readonly<Record<string, StateTree>> => ({
  ...training.describe(),
  accumulate: options.accumulate,
  figures: freshNames(model),
})

const freshNames = (model: FitRun['model']): string[] =>
  freshMetrics(model, 'fit').map(measure => measure.name)

function requireSameSettings(saved: StateReader, now: Readonly<Record<string, StateTree>>): void {
  for (const name of new Set([...saved.names, ...Object.keys(now)])) {
    const before = saved.names.includes(name) ? JSON.stringify(saved.get(name)) : 'nothing'
    const after = Object.hasOwn(now, name) ? JSON.stringify(now[name]) : 'nothing'
    if (before === after) continue
    throw new ValueError({
      operation: 'fit',
      problem: `had ${before} as ${name} when the checkpoint was written, and has ${after} now.`,
      hint: 'resume with the same data and options; epochs may be more.',
      argument: name,
      received: now[name],
    })
  }
}

function restoreModel({ model }: FitRun, saved: StateReader): void {
  const { optimizer } = model.requireCompiled('fit')
  const before = isBuilt(model) ? model.stateDict() : null
  model.loadStateDict(saved.tensors('model'))
  try {
    restoreOptimizer(optimizer(), saved.get('optimizer'))
  } catch (error) {
    if (before !== null) model.loadStateDict(before)
    throw error
  }
}

function isBuilt(model: FitRun['model']): boolean {
  try {
    return model.namedState().size >= 0
  } catch (error) {
    if (error instanceof BuildError) return false
    throw error
  }
}

const canSave = ({ model }: FitRun): boolean =>
  freshMetrics(model, 'fit').every(({ stateDict }) => stateDict !== undefined)

/** @throws ValueError for a metric whose figures could not go on amid an epoch */
function requireStates({ model }: FitRun): void {
  const silent = freshMetrics(model, 'fit').find(({ stateDict }) => stateDict === undefined)
  if (silent === undefined) return
  throw new ValueError({
    operation: 'checkpoint',
    problem: `cannot save amid an epoch: the metric '${silent.name}' has no stateDict.`,
    hint: 'give it stateDict() and loadStateDict(state), or leave everySteps out.',
    argument: 'everySteps',
  })
}
