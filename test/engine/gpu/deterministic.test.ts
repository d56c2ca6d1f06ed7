import { expect, it, vi } from 'vitest'
import { useDeterministic, useGpu } from './library.ts'
import { fakeLibrary } from './fake-library.ts'

it('a GPU is excluded where every machine shall give the same bits', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  useDeterministic()
  const { backend, reason } = await useGpu({ mode: 'webgl2', library: fakeLibrary().library })
  expect(backend).toBeNull()
  expect(reason).toMatch(/useDeterministic\(\) excludes the GPU/)
  expect(warn).toHaveBeenCalledOnce()
})
