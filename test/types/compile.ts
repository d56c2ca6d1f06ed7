import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')

export interface Checked {
  /** What the compiler says, as a terminal shows it, by line of the source (from 0). */
  readonly messages: ReadonlyMap<number, string>
  readonly instantiations: number
  /** What it says of all the sources that the module reaches: with the file's name. */
  readonly elsewhere: () => readonly string[]
}

/** Type-checks a module that imports the library from '../../src/index.ts', under the project's own settings. */
export function check(source: string): Checked {
  const file = join(here, 'snippet.ts')
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const host = ts.createCompilerHost(options)
  const { fileExists, getSourceFile } = host
  host.fileExists = name => name === file || fileExists(name)
  host.getSourceFile = (name, version, ...rest) =>
    name === file ? ts.createSourceFile(name, source, version, true) : getSourceFile(name, version, ...rest)
  const program = ts.createProgram([file], options, host)
  const module = program.getSourceFile(file)
  const problems = [...program.getSyntacticDiagnostics(module), ...program.getSemanticDiagnostics(module)]
  const messages = new Map<number, string>()
  for (const { start = 0, messageText } of problems) {
    const line = module?.getLineAndCharacterOfPosition(start).line ?? 0
    messages.set(line, ts.flattenDiagnosticMessageText(messageText, '\n'))
  }
  const elsewhere = (): readonly string[] =>
    program
      .getSemanticDiagnostics()
      .filter(problem => problem.file !== module)
      .map(
        ({ file: at, messageText }) =>
          `${at?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
      )
  return { messages, instantiations: program.getInstantiationCount(), elsewhere }
}
