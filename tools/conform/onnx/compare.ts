import type { Value } from '../../../src/formats/onnx/value.ts'

export interface Tolerance {
  readonly relative: number
  readonly absolute: number
}

/** What is wrong with an output: undefined when it is right. */
export function problemOf(name: string, got: Value, want: Value, tolerance: Tolerance): string | undefined {
  if (got.type !== want.type) return `${name}: type ${got.type}, want ${want.type}`
  if (got.shape.join() !== want.shape.join()) {
    return `${name}: shape [${got.shape.join(', ')}], want [${want.shape.join(', ')}]`
  }
  const [a, b] = [got.numbers(), want.numbers()]
  for (let i = 0; i < b.length; i++) {
    if (isClose(a[i], b[i], tolerance)) continue
    return `${name}: element ${i} is ${a[i]}, want ${b[i]}`
  }
  return undefined
}

function isClose(a: number, b: number, { relative, absolute }: Tolerance): boolean {
  if (Object.is(a, b) || a === b) return true
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false
  return Math.abs(a - b) <= absolute + relative * Math.abs(b)
}
