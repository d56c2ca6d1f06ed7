import type { GpuProgram } from '../../../kernels/gpu/program.ts'

/** A matrix as a kernel sees it: numbers, or texels of four, row after row. */
export interface Matrix {
  readonly rows: number
  readonly cols: number
  /** Numbers in an element: 1 or 4. */
  readonly lanes: 1 | 4
  readonly values: Float32Array
}

/** What a read beyond the end gives: a device may give anything. */
const BEYOND = 12345

/** matrix[y][x]; a column beyond the row's end reads into the next row, as on a device. */
function view({ rows, cols, lanes, values }: Matrix): unknown {
  const element = (y: number, x: number): number | number[] => {
    const place = (y * cols + x) * lanes
    const at = (lane: number): number => (place + lane < rows * cols * lanes ? values[place + lane] : BEYOND)
    return lanes === 1 ? at(0) : [at(0), at(1), at(2), at(3)]
  }
  const row = (y: number): unknown => new Proxy({}, { get: (_, x) => element(y, Number(x)) })
  return new Proxy({}, { get: (_, y) => row(Number(y)) })
}

/** Runs a kernel's text, thread by thread. */
export function runProgram(
  { source, output: [width, height], constants, returnType }: Omit<GpuProgram, 'key' | 'immutable'>,
  operands: readonly Matrix[],
): Matrix {
  const kernel = new Function(`return (${source})`)() as (...operands: unknown[]) => number | number[]
  const lanes = returnType === 'Array(4)' ? 4 : 1
  const values = new Float32Array(width * height * lanes)
  const views = operands.map(view)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const result = kernel.apply({ thread: { x, y }, constants }, views)
      values.set(typeof result === 'number' ? [result] : result, (y * width + x) * lanes)
    }
  }
  return { rows: height, cols: width, lanes, values }
}
