/**
 * npm run bench -- [W1 W4 …] [--peers] [--pytorch] [--threads N] [--against NAME] [--only NAME,…]
 *                  [--rounds N] [--seconds S] [--cpu] [--steps N] [--json]
 *
 * Runs the workloads with tensorloom and, on request, its peers; see README.md.
 */
import { parseArgs } from 'node:util'
import { measureFamily, measureImports, type Settings } from './families.ts'
import {
  type Candidate,
  howToInstallPeers,
  ownCandidates,
  peerCandidates,
  pytorchCandidate,
} from './libraries.ts'
import { describeMachine } from './machine.ts'
import { type Row, renderTable } from './table.ts'
import { tasks } from './tasks.ts'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peers: { type: 'boolean', default: false },
    pytorch: { type: 'boolean', default: false },
    threads: { type: 'string', default: '1' },
    against: { type: 'string', default: 'tensorloom' },
    only: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '0.3' },
    steps: { type: 'string', default: '40' },
    cpu: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

const familyOf = (id: string): string => id.split('-')[0]
const selected = (id: string): boolean =>
  positionals.length === 0 || positionals.some(name => id === name || id.startsWith(`${name}-`))

const chooseCandidates = (): Candidate[] => {
  const only = options.only?.split(',')
  const threads = Number(options.threads)
  return [
    ...ownCandidates(),
    ...(options.peers ? peerCandidates() : []),
    ...(options.pytorch ? [pytorchCandidate(1), ...(threads > 1 ? [pytorchCandidate(threads)] : [])] : []),
  ].filter(({ launch }) => !only || only.includes(launch.name))
}

const settings: Settings = {
  rounds: Number(options.rounds),
  seconds: Number(options.seconds),
  cpu: options.cpu,
  steps: Number(options.steps),
  reference: options.against,
  versions: {},
  progress: text => process.stderr.write(`${text}\n`),
}

const candidates = chooseCandidates()
if (candidates.some(({ missing }) => missing?.includes(howToInstallPeers))) {
  settings.progress(`The peers are not installed: ${howToInstallPeers}`)
}

const machine = describeMachine()
const rows: Row[] = []
const chosen = tasks.filter(({ id }) => selected(id))
for (const family of new Set(chosen.map(({ id }) => familyOf(id)))) {
  const members = chosen.filter(({ id }) => familyOf(id) === family)
  rows.push(...(await measureFamily(members, candidates, settings)))
}
if (selected('W10')) rows.push(...(await measureImports(candidates, settings)))
if (rows.length === 0) {
  settings.progress(
    `No workload is called ${positionals.join(' or ')}. There are: ${tasks.map(({ id }) => id).join(' ')} W10`,
  )
  process.exitCode = 1
} else if (options.json) {
  process.stdout.write(
    `${JSON.stringify({ machine, versions: settings.versions, settings: options, rows }, null, 2)}\n`,
  )
} else {
  const { processor, cores, memory, system, node, loadAtStart } = machine
  const versions = Object.entries(settings.versions).map(([name, version]) => `${name} ${version}`)
  process.stdout.write(
    `${processor}, ${cores} cores, ${memory}, ${system}, Node ${node}, load at start ${loadAtStart}\n` +
      `${versions.join(', ')}\n${settings.rounds} rounds of ${settings.seconds} s each${settings.cpu ? ', CPU time, the least of all rounds' : ''}\n\n${renderTable(rows)}\n`,
  )
}
