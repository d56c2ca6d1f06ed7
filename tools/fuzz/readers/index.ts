import type { Reader } from '../reader.ts'
import { checkpoint, resumed } from './checkpoint.ts'
import { huggingFace } from './hugging-face.ts'
import { kerasArchive, kerasConfig, kerasWeights } from './keras.ts'
import { model, modelFolder, modelStore } from './models.ts'
import { onnx } from './onnx.ts'
import { pytorch } from './pytorch.ts'
import { safetensors, stateDict } from './safetensors.ts'
import { csv, ndjson } from './tables.ts'
import { preprocessing, tokenizer } from './text.ts'
import { tfjs, tfjsFolder } from './tfjs.ts'

/** Everything that takes files from outside. */
export const readers: readonly Reader[] = [
  safetensors,
  stateDict,
  model,
  modelStore,
  modelFolder,
  checkpoint,
  resumed,
  tokenizer,
  preprocessing,
  ndjson,
  pytorch,
  tfjs,
  tfjsFolder,
  onnx,
  kerasConfig,
  kerasWeights,
  kerasArchive,
  huggingFace,
  csv,
]
