import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Something that a source file exports, with the first sentence of its doc comment. */
export interface Documented {
  readonly name: string
  readonly sentence: string
}

/** A doc comment and the declaration after it. */
const DECLARATION =
  /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export (?:abstract |async )*(?:const|function|class) (\w+)/g

/** Where a sentence ends: at a full stop, colon or semicolon outside parentheses. */
function endOfSentence(text: string): number {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++
    else if (text[i] === ')') depth--
    else if (depth === 0 && /[.:;]/.test(text[i]) && /^(?: |$)/.test(text.slice(i + 1, i + 2))) return i
  }
  return text.length
}

/** The text of a doc comment up to its first full stop, equations and tags left out. */
function firstSentence(comment: string): string {
  const lines = comment.split('\n').map(line => line.replace(/^\s*\*? ?/, '').trimEnd())
  const start = lines.findIndex(line => line !== '')
  const rest = lines.slice(Math.max(0, start))
  const end = rest.findIndex(line => line === '' || line.startsWith('@') || line.startsWith('  '))
  const paragraph = (end < 0 ? rest : rest.slice(0, end)).join(' ')
  return paragraph.slice(0, endOfSentence(paragraph)).trim()
}

/** What the files of a folder (or one file) export, in the order of files and declarations. */
export function documentedIn(root: string, path: string): Documented[] {
  const files = path.endsWith('.ts')
    ? [path]
    : readdirSync(join(root, path))
        .filter(file => file.endsWith('.ts'))
        .sort()
        .map(file => `${path}/${file}`)
  return files.flatMap(file =>
    [...readFileSync(join(root, file), 'utf8').matchAll(DECLARATION)].map(([, comment, name]) => ({
      name,
      sentence: firstSentence(comment),
    })),
  )
}
