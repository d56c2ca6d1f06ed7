/** A tensor of TensorFlow.js, as far as it is used. */
export interface TfTensor {
  readonly shape: readonly number[]
  readonly dtype: string
  dataSync(): Float32Array | Int32Array
}

export interface LayersModel {
  readonly inputs: readonly object[]
  predict(x: TfTensor | readonly TfTensor[]): TfTensor | TfTensor[]
  save(handler: object): Promise<object>
}

interface Artifacts {
  readonly modelTopology: object
  readonly weightSpecs: readonly object[]
  readonly weightData: ArrayBuffer
}

type MakeLayer = (options: object) => { apply(input: unknown): object }

/** What is used of @tensorflow/tfjs; the main type check has no types of it. */
interface Tfjs {
  readonly version: Readonly<Record<string, string>>
  readonly io: {
    fromMemory(artifacts: object): object
    withSaveHandler(handler: (artifacts: Artifacts) => Promise<object>): object
  }
  readonly layers: Readonly<Record<string, MakeLayer>>
  setBackend(name: string): Promise<boolean>
  tensor(values: ArrayBufferView, shape: readonly number[], dtype?: string): TfTensor
  randomUniform(shape: readonly number[], low: number, high: number): TfTensor
  input(options: object): object
  model(options: object): LayersModel
  sequential(options: { layers: object[] }): LayersModel
  loadLayersModel(handler: object): Promise<LayersModel>
}

const packageName = '@tensorflow/tfjs'

/** On the backend in plain JavaScript: it needs no graphics, and rounds as float32 does. */
export const tf = (await import(packageName)) as Tfjs
await tf.setBackend('cpu')
