// Packs the library, installs the tarball into an empty folder, and uses it there as its users do.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { commands, dist, entries, peers, root } from './package/entries.mjs'
const work = mkdtempSync(join(tmpdir(), 'tensorloom-package-'))
const consumer = join(work, 'consumer')

/** The code is there in three forms: for Node, for bundlers, for pages. */
const MAXIMUM_PACKED_BYTES = 1_500_000
const MAXIMUM_UNPACKED_BYTES = 5_000_000

function run(command, args, cwd) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, npm_config_cache: join(work, 'cache') },
    shell: process.platform === 'win32' && command === 'npm',
  })
  if (status === 0) return stdout
  throw new Error(`${command} ${args.join(' ')} failed\n${error ?? `${stdout}${stderr}`}`)
}

function pack() {
  const output = run('npm', ['pack', '--json', '--pack-destination', work], root)
  const [{ filename, size, unpackedSize, files }] = JSON.parse(output.slice(output.search(/^\[/m)))
  if (statSync(join(work, filename)).size >= MAXIMUM_PACKED_BYTES)
    throw new Error(`the tarball has ${size} bytes, ${MAXIMUM_PACKED_BYTES} are allowed`)
  if (unpackedSize >= MAXIMUM_UNPACKED_BYTES)
    throw new Error(`unpacked it has ${unpackedSize} bytes, ${MAXIMUM_UNPACKED_BYTES} are allowed`)
  const names = files.map(({ path }) => path)
  const outputs = [...entries, ...commands].map(({ name }) => `dist/${name}.js`)
  for (const wanted of ['package.json', 'README.md', 'LICENSE', 'dist/browser/tensorloom.js', ...outputs]) {
    if (!names.includes(wanted)) throw new Error(`the tarball lacks ${wanted}`)
  }
  const surplus = names.find(
    name =>
      !outputs.includes(name) &&
      !/^(package\.json|README\.md|LICENSE|dist\/THIRD-PARTY-LICENSES\.txt)$/.test(name) &&
      !/^dist\/(browser\/tensorloom|[\w-]+-[A-Z\d]{8}|commander|(src|kernels)\/.*)\.js$/.test(name) &&
      !/^dist\/(keras-)?worker\.js$/.test(name) &&
      !/^dist\/(src|kernels)\/.*\.d\.ts$/.test(name),
  )
  if (surplus !== undefined) throw new Error(`${surplus} should not be in the tarball`)
  console.log(`tarball: ${size} bytes packed, ${unpackedSize} unpacked, ${names.length} files`)
  return join(work, filename)
}

function install(tarball) {
  mkdirSync(consumer)
  writeFileSync(join(consumer, 'package.json'), '{ "private": true, "type": "module" }\n')
  run('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball], consumer)
  for (const file of ['run.mjs', 'types.ts']) {
    copyFileSync(join(root, 'scripts/consumer', file), join(consumer, file))
  }
}

/**
 * Every entry can be imported where no peer dependency is installed, in both of its forms; all share their classes.
 * What a peer is needed for fails when it is used.
 */
function importEntries() {
  const specifiers = entries.map(({ specifier }) => specifier)
  const program = `
    import assert from 'node:assert/strict'
    const main = await import('tensorloom')
    for (const specifier of ${JSON.stringify(specifiers)}) {
      const module = await import(specifier)
      assert.ok(Object.keys(module).length > 0, specifier + ' exports nothing')
      for (const name of Object.keys(module))
        if (name in main) assert.equal(module[name], main[name], specifier + ' has a ' + name + ' of its own')
    }`
  run(process.execPath, ['--input-type=module', '-e', program], consumer)
  for (const { source } of entries) {
    const module = join('node_modules/tensorloom/dist', source.replace(/\.ts$/, '.js'))
    run(process.execPath, ['--input-type=module', '-e', `await import('./${module}')`], consumer)
  }
  for (const { command } of commands) run(join('node_modules/.bin', command), ['--version'], consumer)
  console.log(`entries: ${[...specifiers, ...commands.map(({ command }) => `bin ${command}`)].join(', ')}`)
}

/** Node prints the source line of an error that nobody catches: it must not bury the message. */
function checkUncaught() {
  const program = "import { ones } from 'tensorloom'\nones([2, 3]).matmul(ones([4, 5]))"
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: consumer,
    encoding: 'utf8',
  })
  if (!/^ShapeError: matmul needs equal inner sizes/m.test(stderr) || stderr.length > 5000)
    throw new Error(`an uncaught error prints ${stderr.length} characters: ${stderr.slice(0, 200)}`)
}

