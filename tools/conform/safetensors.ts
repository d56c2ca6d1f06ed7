import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FormatError } from '../../src/errors.ts'
import { type RawTensor, readSafetensors, type SafetensorsFile } from '../../src/io/safetensors.ts'
import { readJson, UsageError } from './files.ts'
import { attempt, type CaseIdentity, type CaseResult, judged } from './result.ts'

/** One line of `manifest.json`: what a reader must find in a file, or that it must refuse it. */
export interface ManifestEntry {
  readonly file: string
  readonly valid: boolean
  readonly why?: string
  readonly metadata?: Readonly<Record<string, string>> | null
  readonly tensors?: Readonly<Record<string, ManifestTensor>>
}

interface ManifestTensor {
  readonly dtype: string
  readonly shape: readonly number[]
  /** Base64 of little-endian float64 values. */
  readonly f64_b64?: string
  /** For 64-bit integers: decimal strings. */
  readonly ints?: readonly string[]
}

export async function loadManifest(folder: string): Promise<ManifestEntry[]> {
  const manifest = await readJson(folder, 'manifest.json')
  const files =
    typeof manifest === 'object' && manifest !== null && 'files' in manifest ? manifest.files : null
  if (!Array.isArray(files)) throw new UsageError(`${folder}/manifest.json has no list of files`)
  return files
}

/** Reads every file of the manifest and judges what came of it. */
export async function conformSafetensors(folder: string): Promise<CaseResult[]> {
  const results: CaseResult[] = []
  for (const entry of await loadManifest(folder)) results.push(await runManifestEntry(folder, entry))
  return results
}

export function runManifestEntry(folder: string, entry: ManifestEntry): Promise<CaseResult> {
  const op = entry.valid ? 'read' : 'refuse'
  const identity: CaseIdentity = { file: entry.file, name: entry.file, op, device: 'typescript' }
  return attempt(identity, async () => {
    const problems = findProblems(entry, await readFile(join(folder, entry.file)))
    return judged(identity, problems.length > 0 ? Number.POSITIVE_INFINITY : 0, problems)
  })
}

/** What is wrong with the reader's answer to one file. */
export function findProblems(entry: ManifestEntry, bytes: Uint8Array): string[] {
  if (entry.valid) return contentProblems(entry, readSafetensors(bytes))
  try {
    readSafetensors(bytes)
  } catch (error) {
    return error instanceof FormatError ? [] : [`refused with ${error}, want a FormatError`]
  }
  return [`read without complaint, but: ${entry.why}`]
}

function contentProblems(entry: ManifestEntry, file: SafetensorsFile): string[] {
  const problems: string[] = []
  const metadata = file.metadata === null ? null : Object.fromEntries(file.metadata)
  if (!sameStrings(metadata, entry.metadata ?? null)) problems.push(`metadata ${JSON.stringify(metadata)}`)
  const wanted = new Map(Object.entries(entry.tensors ?? {}))
  for (const [name, want] of wanted) {
    const got = file.tensors.get(name)
    const problem = got === undefined ? 'missing' : tensorProblem(got, want)
    if (problem !== undefined) problems.push(`tensor ${JSON.stringify(name)}: ${problem}`)
  }
  for (const name of file.tensors.keys()) {
    if (!wanted.has(name)) problems.push(`tensor ${JSON.stringify(name)}: not expected`)
  }
  return problems
}

function tensorProblem(got: RawTensor, want: ManifestTensor): string | undefined {
  if (got.dtype !== want.dtype) return `dtype ${got.dtype}, want ${want.dtype}`
  if (JSON.stringify(got.shape) !== JSON.stringify(want.shape)) {
    return `shape [${got.shape.join(', ')}], want [${want.shape.join(', ')}]`
  }
  const values = Array.from<number | bigint>(got.data)
  const wanted = wantedValues(want)
  if (values.length !== wanted.length) return `${values.length} values, want ${wanted.length}`
  const index = values.findIndex((value, place) => !Object.is(value, wanted[place]))
  return index < 0 ? undefined : `value ${index} is ${values[index]}, want ${wanted[index]}`
}

function wantedValues(want: ManifestTensor): readonly (number | bigint)[] {
  if (want.ints !== undefined) return want.ints.map(BigInt)
  const bytes = Uint8Array.from(Buffer.from(want.f64_b64 ?? '', 'base64'))
  return Array.from(new Float64Array(bytes.buffer))
}

function sameStrings(
  got: Record<string, string> | null,
  want: Readonly<Record<string, string>> | null,
): boolean {
  if (got === null || want === null) return got === want
  const sorted = (record: Readonly<Record<string, string>>): string =>
    JSON.stringify(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
  return sorted(got) === sorted(want)
}
