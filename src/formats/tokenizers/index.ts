export {
  type EncodeOptions,
  HuggingFaceTokenizer,
  type HuggingFaceOptions,
  loadTokenizer,
} from './hugging-face.ts'
export { toTokenizerJson } from './to-tokenizer-json.ts'
