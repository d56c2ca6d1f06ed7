import { adadelta, adagrad, adam, adamax, adamw, lion, muon, nadam, rmsprop, sgd } from './resolve.ts'

/** The optimizers by the names that `compile` knows. */
export const optimizerByName = {
  sgd,
  adam,
  adamw,
  adamax,
  nadam,
  rmsprop,
  adagrad,
  adadelta,
  lion,
  muon,
} as const

export type OptimizerName = keyof typeof optimizerByName
