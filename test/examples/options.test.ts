import { describe, expect, it } from 'vitest'
import { InputError } from '../../examples/text-classifier/input-error.ts'
import { parseOptions, USAGE } from '../../examples/text-classifier/options.ts'

/** The message of the refusal; its exit code is that of a wrong command line. */
function refusal(...args: string[]): string {
  try {
    parseOptions(args)
  } catch (error) {
    expect(error).toBeInstanceOf(InputError)
    expect((error as InputError).exitCode).toBe(2)
    return (error as InputError).message
  }
  throw new Error(`accepted ${args.join(' ')}`)
}

describe('the options of the text classifier', () => {
  it('have defaults, which the usage tells', () => {
    const options = parseOptions([])
    expect(options).toMatchObject({ level: 'auto', words: 10_000, batch: 32, seed: 1, help: false })
    for (const name of [
      'words',
      'embedding',
      'units',
      'dropout',
      'epochs',
      'patience',
      'batch',
      'seed',
      'save',
    ] as const)
      expect(USAGE).toMatch(new RegExp(`--${name} .* ${options[name]}\\n`))
    expect(USAGE).toMatch(new RegExp(`--learning-rate .* ${options.learningRate}\\n`))
  })

  it('are read as numbers and names', () => {
    const args =
      '--data a.tsv --valid b.tsv --level characters --max-length 40 --learning-rate 1e-3 --dropout 0 --seed -3'
    expect(parseOptions(args.split(' '))).toMatchObject({
      data: 'a.tsv',
      valid: 'b.tsv',
      level: 'characters',
      maxLength: 40,
      learningRate: 0.001,
      dropout: 0,
      seed: -3,
    })
  })

  it.each([
    [['--epochs', '0'], '--epochs needs a whole number from 1 on, got "0"'],
    [['--epochs', '2.5'], 'got "2.5"'],
    [['--epochs', '-1'], '--epochs needs a whole number from 1 on, got "-1"'],
    [['--batch', ''], '--batch needs a whole number from 1 on, got ""'],
    [['--words', '2'], '--words needs a whole number from 3 on'],
    [['--dropout', '1'], '--dropout needs a number from 0 to below 1, got "1"'],
    [['--learning-rate', 'fast'], '--learning-rate needs a number above 0, got "fast"'],
    [['--learning-rate', 'Infinity'], 'got "Infinity"'],
    [['--seed', '1.5'], '--seed needs a whole number, got "1.5"'],
    [['--level', 'letters'], '--level needs words, characters or auto, got "letters"'],
    [['--valid', 'b.tsv'], '--valid needs --data'],
    [['--epoch', '3'], "Unknown option '--epoch'"],
    [['--data'], "'--data <value>' argument missing"],
    [['train.tsv'], "Unexpected argument 'train.tsv'"],
  ])('refuse %j in one line', (args, message) => {
    expect(refusal(...args)).toContain(message)
    expect(refusal(...args)).toMatch(/^[^\n]*\. See npm start -- --help\.$/)
  })
})
