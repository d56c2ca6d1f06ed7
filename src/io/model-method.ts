import { Model, type ModelResult } from '../train/model.ts'
import { saveModel, type SaveTarget } from './save.ts'
import type { SaveOptions } from './serialize.ts'

// io imports train, never the other way round; so the method is added here, as ops/methods.ts does for tensors. A
// dynamic import inside the method would hide a cycle, and make the bundler wrap every module on it.
declare module '../train/model.ts' {
  interface Model<Result> {
    /**
     * Saves the model to a directory, a `.safetensors` file or a store such as `indexedDbStore('reviews')`; see
     * `saveModel`. `load` gives it back.
     * @example await model.save('models/reviews', { tokenizer })
     */
    save(target: SaveTarget, options?: SaveOptions): Promise<void>
  }
}

Object.defineProperty(Model.prototype, 'save', {
  value(this: Model<ModelResult>, target: SaveTarget, options?: SaveOptions): Promise<void> {
    return saveModel(this, target, options)
  },
  writable: true,
  configurable: true,
})
