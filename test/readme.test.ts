import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, describe, expect, it } from 'vitest'
import * as tensorloom from '../src/index.ts'
import { announced, blocksOf, pages, readRoot, rootPath, runnable } from './readme/snippets.ts'

const readme = readRoot('README.md')
const llms = readRoot('llms.txt')
const snippets = [readme, llms, ...pages().map(readRoot)].flatMap(text => blocksOf(text, 'ts'))
const folder = mkdtempSync(join(tmpdir(), 'readme-'))
afterAll(() => rmSync(folder, { recursive: true }))

const files = snippets.map((snippet, i) => {
  const path = join(folder, `snippet-${i + 1}.mts`)
  writeFileSync(path, runnable(snippet))
  return path
})

describe('the snippets of README, llms.txt and docs', () => {
  it('run, and print what they say', async () => {
    const runner = join(folder, 'runner.mts')
    const steps = files.map(file => `console.log('#')\nawait import(${JSON.stringify(file)})`)
    writeFileSync(runner, steps.join('\n'))
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), runner],
      { cwd: folder, env: { ...process.env, TENSORLOOM_DEVICE: '', NO_COLOR: '1' } },
    )
    const printed = stdout.split('#\n').slice(1)
    expect(printed.map(text => text.trimEnd())).toEqual(
      snippets.map(snippet => announced(snippet).join('\n')),
    )
  })

  it('have the right types', () => {
    const { config } = ts.readConfigFile(join(rootPath, 'tsconfig.json'), ts.sys.readFile)
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, rootPath)
    const program = ts.createProgram(files, {
      ...options,
      typeRoots: [join(rootPath, 'node_modules/@types')],
    })
    const problems = files.flatMap(file => {
      const source = program.getSourceFile(file)
      return program
        .getSemanticDiagnostics(source)
        .map(({ messageText }) => `${file}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`)
    })
    expect(problems).toEqual([])
  })
})

describe('the README and docs', () => {
  it('call scripts that exist', () => {
    const { scripts } = JSON.parse(readRoot('package.json')) as { scripts: Record<string, string> }
    const commands = [readme, ...pages().map(readRoot)]
      .flatMap(text => blocksOf(text, 'sh'))
      .flatMap(block => block.split(/\n|&&/))
    const called = commands.flatMap(command => {
      const match = /^\s*npm (?:run )?([\w:-]+)/.exec(command)
      return match === null || match[1] === 'ci' ? [] : [match[1]]
    })
    expect(called.length).toBeGreaterThan(5)
    for (const name of called) expect(Object.keys(scripts)).toContain(name)
  })

  it.each(['README.md', ...pages()])('%s links to files that exist', page => {
    const links = [...readRoot(page).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, path]) => path)
    for (const link of links) {
      const path = join(rootPath, dirname(page), link)
      expect(ts.sys.fileExists(path) || ts.sys.directoryExists(path), link).toBe(true)
    }
  })
})

describe('the errors of the README', () => {
  const { dense, embedding, lstm, matmul, ones, sequential, tensor } = tensorloom
  const model = sequential(
    embedding({ inputDim: 100, outputDim: 8 }),
    lstm({ units: 4 }),
    dense({ units: 1 }),
  )

  it.each<[string, () => unknown]>([
    // @ts-expect-error: the compiler refuses them too
    ['sizes that do not fit', () => matmul(ones([32, 784]), ones([785, 10]))],
    ['an id outside the vocabulary', () => model.predict(tensor([[7, 100]], { dtype: 'int32' }))],
    [
      'a misspelt loss',
      () => model.compile({ optimizer: 'adam', loss: 'binaryCrossEntropy' as 'binaryCrossentropy' }),
    ],
    ['parameters too early', () => sequential(dense({ units: 1 })).parameters()],
    [
      'a second backward',
      () => {
        const loss = tensor([1], { requiresGrad: true }).square().sum()
        loss.backward()
        loss.backward()
      },
    ],
  ])('are those of the library: %s', (_, run) => {
    let message = ''
    try {
      run()
    } catch (error) {
      expect(error).toBeInstanceOf(tensorloom.TensorloomError)
      message = String(error)
    }
    expect(message).not.toBe('')
    expect(readme).toContain(message.replace(/ There are .*/s, ''))
  })
})
