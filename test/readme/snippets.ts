import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)

export const rootPath = fileURLToPath(root)

/** A file of the repository. */
export const readRoot = (name: string): string => readFileSync(new URL(name, root), 'utf8')

/** The fenced blocks of a language in a Markdown text, in order. */
export const blocksOf = (markdown: string, language: string): string[] =>
  [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    .filter(([, found]) => found === language)
    .map(([, , body]) => body)

/** The snippet as it can run here: 'tensorloom' is the source. */
export const runnable = (snippet: string): string =>
  snippet.replaceAll("from 'tensorloom'", `from ${JSON.stringify(`${rootPath}src/index.ts`)}`)

/** What a snippet says that it prints: the comments behind `console.log(…)`. */
export const announced = (snippet: string): string[] =>
  [...snippet.matchAll(/^ *console\.log\(.*\) \/\/ (.*)$/gm)].map(([, text]) => text)
