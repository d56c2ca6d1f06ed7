export function kernelHash(): string
export function isFresh(): boolean
