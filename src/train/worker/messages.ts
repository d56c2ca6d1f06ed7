import type { Rows } from '../../data/rows.ts'
import type { DeviceName } from '../../engine/engine.ts'
import type { gpuSettings } from '../../engine/gpu/use-gpu.ts'
import type { ScheduleConfig } from '../../optim/schedules/schedule.ts'
import type { FitEvent } from '../events.ts'
import type { Examples } from '../examples.ts'
import type { CheckedOptions } from '../fit-options.ts'
import type { Architecture } from './architecture.ts'
import type { PackedError } from './errors.ts'
import type { Settings } from './settings.ts'
import type { WireTree } from './wire-tree.ts'

/** A learning rate; null for a schedule that only its own thread knows. */
export type Rate = number | ScheduleConfig | null

/** The optimizer's rate, and those of its groups that have one of their own. */
export interface Rates {
  readonly shared: Rate
  readonly groups: readonly Rate[]
}

/** The options of a run that are plain data. */
export type TravellingOptions = Omit<
  CheckedOptions,
  | 'callbacks'
  | 'checkpoint'
  | 'signal'
  | 'validationData'
  | 'sampleWeight'
  | 'classWeight'
  | 'worker'
  | 'workerModule'
>

/** How this thread computes, so that the worker computes the same bits. */
export interface EngineSettings {
  readonly device: DeviceName
  readonly isDeterministic: boolean
  /** Whether the kernels do without fused multiply-add, be it that there is none, or none in the bundle. */
  readonly hasPlainKernels: boolean
  readonly threads: number
  /** How the GPU is reached; null without one. */
  readonly gpu: ReturnType<typeof gpuSettings>
}

/** Everything that a worker needs to train. */
export interface TrainingTask {
  readonly architecture: Architecture
  readonly settings: Settings
  /** What training changes, as it is now. */
  readonly state: WireTree
  readonly training: Examples
  readonly validation: Examples | null
  /** One factor per training example. */
  readonly weights: Rows | null
  readonly options: TravellingOptions
  readonly engine: EngineSettings
  /** Address of the module whose exports may be used. */
  readonly module: string | null
  /**
   * The hooks that somebody in the main thread listens to: the worker waits for those who may change something (`ask`),
   * and only lets observers know (`tell`).
   */
  readonly hooks: ReadonlyMap<EventHook, 'ask' | 'tell'>
  /** Brings the state along after each so many steps, for checkpoints; null: only around epochs. */
  readonly stateEverySteps: number | null
}

type NonFinite = Extract<FitEvent, { readonly hook: 'onNonFiniteLoss' }>

/** An event of the run, but for the class of its error. */
export type WireEvent =
  | Exclude<FitEvent, NonFinite>
  | (Omit<NonFinite, 'error'> & { readonly error: PackedError })

export type EventHook = FitEvent['hook']

/** What the main thread has changed while the worker waited. */
export interface Answer {
  readonly kind: 'answer'
  readonly stop: boolean
  readonly rates: Rates | null
  readonly state: WireTree | null
}

export type ToWorker =
  | { readonly kind: 'train'; readonly task: TrainingTask }
  | { readonly kind: 'stop' | 'abort' }
  | Answer

/** A moment at which the worker waits for an answer. */
export interface Question {
  readonly kind: 'question'
  readonly event: WireEvent
  /** Steps of the optimizer, where it exists. */
  readonly stepCount: number | null
  readonly state: WireTree | null
}

/** The last message: why training ended, and where. */
export interface Ended {
  readonly kind: 'ended'
  /** `done` also where it was stopped. */
  readonly outcome: 'done' | 'aborted' | PackedError
  /** null when training has not begun. */
  readonly state: WireTree | null
}

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'events'; readonly events: readonly WireEvent[] }
  | Question
  | Ended
