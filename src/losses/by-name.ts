import { binaryCrossentropy } from './binary-crossentropy.ts'
import { categoricalCrossentropy } from './categorical-crossentropy.ts'
import { categoricalHinge } from './categorical-hinge.ts'
import { cosineSimilarity } from './cosine-similarity.ts'
import { hinge, squaredHinge } from './hinge.ts'
import { huber, smoothL1 } from './huber.ts'
import { klDivergence } from './kl-divergence.ts'
import { logCosh } from './log-cosh.ts'
import { meanAbsoluteError } from './mean-absolute-error.ts'
import { meanSquaredError } from './mean-squared-error.ts'
import { negativeLogLikelihood } from './negative-log-likelihood.ts'
import { poisson } from './poisson.ts'
import { meanAbsolutePercentageError, meanSquaredLogarithmicError } from './relative-errors.ts'
import { sparseCategoricalCrossentropy } from './sparse-categorical-crossentropy.ts'

/** The built-in losses, by the names that `compile` knows. */
export const lossByName = {
  meanSquaredError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredLogarithmicError,
  binaryCrossentropy,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
  negativeLogLikelihood,
  huber,
  smoothL1,
  logCosh,
  hinge,
  squaredHinge,
  categoricalHinge,
  klDivergence,
  cosineSimilarity,
  poisson,
} as const

export type LossName = keyof typeof lossByName
