import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import protobuf from 'protobufjs/minimal.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../tools/conform/command-line.ts'
import { modelBytes, nodes } from '../formats/onnx/graphs.ts'

/** A TensorProto of float32 numbers. */
const tensorBytes = (numbers: readonly number[]): Uint8Array =>
  protobuf.Writer.create()
    .uint32(8)
    .int64(numbers.length)
    .uint32(16)
    .int32(1)
    .uint32(74)
    .bytes(new Uint8Array(Float32Array.from(numbers).buffer))
    .finish()

const folder = mkdtempSync(join(tmpdir(), 'onnx-cases-'))
afterAll(() => rmSync(folder, { recursive: true }))

function writeCase(
  name: string,
  opType: string,
  output: readonly number[],
): { name: string; group: string; op: string } {
  const set = join(folder, 'node', name, 'test_data_set_0')
  mkdirSync(set, { recursive: true })
  const spec = { nodes: nodes([opType, ['x'], ['y']]), inputs: { x: 'float32' } as const, outputs: ['y'] }
  writeFileSync(join(folder, 'node', name, 'model.onnx'), modelBytes(spec))
  writeFileSync(join(set, 'input_0.pb'), tensorBytes([1, -2]))
  writeFileSync(join(set, 'output_0.pb'), tensorBytes(output))
  return { name, group: 'node', op: opType }
}

const write = (tests: readonly object[]): void =>
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ tests }))

beforeAll(() => write([]))

describe('the runner of ONNX cases', () => {
  it('counts by operator what passed, failed and is not supported', async () => {
    write([
      writeCase('right', 'Neg', [-1, 2]),
      writeCase('wrong', 'Neg', [-1, 3]),
      writeCase('unknown', 'Foo', [0, 0]),
    ])
    const { exitCode, stdout } = await runCommandLine(['onnx', folder])
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/3 cases, 1 passed, 1 failed, 1 not applicable/)
    expect(stdout).toMatch(/element 1 is 2, want 3/)
    expect(stdout).toMatch(/\| Neg \| 1 \| 1 \| 0 \|/)
    expect(stdout).toMatch(/\| Foo \| 0 \| 0 \| 1 \|/)
  })

  it('ends well when nothing failed', async () => {
    write([writeCase('right', 'Neg', [-1, 2])])
    expect((await runCommandLine(['onnx', folder])).exitCode).toBe(0)
  })

  it('takes every model of a folder without a list', async () => {
    writeCase('right', 'Neg', [-1, 2])
    const { exitCode, stdout } = await runCommandLine(['onnx', join(folder, 'node')])
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/unlisted \| 1 \| 1 \| 1/)
  })

  it('says what is wrong with a folder', async () => {
    expect((await runCommandLine(['onnx', join(folder, 'nowhere')])).exitCode).toBe(2)
    expect((await runCommandLine(['onnx-pytorch', folder])).stderr).toMatch(/no list of models/)
  })
})
