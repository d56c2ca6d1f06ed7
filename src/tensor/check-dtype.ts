import type { DType } from '../engine/dtype.ts'
import { DTypeError } from '../errors.ts'

const KNOWN: readonly string[] = ['float32', 'int32', 'bool'] satisfies readonly DType[]

/** Refuses names of element types that do not exist. */
export function checkDType(operation: string, dtype: DType): void {
  if (KNOWN.includes(dtype)) return
  throw new DTypeError({
    operation,
    problem: `does not know the element type ${typeof dtype === 'string' ? `"${String(dtype)}"` : `given as ${typeof dtype}`}.`,
    hint: `use one of ${KNOWN.join(', ')}.`,
    dtypes: [dtype],
  })
}
