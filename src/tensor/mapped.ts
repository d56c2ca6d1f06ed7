import type { ColdArray } from '../engine/dtype.ts'
import { readStorage } from '../engine/engine.ts'
import { withVisibility } from '../engine/lifetime.ts'
import { Storage } from '../engine/storage.ts'
import { ValueError } from '../errors.ts'
import { formatShape, sameShape, sizeOf } from './shape.ts'
import { Tensor } from './tensor.ts'

/** One running `vmap`: how many examples it has. Those within others have larger numbers. */
export interface MapLevel {
  readonly depth: number
  readonly size: number
  /** The one around it. */
  readonly outer: MapLevel | null
  /** False once its function has returned. */
  isRunning: boolean
}

/** How many `vmap` are running inside one another, and the innermost one. */
export const mapping: { depth: number; innermost: MapLevel | null } = { depth: 0, innermost: null }

/**
 * The numbers of what looks like one example to the function inside `vmap`, and is all of them: a tensor with this
 * storage has the shape of one example, while `physical` has the examples as its first axis. With `isMapped` false it
 * is a tensor that is the same for every example, and counts as another one than the tensor outside.
 */
export class MappedStorage extends Storage {
  constructor(
    readonly level: MapLevel,
    readonly physical: Tensor,
    readonly isMapped: boolean,
  ) {
    super(physical.dtype, isMapped ? sizeOf(physical.shape.slice(1)) : physical.size)
    this.visible = true
  }

  override get cold(): never {
    if (!this.level.isRunning) throw escaped()
    throw new ValueError({
      operation: 'vmap',
      problem: 'cannot give the numbers of one example: inside it, a tensor stands for all of them.',
      hint: 'leave data(), item() and operations whose result depends on single numbers outside; choose with where().',
    })
  }

  override set cold(_: null) {
    throw new Error('internal: a mapped storage was written to')
  }
}

/** A tensor at a level, as the operations see it that run on all examples at once. */
export interface MapInput {
  readonly x: Tensor
  /** Whether the first axis of x is that of the examples. */
  readonly isMapped: boolean
}

export const isMappedTensor = (x: Tensor): boolean => x.storage instanceof MappedStorage

/** A tensor's numbers to look at; an operation that needs them cannot be mapped, and says so. */
export function numbersIn(operation: string, x: Tensor): ColdArray {
  if (isMappedTensor(x)) {
    throw new ValueError({
      operation,
      problem: `cannot run inside vmap: what it does depends on single numbers of a tensor ${formatShape(x.shape)} that stands for all examples.`,
      hint: "run it outside, or with vmap(f, {randomness: 'different'}), which runs f once per example.",
    })
  }
  return x.storage.cold ?? readStorage(x.storage)
}

/** A tensor that stands for all examples of a level. */
export function wrapMapped(level: MapLevel, physical: Tensor, isMapped: boolean): Tensor {
  physical.storage.visible = true
  const shape = isMapped ? physical.shape.slice(1) : physical.shape
  return new Tensor(new MappedStorage(level, physical, isMapped), shape)
}

/** What a tensor is outside a level. */
export function unwrapMapped(x: Tensor, level: MapLevel): MapInput {
  const { storage } = x
  if (!(storage instanceof MappedStorage) || storage.level !== level) return { x, isMapped: false }
  const { physical, isMapped } = storage
  const shape = isMapped ? [level.size, ...x.shape] : x.shape
  // Views share the storage under another shape.
  return { x: sameShape(physical.shape, shape) ? physical : physical.reshape(shape), isMapped }
}

/** The innermost level that one of the tensors belongs to, or null. */
export function levelOf(inputs: readonly Tensor[]): MapLevel | null {
  let level: MapLevel | null = null
  for (let i = 0; i < inputs.length; i++) {
    const { storage } = inputs[i]
    if (!(storage instanceof MappedStorage)) continue
    if (!storage.level.isRunning) throw escaped()
    if (level === null || storage.level.depth > level.depth) level = storage.level
  }
  return level
}

const escaped = (): ValueError =>
  new ValueError({
    operation: 'vmap',
    problem: 'has returned, and a tensor from inside is used outside.',
    hint: 'return it from the function; do not keep it in a variable.',
  })

/** Runs what works on all examples of a level, outside of it; user code may hold the tensors that come out. */
export function onAllExamples<T>(level: MapLevel, body: () => T): T {
  const { innermost } = mapping
  mapping.innermost = level.outer
  try {
    return withVisibility('user', null, body)
  } finally {
    mapping.innermost = innermost
  }
}

/** Applies a function that treats leading axes alike to all examples of a tensor that stands for them. */
export function throughExamples(x: Tensor, f: (all: Tensor, isMapped: boolean) => Tensor): Tensor {
  const level = levelOf([x])
  if (level === null) return f(x, false)
  const { x: all, isMapped } = unwrapMapped(x, level)
  return wrapMapped(
    level,
    onAllExamples(level, () => f(all, isMapped)),
    isMapped,
  )
}
