import '../complete.ts'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { TensorloomError } from '../errors.ts'
import { benchCommand } from './bench.ts'
import { convertCommand } from './convert.ts'
import { type Environment, EXIT, PartialFailure, UsageError } from './environment.ts'
import { inspectCommand } from './inspect.ts'
import { predictCommand } from './predict.ts'
import { serveCommand } from './serve.ts'
import { trainCommand } from './train.ts'
import { version } from '../version.ts'

const AFTER = `
Exit codes:
  0  done
  1  failed, or done in part: it says what and why
  2  the command line is wrong`

/**
 * Runs the command line.
 * @returns the exit code: 0 done, 1 failed or done in part, 2 wrong usage
 */
export async function run(args: readonly string[], environment: Environment): Promise<number> {
  const program = new Command('tensorloom')
    .description('Trains, inspects, converts and serves models of tensorloom.')
    .version(version)
    .addHelpText('after', AFTER)
    .showHelpAfterError('(--help says more)')
    .configureOutput({ writeOut: environment.write, writeErr: environment.report })
    .exitOverride()
  const commands = [inspectCommand, convertCommand, predictCommand, trainCommand, serveCommand, benchCommand]
  for (const add of commands) add(program, environment)
  // Subcommands do not inherit what is set after they were made.
  for (const command of program.commands) command.copyInheritedSettings(program)
  try {
    await program.parseAsync(args, { from: 'user' })
    return EXIT.ok
  } catch (error) {
    return codeFor(error, environment)
  }
}

function codeFor(error: unknown, environment: Environment): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof UsageError || error instanceof InvalidArgumentError) {
    environment.report(`error: ${error.message}\n`)
    return EXIT.usage
  }
  if (error instanceof PartialFailure) {
    environment.report(`${error.message}\n`)
    return EXIT.failed
  }
  if (error instanceof TensorloomError || isSystemError(error)) {
    environment.report(`error: ${error.message}\n`)
    return EXIT.failed
  }
  throw error
}

/** A file that is missing, a port that is taken: the message says it all. */
const isSystemError = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && 'syscall' in error
