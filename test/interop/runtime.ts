/** A tensor that the runtime gives. */
export interface Output {
  readonly data: ArrayLike<number | bigint>
  readonly dims: readonly number[]
}

/** What is used of onnxruntime-node; the main type check has no types of it. */
interface Runtime {
  InferenceSession: {
    create(bytes: Uint8Array): Promise<{
      inputNames: readonly string[]
      outputNames: readonly string[]
      run(feeds: Record<string, object>): Promise<Record<string, Output>>
    }>
  }
  Tensor: new (type: string, data: ArrayBufferView, dims: readonly number[]) => object
}

const packageName = 'onnxruntime-node'

export const runtime = (await import(packageName)) as Runtime
