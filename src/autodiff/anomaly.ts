import { readStorage } from '../engine/engine.ts'
import { NonFiniteError } from '../errors.ts'
import type { GraphNode } from '../tensor/node.ts'
import { formatShape, stridesOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type Inspector, inspection } from './inspection.ts'
import { requireFunction } from './mode.ts'

/** Where the operations of a graph ran. */
const places = new WeakMap<GraphNode, string>()

/** Deep enough to leave the library below layers within layers. */
const FRAMES = 60
/** So many lines of the user's are enough to know the place. */
const LINES = 6

/** The lines of the stack outside the library, innermost first. */
function userLines(): string {
  // V8 has the limit as a property of Error; elsewhere the property does nothing.
  const errors: { stackTraceLimit?: number } = Error
  const limit = errors.stackTraceLimit
  errors.stackTraceLimit = FRAMES
  const lines = (new Error().stack ?? '').split('\n').filter(line => /[\w>)\]]:\d+/.test(line))
  errors.stackTraceLimit = limit
  // The first line is this file: the library is its folder's parent, or the one file of a bundle.
  const own = /((?:file|https?):\/\/|\/|[A-Za-z]:[\\/])[^()]*?(?=:\d+(:\d+)?\)?$)/.exec(lines[0] ?? '')?.[0]
  const library = own?.replace(/autodiff[\\/]anomaly\.\w+$/, '')
  const outside = lines.filter(line => library === undefined || !line.includes(library))
  const shown = (outside.length > 0 ? outside : lines).slice(0, LINES)
  return shown.map(line => line.trim()).join('\n')
}

/** The first NaN (or else infinity) of a tensor: its position and number. */
function firstBad(x: Tensor): { readonly position: number; readonly value: number } | null {
  if (x.dtype !== 'float32') return null
  const values = x.storage.cold ?? readStorage(x.storage)
  let infinite: { position: number; value: number } | null = null
  for (let position = 0; position < values.length; position++) {
    const value = values[position]
    if (Number.isNaN(value)) return { position, value }
    if (infinite === null && !Number.isFinite(value)) infinite = { position, value }
  }
  return infinite
}

/** `-Infinity at [1, 2] of [3, 4]` */
function describeBad(x: Tensor, position: number, value: number): string {
  const index = stridesOf(x.shape).map((stride, axis) => Math.floor(position / stride) % x.shape[axis])
  return `${value} at [${index.join(', ')}] of ${formatShape(x.shape)}`
}

/** `[32, 10] is in −3.2 … 8.9` */
function rangeOf(x: Tensor): string {
  const values = x.storage.cold ?? readStorage(x.storage)
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i])
    high = Math.max(high, values[i])
  }
  const short = (value: number): string => String(Number(value.toPrecision(4)))
  return values.length === 0
    ? `${formatShape(x.shape)}`
    : `${formatShape(x.shape)} is in ${short(low)} … ${short(high)}`
}

/** What helps against the usual causes. */
const FIXES: Readonly<Record<string, string>> = {
  log: 'log of 0 or less: clip() it from below, or use the form from logits.',
  div: 'a division by 0: add an epsilon to the divisor.',
  reciprocal: 'a division by 0: add an epsilon.',
  sqrt: 'the root of a negative number: clip() it at 0.',
  exp: 'exp overflows above 88.7: subtract the maximum first, or use logSoftmax() or a loss from logits.',
  pow: 'a negative base with a broken exponent, or an overflow: clip() the base.',
  linear: 'the numbers overflow: lower the learning rate, clip gradients (globalClipNorm), scale the data.',
  matmul: 'the numbers overflow: lower the learning rate, clip gradients (globalClipNorm), scale the data.',
}

/** What a NaN that came in from outside calls for. */
const FROM_OUTSIDE =
  'it came in from outside: look for it in the data (missing values), or in the parameters.'

/** The ranges of all inputs, or which of them holds a NaN or infinity already. */
function originOf(inputs: readonly (Tensor | null)[], what: string): { isFinite: boolean; text: string } {
  for (const [i, input] of inputs.entries()) {
    const bad = input === null ? null : firstBad(input)
    if (input === null || bad === null) continue
    return {
      isFinite: false,
      text: `${what} ${i} holds ${describeBad(input, bad.position, bad.value)} already`,
    }
  }
  const ranges = inputs.flatMap((input, i) => (input === null ? [] : [`${what} ${i} ${rangeOf(input)}`]))
  return { isFinite: true, text: ranges.join(', ') }
}

/** Whether to stop: at every NaN, and at an infinity that was not there before (masks of −∞ are). */
const isOrigin = (value: number, inputsAreFinite: boolean): boolean => Number.isNaN(value) || inputsAreFinite

/** Refuses a result of an operation that holds a NaN, or the first infinity. */
function inspectResults(name: string, inputs: readonly Tensor[], outputs: readonly Tensor[]): void {
  if (inspection.isInGradient) return
  for (const output of outputs) {
    const bad = firstBad(output)
    if (bad === null) continue
    const origin = originOf(inputs, 'input')
    if (!isOrigin(bad.value, origin.isFinite)) continue
    throw new NonFiniteError({
      operation: name,
      problem: `gave ${describeBad(output, bad.position, bad.value)}; ${origin.text}.\n${indented(userLines())}`,
      hint: origin.isFinite
        ? (FIXES[name] ?? 'guard the input: clip() it, add an epsilon, or use the form from logits.')
        : FROM_OUTSIDE,
    })
  }
}

/** Remembers where an operation ran. */
function rememberPlace(node: GraphNode): void {
  places.set(node, userLines())
}

/** Refuses a gradient that holds a NaN, or the first infinity. */
function inspectGradient(node: GraphNode, input: number, gradient: Tensor): void {
  const bad = firstBad(gradient)
  if (bad === null) return
  const origin = originOf(node.gradients ?? [], 'incoming gradient')
  if (!isOrigin(bad.value, origin.isFinite)) return
  const place = places.get(node)
  throw new NonFiniteError({
    operation: `backward of ${node.rule.name}`,
    problem: `gave ${describeBad(gradient, bad.position, bad.value)} as the gradient of input ${input}; ${origin.text}.\n${
      place === undefined ? '  The operation ran outside detectAnomaly.' : indented(place)
    }`,
    hint: 'the derivative is infinite or undefined there (sqrt and norm at 0, log near 0): choose by where() before, not after.',
  })
}

const inspector: Inspector = { inspectResults, rememberPlace, inspectGradient }

/** How many `detectAnomaly` are running. */
let depth = 0

const indented = (lines: string): string => lines.replace(/^/gm, '  ')

/**
 * Runs a function (or an asynchronous one, until its promise is settled) with every result and every gradient looked
 * at: the first operation that gives a NaN, or an infinity from finite numbers, throws, with its place in your code.
 * Everything is slower meanwhile: it is for finding an error, not for training.
 *
 * @throws NonFiniteError naming the operation, the element, and the line where the operation ran
 * @example
 * detectAnomaly(() => loss(model.forward(x), y).backward())
 * await detectAnomaly(() => model.fit(x, y))
 */
export function detectAnomaly<T>(body: () => T): T {
  requireFunction('detectAnomaly', body)
  depth++
  inspection.inspector = inspector
  let isAsync = false
  const leave = (): void => {
    depth--
    if (depth === 0) inspection.inspector = null
  }
  try {
    const result = body()
    if (result instanceof Promise) {
      isAsync = true
      return result.finally(leave) as T
    }
    return result
  } finally {
    if (!isAsync) leave()
  }
}
