import { describe, expect, it } from 'vitest'
import { DeviceError } from '../../../src/errors.ts'
import { loadPeer } from '../../../src/formats/shared/peer.ts'
import { rejection } from '../../setup/errors.ts'

describe('an optional package', () => {
  it('is given when it is there', async () => {
    expect(await loadPeer('read', 'it', async () => 7)).toBe(7)
  })

  it('is asked for by name when it is missing', async () => {
    const name = 'a-package-that-nobody-has'
    const error = await rejection(loadPeer('loadOnnx', name, () => import(name)))
    expect(error).toBeInstanceOf(DeviceError)
    expect(error.message).toMatch(
      /loadOnnx needs the package a-package-that-nobody-has.*\n.*npm install a-package/,
    )
  })

  it('lets its own errors through', async () => {
    const broken = new Error('broken')
    expect(await rejection(loadPeer('read', 'it', () => Promise.reject(broken)))).toBe(broken)
  })
})
