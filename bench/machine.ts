/** What the figures were taken on, read at run time. */
import { readFileSync } from 'node:fs'
import { cpus, loadavg, platform, release, totalmem } from 'node:os'

const operatingSystem = (): string => {
  try {
    const name = /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))
    if (name) return name[1]
  } catch {
    // No such file outside of Linux.
  }
  return `${platform()} ${release()}`
}

export const describeMachine = () => {
  const cores = cpus()
  return {
    processor: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: operatingSystem(),
    node: process.version,
    loadAtStart: Number(loadavg()[0].toFixed(2)),
  }
}
