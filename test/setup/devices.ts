import { afterAll, beforeAll } from 'vitest'
import { type DeviceName, getDevice, setDevice } from '../../src/index.ts'

/** The devices that compute in float32: every suite of the tensor core runs on each of them. */
export const devices: readonly DeviceName[] = ['wasm', 'reference']

/** Runs the tests of the enclosing `describe` on a device. */
export function useDevice(name: DeviceName): void {
  let outer: DeviceName
  beforeAll(() => {
    outer = getDevice()
    setDevice(name)
  })
  afterAll(() => setDevice(outer))
}
