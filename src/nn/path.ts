import { TensorloomError } from '../errors.ts'

/** Runs a layer's code; an error gets the layer into its path, the innermost standing last. */
export function inLayer<T>(label: string, body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (error instanceof TensorloomError) error.enterLayer(label)
    throw error
  }
}