/** A file that imports every entry. Some name types of the peer dependencies that they need. */
const entryTypes = () =>
  entries
    .map(
      ({ specifier }, index) => `import * as entry${index} from '${specifier}'\nexport { entry${index} }\n`,
    )
    .join('')

/** As strict a consumer as there is; the library's declarations are checked, too. */
function checkTypes() {
  const strict = { noEmit: true, strict: true, skipLibCheck: false, target: 'ES2022', types: [] }
  const browser = { ...strict, lib: ['ES2022', 'DOM'] }
  const projects = {
    nodenext: { ...browser, module: 'nodenext', moduleResolution: 'nodenext' },
    bundler: { ...browser, module: 'esnext', moduleResolution: 'bundler' },
    exact: {
      ...browser,
      module: 'nodenext',
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
    },
    'no DOM, Node types': {
      ...strict,
      module: 'nodenext',
      lib: ['ES2022'],
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
    },
  }
  for (const [name, compilerOptions] of Object.entries(projects)) {
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['types.ts'] }))
    run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', consumer], consumer)
    console.log(`types: ${name} ok`)
  }
}

/** The types of every entry, for users who have installed the peer dependencies. */
function checkEntryTypes() {
  const links = peers.map(peer => join(consumer, 'node_modules', peer))
  for (const [index, link] of links.entries()) {
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', peers[index]), link, 'junction')
  }
  writeFileSync(join(consumer, 'entries.ts'), entryTypes())
  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    const compilerOptions = {
      ...{ noEmit: true, strict: true, skipLibCheck: false, target: 'ES2022', lib: ['ES2022', 'DOM'] },
      ...{ module, moduleResolution, types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
    }
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['entries.ts'] }))
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout } = spawnSync(process.execPath, [compiler, '-p', consumer], {
      cwd: consumer,
      encoding: 'utf8',
    })
    // Mistakes in the peers' own declarations are not ours.
    const mistakes = stdout.split('\n').filter(line => /^(node_modules\/tensorloom|entries\.ts)/.test(line))
    if (mistakes.length > 0) throw new Error(`the types of the entries have mistakes\n${mistakes.join('\n')}`)
  }
  for (const link of links) rmSync(link)
  console.log('types: every entry ok')
}

/** Processor time of a process that runs this code: it depends on the machine's other work less than the clock does. */
function milliseconds(code) {
  const program = `${code}\nconst { user, system } = process.cpuUsage()\nconsole.log((user + system) / 1000)`
  return Number(run(process.execPath, ['--input-type=module', '-e', program], consumer))
}

/** Interleaved, so that both see the same machine. */
function measureImport() {
  const [empty, full] = [[], []]
  for (let round = 0; round < 15; round++) {
    empty.push(milliseconds(''))
    full.push(milliseconds("import 'tensorloom'"))
  }
  const difference = Math.min(...full) - Math.min(...empty)
  console.log(
    `import: ${difference.toFixed(1)} ms of processor time (Node ${process.versions.node}; least of 15 processes less an empty one)`,
  )
}

const hadDist = existsSync(dist)
try {
  install(pack())
  console.log(`run: ${run(process.execPath, ['run.mjs'], consumer).trim()}`)
  importEntries()
  checkUncaught()
  checkTypes()
  checkEntryTypes()
  measureImport()
  console.log(run(process.execPath, [join(root, 'scripts/check-size.mjs')], root).trim())
} finally {
  rmSync(work, { recursive: true, force: true })
  if (!hadDist) rmSync(dist, { recursive: true, force: true })
}
