import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { currentOffload } from '../../../src/engine/gpu/attach.ts'
import { gpuSettings } from '../../../src/engine/gpu/use-gpu.ts'
import { rejection } from '../../setup/errors.ts'
import { fakeLibrary } from './fake-library.ts'
import {
  DeviceError,
  device,
  engineOf,
  Generator,
  getDevice,
  matmul,
  setDevice,
  type Tensor,
  tensor,
  useGpu,
  ValueError,
  withDevice,
} from './library.ts'

const matrix = (rows: number, cols: number, seed: number): Tensor =>
  tensor(new Generator(seed).normal(rows * cols), { shape: [rows, cols] })

const warnings: string[] = []
beforeEach(() => {
  warnings.length = 0
  vi.spyOn(console, 'warn').mockImplementation(message => warnings.push(message))
})
afterEach(async () => {
  await useGpu({ mode: 'off' })
  vi.restoreAllMocks()
})

describe('useGpu', () => {
  it('takes gpu.js as it is handed in, and makes auto the device', async () => {
    const { library, alive } = fakeLibrary()
    const status = await useGpu({ mode: 'webgl2', library })
    expect(status).toMatchObject({
      backend: 'webgl2',
      adapter: 'Imaginary GPU 3000',
      software: false,
      reason: null,
    })
    expect(getDevice()).toBe('auto')
    await useGpu({ mode: 'off' })
    expect(alive).toEqual({ kernels: 0, matrices: 0, contexts: 0 })
    expect(getDevice()).toBe('wasm')
    expect(device.status()).toMatchObject({
      backend: null,
      reason: expect.stringMatching(/call await useGpu/),
    })
  })

  it('finds the library in the default of a module, too', async () => {
    const { library } = fakeLibrary()
    expect((await useGpu({ mode: 'webgl2', library: { default: library } })).backend).toBe('webgl2')
  })

  it.each(['webasm', 'wasm', 'cpu', 'gpu', 'dev', 'async'])("refuses gpu.js's mode %s by name", mode => {
    expect(() => useGpu({ mode: mode as 'webgl' })).toThrow(ValueError)
    expect(() => useGpu({ mode: mode as 'webgl' })).toThrow(new RegExp(`"${mode}".*WebAssembly is faster`))
  })

  it('refuses other modes and a negative minFlops', () => {
    expect(() => useGpu({ mode: 'cuda' as 'webgl' })).toThrow(
      /"cuda"[\s\S]*webgpu, headlessgl, webgl2, webgl, or off/,
    )
    expect(() => useGpu({ minFlops: -1 })).toThrow(/minFlops ≥ 0, got -1/)
  })

  it('warns once and goes on where there is no GPU', async () => {
    const { library } = fakeLibrary()
    const status = await useGpu({ mode: 'webgl', library })
    expect(status.backend).toBeNull()
    expect(status.reason).toMatch(/webgl: this runtime has no WebGL/)
    expect(warnings).toHaveLength(1)
    expect(getDevice()).toBe('wasm')
    expect(matmul(matrix(2, 2, 1), matrix(2, 2, 2)).shape).toEqual([2, 2])
  })

  it('throws where one is required, and says what to install', async () => {
    const { library } = fakeLibrary()
    const error = await rejection(useGpu({ mode: 'webgl', library, required: true }))
    expect(error).toBeInstanceOf(DeviceError)
    expect(error.message).toMatch(/npm install gpu\.js webgpu/)
    expect(warnings).toEqual([])
  })

  it('refuses something that is not gpu.js', async () => {
    const error = await rejection(useGpu({ mode: 'webgl2', library: { tensor: 1 }, required: true }))
    expect(error.message).toMatch(/not gpu\.js/)
  })

  it('says that a package is missing where gpu.js cannot be imported', async () => {
    const error = await rejection(
      useGpu({ mode: 'webgl2', library: 'no-such-package-at-all', required: true }),
    )
    expect(error.message).toMatch(/cannot import "no-such-package-at-all" here: install it, or pass it/)
  })

  it('remembers for workers how the GPU is reached', async () => {
    expect(gpuSettings()).toBeNull()
    await useGpu({ mode: 'webgl2', library: fakeLibrary().library })
    expect(gpuSettings()).toEqual({ mode: 'webgl2' })
  })

  it('takes calls in turn', async () => {
    const [first, second] = [fakeLibrary('first'), fakeLibrary('second')]
    const calls = [
      useGpu({ mode: 'webgl2', library: first.library }),
      useGpu({ mode: 'webgl2', library: second.library }),
    ]
    expect((await Promise.all(calls)).map(({ adapter }) => adapter)).toEqual(['first', 'second'])
    expect(first.alive.contexts).toBe(0)
    expect(device.status().adapter).toBe('second')
  })

  it('takes a program for a GPU only where its mode is named', async () => {
    const { library } = fakeLibrary('llvmpipe (LLVM 15)')
    const status = await useGpu({ mode: 'webgl2', library })
    expect(status).toMatchObject({ backend: 'webgl2', software: true })
  })
})

