import { Tensor } from '../tensor/tensor.ts'

/** Adds functions that take a tensor first as methods of tensors. */
export function addMethods(functions: object): void {
  for (const [name, operation] of Object.entries(functions)) {
    const run = operation as (...args: unknown[]) => unknown
    Object.defineProperty(Tensor.prototype, name, {
      value(this: Tensor, a?: unknown, b?: unknown) {
        return b === undefined ? (a === undefined ? run(this) : run(this, a)) : run(this, a, b)
      },
      writable: true,
      configurable: true,
    })
  }
}
