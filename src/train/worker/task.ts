import { currentEngine, getDevice, isDeterministic } from '../../engine/device.ts'
import { gpuSettings } from '../../engine/gpu/use-gpu.ts'
import { threadInfo } from '../../engine/threads/use-threads.ts'
import { UnsupportedError } from '../../errors.ts'
import { isPlainJson } from '../../io/plain-json.ts'
import type { CheckedOptions } from '../fit-options.ts'
import type { FitRun } from '../run.ts'
import type { RunState } from '../run-state.ts'
import { customLayers, describeArchitecture } from './architecture.ts'
import { buffersOfRows, copiedExamples, copiedRows } from './examples.ts'
import { hooksOf } from './hooks.ts'
import type { TrainingTask, TravellingOptions } from './messages.ts'
import { Pace } from './pace.ts'
import { cannotTravel, describeSettings, EXPORT_HINT, ownParts } from './settings.ts'
import { captureState, requireKnownSchedule } from './state.ts'
import { buffersOf, toWire } from './wire-tree.ts'

/** The options that the worker gets; they must be plain data. */
function travelling(options: CheckedOptions): TravellingOptions {
  const {
    callbacks,
    checkpoint,
    signal,
    validationData,
    sampleWeight,
    classWeight,
    worker,
    workerModule,
    ...travelling
  } = options
  const stranger = Object.entries(travelling).find(([, value]) => !isPlainJson(value))
  if (stranger === undefined) return travelling
  const part = `option "${stranger[0]}"`
  throw new UnsupportedError({
    operation: 'fit',
    problem: `cannot take the ${part} into a worker.`,
    hint: 'leave it out, or train without a worker.',
    items: [part],
  })
}

/** The examples; data that come in batches are made by code of this thread. */
function rowsOf({ rows, validation }: FitRun): NonNullable<FitRun['rows']> {
  if (rows !== null && (validation === null) === (rows.validation === null)) return rows
  const part = rows === null ? 'data' : 'validation data'
  throw new UnsupportedError({
    operation: 'fit',
    problem: `cannot take the ${part} into a worker: they come in batches.`,
    hint: 'pass arrays or tensors, or train without a worker.',
    items: [part],
  })
}

/** What is sent, but for what training changes and the data. */
export type Description = Omit<TrainingTask, 'state' | 'training' | 'validation' | 'weights'>

/** @throws UnsupportedError that names the part that cannot travel */
export function describeTask(run: FitRun): Description {
  const { model, options } = run
  rowsOf(run)
  const compiled = model.requireCompiled('fit')
  const settings = describeSettings(compiled)
  const architecture = describeArchitecture(model)
  const bringsOwn = options.workerModule !== undefined || typeof options.worker === 'function'
  if (!bringsOwn) {
    const [layer] = customLayers(architecture.config)
    if (layer !== undefined) throw cannotTravel(`layer "${layer[0]}" (${layer[1]})`, EXPORT_HINT)
    const [part] = ownParts(settings)
    if (part !== undefined) throw cannotTravel(part, EXPORT_HINT)
  }
  if (architecture.kind === 'built' && settings.optimizer.kind === 'builtIn')
    requireKnownSchedule(compiled.optimizer())
  return {
    architecture,
    settings,
    options: travelling(options),
    engine: {
      device: getDevice(),
      isDeterministic: isDeterministic(),
      hasPlainKernels: currentEngine().variant === 'muladd',
      threads: threadInfo().threads,
      gpu: gpuSettings(),
    },
    module: options.workerModule?.href ?? null,
    hooks: hooksOf(run),
    stateEverySteps: options.checkpoint?.everySteps ?? null,
  }
}

/** Copies what the worker needs, piece by piece; with the buffers that move there. */
export async function packTask(
  run: FitRun,
  state: RunState,
  described: Description,
): Promise<{ readonly task: TrainingTask; readonly transfer: ArrayBuffer[] }> {
  const pace = new Pace()
  const rows = rowsOf(run)
  const training = await copiedExamples(rows.training, pace)
  const validation = rows.validation === null ? null : await copiedExamples(rows.validation, pace)
  const weights = rows.weights === null ? null : await copiedRows(rows.weights, pace)
  const packed = toWire(captureState(run, state))
  const examples = validation === null ? [training] : [training, validation]
  const all = examples.flatMap(({ x, y }) => [...x.parts, ...y.parts])
  return {
    task: { ...described, training, validation, weights, state: packed },
    transfer: [...buffersOf(packed), ...buffersOfRows(weights === null ? all : [...all, weights])],
  }
}
