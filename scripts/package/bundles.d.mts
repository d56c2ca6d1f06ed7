import type { BuildOptions } from 'esbuild'

export const pageOptions: BuildOptions
export function buildCode(): Promise<{ file: string; bytes: number }[]>
