import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { type Environment, UsageError } from './environment.ts'
import { FORMATS, formatByName, formatOf } from './formats.ts'
import { openModel } from './open-model.ts'
import { writeModel } from './write-model.ts'

const HELP = `
The kinds are known by their names:${FORMATS}

Example:
  tensorloom convert model.onnx models/imported`

/** `tensorloom convert A B` */
export function convertCommand(program: Command, environment: Environment): void {
  program
    .command('convert')
    .description('Writes a model in another format.')
    .argument('<from>', 'a saved model, of any known kind')
    .argument('<to>', 'where the other one goes')
    .option('--force', 'replace what is there', false)
    .addHelpText('after', HELP)
    .action(async (from: string, to: string, { force }: { readonly force: boolean }) => {
      const source = formatOf(from)
      const target = formatByName(to)
      if (!force && existsSync(to)) throw new UsageError(`${to}: is there already; --force replaces it.`)
      const opened = await openModel(from, source)
      await writeModel(opened, to, target)
      environment.report(`${from} (${source}) → ${to} (${target})\n`)
    })
}
