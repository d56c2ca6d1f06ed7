import { listJsonFiles, readJson, UsageError } from './files.ts'
import { type CaseResult, failed } from './result.ts'
import { loadTextCases, runTextCase } from './text.ts'

/** Runs the tokenizer and padding cases of every file of the text format in a folder. */
export async function conformText(folder: string): Promise<CaseResult[]> {
  const results: CaseResult[] = []
  for (const file of await listJsonFiles(folder)) {
    const json = await readJson(folder, file)
    if (!isTextFile(json)) continue
    for (const textCase of loadTextCases(json)) {
      const { name, op, passed, worst, problem } = runTextCase(textCase)
      const identity = { file, name, op, device: 'typescript' }
      results.push(passed ? { ...identity, status: 'passed', worst } : failed(identity, problem ?? '', worst))
    }
  }
  if (results.length === 0) throw new UsageError(`${folder} holds no file of the format golden-text-1`)
  return results
}

function isTextFile(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'format' in json && json.format === 'golden-text-1'
}
