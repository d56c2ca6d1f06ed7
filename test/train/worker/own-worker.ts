import { serveTraining } from '../../../src/index.ts'
import { absoluteLoss, meanPrediction, Scale } from './parts.ts'

serveTraining({ Scale, absoluteLoss, meanPrediction })
