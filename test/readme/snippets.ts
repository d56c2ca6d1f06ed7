import { readdirSync, readFileSync } from 'node:fs'
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

/** Sources of the package's entries: `tensorloom` → `src/index.ts`. */
const sources = new Map(
  Object.entries(JSON.parse(readRoot('package.json')).exports as Record<string, { types?: string }>).flatMap(
    ([subpath, { types }]) =>
      types === undefined
        ? []
        : [[`tensorloom${subpath.slice(1)}`, types.replace('./dist/', '').replace('.d.ts', '.ts')]],
  ),
)

/** The snippet as it can run here: 'tensorloom' and its subpaths are the sources. */
export const runnable = (snippet: string): string =>
  snippet.replaceAll(/from '(tensorloom[\w/-]*)'/g, (whole, entry: string) => {
    const source = sources.get(entry)
    return source === undefined ? whole : `from ${JSON.stringify(`${rootPath}${source}`)}`
  })

/** The Markdown files of docs, but for the decisions, by name. */
export const pages = (): string[] =>
  readdirSync(new URL('docs/', root))
    .filter(name => name.endsWith('.md'))
    .sort()
    .map(name => `docs/${name}`)

/** What a snippet says that it prints: the comments behind `console.log(…)`. */
export const announced = (snippet: string): string[] =>
  [...snippet.matchAll(/^ *console\.log\(.*\) \/\/ (.*)$/gm)].map(([, text]) => text)
