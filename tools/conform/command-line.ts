import { parseArgs } from 'node:util'
import { UsageError } from './files.ts'
import { operatorTable } from './onnx/report.ts'
import { formatJson, formatReport } from './report.ts'
import type { CaseResult } from './result.ts'

const help = `Usage: npm run conform -- SUITE FOLDER [--json]

Checks this library against recorded cases.

Suites
  golden        numbers and gradients, on every CPU device
  onnx          ONNX's backend tests, listed in index.json, with a table of operators
  onnx-pytorch  models that PyTorch exported, with recorded inputs and outputs
  safetensors   files to be read or refused, listed in manifest.json
  text          tokenizer and padding
  tfjs-layers   saved models of TensorFlow.js: prediction, and ten training steps

Exit code: 0 all passed, 1 something failed, 2 nothing could be checked.`

type Suite = (folder: string) => Promise<CaseResult[]>

/** A suite is loaded when it is asked for: reading files needs no tensors. */
const suites: Readonly<Record<string, () => Promise<Suite>>> = {
  golden: async () => (await import('./golden/run.ts')).conformGolden,
  onnx: async () => (await import('./onnx/run.ts')).conformOnnx,
  'onnx-pytorch': async () => (await import('./onnx/pytorch.ts')).conformOnnxPyTorch,
  safetensors: async () => (await import('./safetensors.ts')).conformSafetensors,
  text: async () => (await import('./text-suite.ts')).conformText,
  'tfjs-layers': async () => (await import('./tfjs-layers.ts')).conformTfjsLayers,
}

export interface CommandResult {
  readonly exitCode: 0 | 1 | 2
  readonly stdout?: string
  readonly stderr?: string
}

/** Runs the suite that the arguments name. */
export async function runCommandLine(args: readonly string[]): Promise<CommandResult> {
  try {
    const { values, positionals } = parse(args)
    if (values.help) return { exitCode: 0, stdout: help }
    const [name, folder, ...rest] = positionals
    if (name === undefined || folder === undefined || rest.length > 0) {
      throw new UsageError('expected a suite and a folder')
    }
    if (!Object.hasOwn(suites, name)) throw new UsageError(`there is no suite "${name}"`)
    const suite = await suites[name]()
    const results = await suite(folder)
    if (results.length === 0) throw new UsageError(`${folder} holds no cases`)
    const table = name === 'onnx' && !values.json ? `\n\n${operatorTable(results)}` : ''
    const stdout = (values.json ? formatJson(results) : formatReport(results)) + table
    return { exitCode: results.some(result => result.status === 'failed') ? 1 : 0, stdout }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { exitCode: 2, stderr: `${error.message}\n\n${help}` }
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    })
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
