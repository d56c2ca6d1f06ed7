/**
 * Why a device did not give a product:
 *
 * - `lost`: the device, its context or its memory is gone, and a fresh one may work;
 * - `failed`: it cannot do this one: too large, say;
 * - `broken`: it does not do what it should, or nothing at all.
 */
export type FaultKind = 'lost' | 'failed' | 'broken'

export class DeviceFault extends Error {
  constructor(
    readonly kind: FaultKind,
    message: string,
  ) {
    super(message)
  }
}

/** Whatever was thrown, as a fault. */
export const toFault = (error: unknown): DeviceFault => {
  if (error instanceof DeviceFault) return error
  const message = error instanceof Error ? error.message : String(error)
  return new DeviceFault(/\blost\b/i.test(message) ? 'lost' : 'failed', message)
}
