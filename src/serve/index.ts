import '../complete.ts'

export {
  type Answer,
  type OutputValue,
  type Prediction,
  Predictor,
  type PredictorOptions,
} from './predictor.ts'
export { createServer, type ServerOptions } from './server.ts'
