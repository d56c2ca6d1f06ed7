import { gateTrace } from './attribution/gate-trace.ts'
import { integratedGradients } from './attribution/integrated-gradients.ts'
import { occlusion } from './attribution/occlusion.ts'
import { saliency } from './attribution/saliency.ts'
import { wordColours } from './attribution/word-colours.ts'
import { explain as explainDevices } from './inspect/explain.ts'

/**
 * `explain(model, batch)` says where the matrix products of a step are computed, and why; its parts say why a model
 * gives an output: `saliency`, `integratedGradients`, `occlusion`, `gateTrace`, and `wordColours` to show it.
 *
 * @example
 * const model = sequential(dense({ units: 1, inputSize: 2 }))
 * explain.saliency(model, [[1, 2]]).shape   // [1, 2]
 */
export const explain = /* @__PURE__ */ Object.assign(explainDevices, {
  saliency,
  integratedGradients,
  occlusion,
  gateTrace,
  wordColours,
})