describe('products through WebGL', () => {
  const fake = async () => {
    const made = fakeLibrary()
    await useGpu({ mode: 'webgl2', library: made.library })
    setDevice('gpu')
    return made
  }
  const [a, b] = [matrix(9, 10, 1), matrix(10, 11, 2)]
  const want = withDevice('reference64', () => matmul(a, b).data())
  const expectRight = (got: Tensor): void => {
    got.data().forEach((value, i) => {
      expect(value).toBeCloseTo(want[i], 5)
    })
  }

  it('are right, and leave nothing behind', async () => {
    const { alive } = await fake()
    for (let i = 0; i < 30; i++) expectRight(a.matmul(b))
    expect(device.status().counters).toMatchObject({ offloaded: 30, checks: 1 })
    expect(alive.matrices).toBeLessThanOrEqual(2)
    expect(alive.kernels).toBe(3)
  })

  it('build a bounded number of kernels', async () => {
    const { alive } = await fake()
    for (let i = 1; i <= 60; i++) matmul(matrix(i, 3, i), matrix(3, 2, 1))
    expect(alive.kernels).toBeLessThanOrEqual(96)
    expect(device.status().kernels).toBe(alive.kernels)
  })

  it('turn an operand round on the device, without sending it again', async () => {
    const { calls } = await fake()
    const [x, g] = [matrix(40, 30, 1), matrix(40, 35, 2)]
    matmul(x, g, { transposeA: true })
    expect(calls.load).toBe(2)
    matmul(x, g, { transposeA: true })
    expect(calls).toEqual({ load: 2, other: 3 })
  })

  it('are not taken from a kernel that gpu.js replaced by one for the CPU', async () => {
    const { behaviour } = await fake()
    behaviour.kernelMode = 'cpu'
    expectRight(a.matmul(b))
    expect(device.status().reason).toMatch(/gpu\.js fell back from webgl2 to cpu/)
    expect(warnings).toHaveLength(1)
  })

  it('are not taken from a lost context, which reads as zeros', async () => {
    const { behaviour, alive } = await fake()
    expectRight(a.matmul(b))
    currentOffload()?.drill()
    expect(behaviour.contextIsLost).toBe(true)
    expectRight(a.matmul(b))
    expect(device.status().counters).toMatchObject({ losses: 1, fallbacks: 1 })
    // A fresh context works.
    expectRight(a.matmul(b))
    expect(device.status().counters.offloaded).toBe(2)
    await vi.waitFor(() => expect(alive.contexts).toBe(1))
  })

  it('are left to WebAssembly beyond the largest texture', async () => {
    const { calls } = await fake()
    matmul(matrix(65, 2, 1), matrix(2, 2, 1))
    expect(calls.load).toBe(0)
  })

  it('are not judged where they hold infinities', async () => {
    await fake()
    const infinite = tensor([[1, Number.POSITIVE_INFINITY]])
    const result = infinite.matmul(tensor([[1], [1]])).item()
    expect(result).toBe(Number.POSITIVE_INFINITY)
    expect(device.status().counters).toMatchObject({ checks: 1, offloaded: 0, refusals: 0 })
  })
})

describe('the engine beside a GPU', () => {
  it('keeps its layers in order when threads come and go', async () => {
    const { library } = fakeLibrary()
    const engine = engineOf('wasm')
    const plain = engine.kernels.gemm
    await useGpu({ mode: 'webgl2', library })
    const withGpu = engine.kernels.gemm
    let seen = 0
    engine.overlay('threads', below => ({
      ...below,
      gemm: (...call) => {
        seen++
        below.gemm(...call)
      },
    }))
    setDevice('wasm')
    matmul(matrix(3, 3, 1), matrix(3, 3, 2))
    expect(seen).toBe(1)
    setDevice('gpu')
    for (let i = 0; i < 3; i++) matmul(matrix(3, 3, 1), matrix(3, 3, 2))
    // Threads compute what the first result is compared with, and no more.
    expect(seen).toBe(2)
    engine.overlay('threads', null)
    matmul(matrix(3, 3, 1), matrix(3, 3, 2))
    expect(device.status().counters.offloaded).toBe(4)
    expect(withGpu).not.toBe(plain)
    await useGpu({ mode: 'off' })
    expect(engine.kernels.gemm).toBe(plain)
  })

  it('has no say while the device is wasm', async () => {
    const { library, calls } = fakeLibrary()
    await useGpu({ mode: 'webgl2', library, minFlops: 0 })
    withDevice('wasm', () => {
      for (let i = 0; i < 5; i++) matmul(matrix(9, 9, 1), matrix(9, 9, 2))
    })
    expect(calls.load).toBe(0)
    expect(getDevice()).toBe('auto')
  })
})
