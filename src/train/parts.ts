import { Part } from '../part.ts'
import type { Callback } from './callback.ts'
import type { RunCheckpoints } from './checkpoint/run-checkpoints.ts'
import type { fitEvents } from './fit-events.ts'
import type { investigatedStep } from './nan-detective.ts'
import type { IterableSource } from './source/iterable-source.ts'
import type { summary } from './summary.ts'

/** What training can do without: see `Part`. */
export const checkpoints = new Part<typeof RunCheckpoints>('fit with checkpoints')
export const nanDetective = new Part<typeof investigatedStep>("fit with debug: 'nan'")
export const progressBar = new Part<() => Callback>('fit with verbose: true')
export const iterableSource = new Part<typeof IterableSource>('training on an iterable of batches')
export const trainingEvents = new Part<typeof fitEvents>('model.fitEvents()')
export const modelSummary = new Part<typeof summary>('model.summary()')
