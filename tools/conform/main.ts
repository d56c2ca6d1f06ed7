import { parseArgs } from 'node:util'
import { UsageError } from './files.ts'
import { formatJson, formatReport } from './report.ts'
import type { CaseResult } from './result.ts'

const help = `Usage: npm run conform -- SUITE FOLDER [--json]

Checks this library against recorded cases.

Suites
  golden        numbers and gradients, on every CPU device
  safetensors   files to be read or refused, listed in manifest.json
  text          tokenizer and padding

Exit code: 0 all passed, 1 something failed, 2 nothing could be checked.`

type Suite = (folder: string) => Promise<CaseResult[]>

/** A suite is loaded when it is asked for: reading files needs no tensors. */
const suites: Readonly<Record<string, () => Promise<Suite>>> = {
  safetensors: async () => (await import('./safetensors.ts')).conformSafetensors,
  text: async () => (await import('./text-suite.ts')).conformText,
}

async function main(): Promise<number> {
  const { values, positionals } = parseCommandLine()
  if (values.help) {
    console.log(help)
    return 0
  }
  const [suiteName, folder, ...rest] = positionals
  if (suiteName === undefined || folder === undefined || rest.length > 0) {
    throw new UsageError('expected a suite and a folder')
  }
  if (!Object.hasOwn(suites, suiteName)) throw new UsageError(`there is no suite "${suiteName}"`)
  const suite = await suites[suiteName]()
  const results = await suite(folder)
  if (results.length === 0) throw new UsageError(`${folder} holds no cases`)
  console.log(values.json ? formatJson(results) : formatReport(results))
  return results.some(result => result.status === 'failed') ? 1 : 0
}

function parseCommandLine() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    })
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

// Not process.exit: it would cut off output that is still on its way into a pipe.
try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\n\n${help}`)
  process.exitCode = 2
}
