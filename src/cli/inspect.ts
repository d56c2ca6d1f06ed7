import { readFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import { distributionOf, sparkline } from '../inspect/distribution.ts'
import { graph } from '../inspect/draw-graph.ts'
import { alignedTable, shortNumber } from '../inspect/table.ts'
import type { Model, ModelResult } from '../train/model.ts'
import { type Environment, UsageError } from './environment.ts'
import { formatOf } from './formats.ts'
import { openModel } from './open-model.ts'

interface InspectFlags {
  readonly weights: boolean
  readonly graph?: 'mermaid' | 'svg'
}

const HELP = `
Reads every kind of model that convert reads; of a .safetensors file without a model in it, the tensors.

Example:
  tensorloom inspect models/text-classifier --weights`

/** `tensorloom inspect FILE` */
export function inspectCommand(program: Command, environment: Environment): void {
  program
    .command('inspect')
    .description('Shows what is in a file.')
    .argument('<file>', 'a saved model, of any known kind')
    .option('--weights', 'also mean, deviation and histogram of every weight', false)
    .addOption(new Option('--graph <format>', 'draw the graph of layers instead').choices(['mermaid', 'svg']))
    .addHelpText('after', HELP)
    .action(async (path: string, flags: InspectFlags) => {
      const format = formatOf(path)
      const bare = format === 'tensorloom' && path.endsWith('.safetensors') ? await bareTensors(path) : null
      if (bare !== null) {
        if (flags.graph !== undefined) throw new UsageError(`${path}: holds tensors, but no model.`)
        environment.write(`${bare}\n`)
        return
      }
      const { model, details } = await openModel(path, format)
      if (flags.graph !== undefined) {
        environment.write(`${graph(model, { format: flags.graph })}\n`)
        return
      }
      environment.write(
        `${path}: ${format}\n${details.map(line => `  ${line}\n`).join('')}\n${model.summary()}\n`,
      )
      if (flags.weights) environment.write(`\n${weightsTable(model)}\n`)
    })
}

/** The tensors of a file that holds no model; null where it does. */
async function bareTensors(path: string): Promise<string | null> {
  const { readSafetensors } = await import('../io/safetensors.ts')
  const { MODEL_KEY } = await import('../io/serialize.ts')
  const { tensors, metadata } = readSafetensors(await readFile(path))
  const notes = [...(metadata ?? [])]
  if (notes.some(([key]) => key === MODEL_KEY)) return null
  const rows = [...tensors].map(([name, { dtype, shape }]) => [name, dtype, `[${shape.join(', ')}]`])
  const lines = notes.map(([key, value]) => `${key}: ${value}`)
  return [alignedTable(['Tensor', 'Type', 'Shape'], rows), ...lines].join('\n')
}

function weightsTable(model: Model<ModelResult>): string {
  const rows = [...model.namedState()].map(([name, tensor]) => {
    const { mean, deviation, minimum, maximum, histogram } = distributionOf(tensor.values())
    return [
      name,
      `[${tensor.shape.join(', ')}]`,
      ...[mean, deviation, minimum, maximum].map(shortNumber),
      sparkline(histogram),
    ]
  })
  return alignedTable(['Weight', 'Shape', 'Mean', 'σ', 'Min', 'Max', 'Histogram'], rows)
}
