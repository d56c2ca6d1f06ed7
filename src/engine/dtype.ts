/** Element types: float32 is the compute type; int32 holds indices and labels; bool comes from comparisons. */
export type DType = 'float32' | 'int32' | 'bool'

/** What a dtype is kept as outside the engine: bool as Int32Array of 0 and 1, like the kernels see it. */
export type ColdArray = Float32Array | Float64Array | Int32Array

export const isFloat = (dtype: DType): boolean => dtype === 'float32'
