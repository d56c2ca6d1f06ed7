/**
 * tensorloom's contenders by task (see ../tasks.ts): each entry makes a fresh contender. Data and initial weights
 * come from `dataFor(id)` in ../data.ts, the same for everyone.
 */
import packageJson from '../../package.json' with { type: 'json' }
import type { Library } from '../harness.ts'
import { convolutions } from './cnn.ts'
import { encoders } from './encoder.ts'
import { evaluations } from './evaluations.ts'
import { trainings } from './training.ts'

export const library: Library = {
  name: 'tensorloom',
  versions: { tensorloom: packageJson.version },
  entries: { ...evaluations, ...trainings, ...convolutions, ...encoders },
}
