/** A mistake in what the user gave: shown as one line, without a stack. */
export class InputError extends Error {
  /** 1: the data cannot be used; 2: the command line cannot. */
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.name = 'InputError'
    this.exitCode = exitCode
  }
}
