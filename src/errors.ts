/** What every error is made of; the message is derived from it. */
export interface ErrorFacts {
  /** Operation, layer path or file that refused, e.g. `matmul` or `Dense "hidden"`. */
  readonly operation: string
  /** What is wrong, with the values on both sides, continuing the sentence that `operation` starts. */
  readonly problem: string
  /** What to do about it. */
  readonly hint?: string
  /** The error underneath, if there was one. */
  readonly cause?: unknown
}

/**
 * The root of every error that this library throws on purpose.
 *
 * The message is `${operation} ${problem}` and, on a line of its own, the hint.
 *
 * @example
 * throw new ShapeError({
 *   operation: 'matmul',
 *   problem: 'needs equal inner sizes, got [2, 3] · [5, 4] (3 ≠ 5).',
 *   hint: 'transpose the right operand.',
 * })
 */
export class TensorloomError extends Error {
  readonly operation: string
  readonly problem: string
  readonly hint: string | undefined
  /** The layers the error came through, outermost first. */
  readonly layers: string[] = []

  constructor(facts: ErrorFacts) {
    const { operation, problem, hint, cause } = facts
    super(
      `${operation} ${problem}` + (hint === undefined ? '' : `\n  Hint: ${hint}`),
      cause === undefined ? undefined : { cause },
    )
    this.operation = operation
    this.problem = problem
    this.hint = hint
  }

  /** Called by each layer that the error passes on its way out; the message begins with the path of layers. */
  enterLayer(label: string): void {
    this.layers.unshift(label)
    const hint = this.hint === undefined ? '' : `\n  Hint: ${this.hint}`
    // A layer that refuses its own input stands at the end of the path already.
    const operation = this.layers[this.layers.length - 1] === this.operation ? '' : `${this.operation} `
    this.message = `in ${this.layers.join(' → ')}: ${operation}${this.problem}${hint}`
  }
}

// The names are literals, because a minifier renames classes.
TensorloomError.prototype.name = 'TensorloomError'

export interface ShapeErrorFacts extends ErrorFacts {
  /** What to do about it: every shape error says so. */
  readonly hint: string
  /** The shapes involved, in the order in which the operation takes them. */
  readonly shapes?: readonly (readonly number[])[]
}

/** Shapes that do not fit each other, or an axis that does not exist. */
export class ShapeError extends TensorloomError {
  readonly shapes: readonly (readonly number[])[]

  constructor(facts: ShapeErrorFacts) {
    super(facts)
    this.shapes = facts.shapes ?? []
  }
}
ShapeError.prototype.name = 'ShapeError'

export interface DTypeErrorFacts extends ErrorFacts {
  /** The element types involved, in the order in which the operation takes them. */
  readonly dtypes?: readonly string[]
}

/** An element type that the operation does not take. */
export class DTypeError extends TensorloomError {
  readonly dtypes: readonly string[]

  constructor(facts: DTypeErrorFacts) {
    super(facts)
    this.dtypes = facts.dtypes ?? []
  }
}
DTypeError.prototype.name = 'DTypeError'

/** A gradient that does not exist, a graph used twice, or a saved value changed in place. */
export class GradientError extends TensorloomError {}
GradientError.prototype.name = 'GradientError'

/** A device that is missing, out of memory, or unable to run the operation. */
export class DeviceError extends TensorloomError {}
DeviceError.prototype.name = 'DeviceError'

export interface FormatErrorFacts extends ErrorFacts {
  /** Where in the input the damage is: a path of keys, a byte offset or a line. */
  readonly location?: string
}

/** Input from outside (a file, JSON) that is damaged, or written by a newer version. */
export class FormatError extends TensorloomError {
  readonly location: string | undefined

  constructor(facts: FormatErrorFacts) {
    super(facts)
    this.location = facts.location
  }
}
FormatError.prototype.name = 'FormatError'

/** A NaN or an infinity where only finite numbers make sense. */
export class NonFiniteError extends TensorloomError {}
NonFiniteError.prototype.name = 'NonFiniteError'

/** Something used before it was built, compiled or fitted. */
export class BuildError extends TensorloomError {}
BuildError.prototype.name = 'BuildError'

export interface ValueErrorFacts extends ErrorFacts {
  /** The argument at fault. */
  readonly argument?: string
  /** What was received. */
  readonly received?: unknown
}

/** An argument that is out of range, or not among the values allowed. */
export class ValueError extends TensorloomError {
  readonly argument: string | undefined
  readonly received: unknown

  constructor(facts: ValueErrorFacts) {
    super(facts)
    this.argument = facts.argument
    this.received = facts.received
  }
}
ValueError.prototype.name = 'ValueError'

export interface UnsupportedErrorFacts extends ErrorFacts {
  /** Everything that is not supported, e.g. the operators of a graph or the paths of layers. */
  readonly items?: readonly string[]
}

/** Something valid that this library cannot do: an operator of a file, a layer that a format cannot express. */
export class UnsupportedError extends TensorloomError {
  readonly items: readonly string[]

  constructor(facts: UnsupportedErrorFacts) {
    super(facts)
    this.items = facts.items ?? []
  }
}
UnsupportedError.prototype.name = 'UnsupportedError'
