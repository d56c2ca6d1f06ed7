import { withDevice } from '../engine/device.ts'
import type { DeviceName } from '../engine/engine.ts'

/** Where a run computes. */
export interface DeviceOption {
  /**
   * Where to compute: `auto` (the GPU for what it does faster, once `useGpu()` has found one), `wasm`, `gpu`, or a
   * reference device. Default: the current device.
   */
  readonly device?: DeviceName
}

/**
 * Runs a step on the device that was asked for; where none was, on the current one.
 * @throws DeviceError for a device that is not there
 */
export const onDevice = <T>({ device }: DeviceOption, step: () => T): T =>
  device === undefined ? step() : withDevice(device, step)

/** @throws DeviceError for a device that is not there */
export const checkDevice = (options: DeviceOption): void => onDevice(options, () => undefined)
