// What `tensorloom` has and `tensorloom/mini` leaves out, though the core has a place for it.
import './engine/all-devices.ts'
import './ops/methods.ts'
import './io/model-method.ts'
import { lossByName } from './losses/by-name.ts'
import { lossNames } from './losses/resolve.ts'
import { metricByName } from './metrics/by-name.ts'
import { metricNames } from './metrics/resolve.ts'
import { applyModule } from './nn/graph/apply.ts'
import { graphApply } from './nn/graph/part.ts'
import { optimizerByName } from './optim/by-name.ts'
import { optimizerNames } from './optim/resolve.ts'
import { RunCheckpoints } from './train/checkpoint/run-checkpoints.ts'
import { fitEvents } from './train/fit-events.ts'
import { investigatedStep } from './train/nan-detective.ts'
import {
  checkpoints,
  iterableSource,
  modelSummary,
  nanDetective,
  progressBar,
  trainingEvents,
} from './train/parts.ts'
import { progress } from './train/progress.ts'
import { IterableSource } from './train/source/iterable-source.ts'
import { summary } from './train/summary.ts'
import { workerFit } from './train/worker/hook.ts'
import { remoteFit } from './train/worker/load-remote.ts'

lossNames.fill(lossByName)
metricNames.fill(metricByName)
optimizerNames.fill(optimizerByName)
graphApply.add(applyModule)
checkpoints.add(RunCheckpoints)
nanDetective.add(investigatedStep)
progressBar.add(progress)
iterableSource.add(IterableSource)
trainingEvents.add(fitEvents)
modelSummary.add(summary)
workerFit.add(remoteFit)
