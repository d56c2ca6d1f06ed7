import * as tensorloom from '../../src/index.ts'
import { type Operation, registry } from '../../src/ops/define.ts'
import { documentedIn } from './sentences.ts'

/** Every operation runs on each of these; other devices take single operations over. */
const DEVICES: readonly tensorloom.DeviceName[] = ['wasm', 'reference', 'reference64']

interface Section {
  readonly title: string
  /** Folders or files of the source. */
  readonly paths: readonly string[]
  /** Which of the exported names belong here. */
  readonly holds: (name: string, value: unknown) => boolean
  /** Files whose exports have names in common with these, and are the public ones. */
  readonly but?: string
}

const extendsClass =
  (parent: abstract new (...args: never[]) => unknown) =>
  (_: string, value: unknown): boolean =>
    typeof value === 'function' && value.prototype instanceof parent

const isFunction = (name: string, value: unknown): boolean =>
  typeof value === 'function' && /^[a-z]/.test(name)

const sections: readonly Section[] = [
  { title: 'Creating tensors', paths: ['src/tensor/creation.ts'], holds: isFunction },
  { title: 'Functions of tensors', paths: ['src/ops'], holds: isFunction, but: 'src/nn' },
  { title: 'Derivatives', paths: ['src/autodiff'], holds: isFunction },
  { title: 'Layers', paths: ['src/nn'], holds: extendsClass(tensorloom.Module) },
  { title: 'Losses', paths: ['src/losses'], holds: isFunction },
  { title: 'Metrics', paths: ['src/metrics'], holds: isFunction },
  { title: 'Optimizers', paths: ['src/optim'], holds: extendsClass(tensorloom.Optimizer) },
  { title: 'Schedules of the learning rate', paths: ['src/optim/schedules'], holds: isFunction },
  { title: 'Training', paths: ['src/train'], holds: isFunction },
]

const namespaces = [
  {
    title: 'Random numbers',
    prefix: 'random',
    path: 'src/tensor/distributions.ts',
    members: tensorloom.random,
  },
  { title: 'Matrices', prefix: 'linalg', path: 'src/ops/linalg', members: tensorloom.linalg },
] as const

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

const rowsOf = (rows: readonly (readonly [name: string, sentence: string])[]): string =>
  [
    '| name | what it is |',
    '|---|---|',
    ...rows.map(([name, text]) => `| \`${name}\` | ${cell(text)} |`),
  ].join('\n')

/** Public names of a section, each once. */
function listed(root: string, { paths, holds, but }: Section): [string, string][] {
  const everything = new Map<string, unknown>(Object.entries(tensorloom))
  const elsewhere = new Set(but === undefined ? [] : documentedIn(root, but).map(({ name }) => name))
  const found = new Map<string, string>()
  for (const { name, sentence } of paths.flatMap(path => documentedIn(root, path))) {
    const isListed = everything.has(name) && holds(name, everything.get(name)) && !elsewhere.has(name)
    if (isListed && !found.has(name)) found.set(name, sentence)
  }
  return [...found]
}

const gradientOf = ({ noGradient }: Operation): string =>
  noGradient === null ? '1, 2' : `none: ${cell(noGradient)}`

function operationsTable(): string {
  const rows = [...registry.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      operation =>
        `| \`${operation.name}\` | ${gradientOf(operation)} | ${operation.mapsAtOnce ? 'at once' : 'one by one'} |`,
    )
  return ['| operation | gradients, orders | examples of `vmap` |', '|---|---|---|', ...rows].join('\n')
}

/** How much there is, in one line; the test of all operations prints it too. */
export function countLine(): string {
  const operations = [...registry.values()]
  const differentiable = operations.filter(({ noGradient }) => noGradient === null).length
  return `${operations.length} operations × ${DEVICES.length} devices (${DEVICES.join(', ')}); ${differentiable} with gradients of both orders, ${operations.length - differentiable} that say why they have none.`
}

/** The page `docs/features.md`. */
export function featuresPage(root: string): string {
  const parts = sections.map(section => {
    const rows = listed(root, section)
    return `## ${section.title} (${rows.length})\n\n${rowsOf(rows)}`
  })
  const spaces = namespaces.map(({ title, prefix, path, members }) => {
    const rows = documentedIn(root, path)
      .filter(({ name }) => name in members)
      .map(({ name, sentence }): [string, string] => [`${prefix}.${name}`, sentence])
    return `## ${title} (${rows.length})\n\n${rowsOf(rows)}`
  })
  return `# What there is

Written by \`npx tsx tools/features/main.ts\` from the source: do not edit it.

${[...parts.slice(0, 2), ...spaces, ...parts.slice(2)].join('\n\n')}

## Operations behind the functions

${countLine()}
Each is checked on every device against double precision, and its gradients against differences.

${operationsTable()}
`
}
