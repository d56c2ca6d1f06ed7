/** Drives a process that holds one library (see host.ts for the protocol). */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Timed } from './harness.ts'

/** How a process that serves the protocol is started. */
export interface Launch {
  readonly name: string
  readonly command: string
  readonly arguments: readonly string[]
}

export interface Reply {
  readonly ready?: boolean
  readonly cannot?: string
  readonly warm?: number
  readonly losses?: readonly [number, number]
  readonly seconds?: number[]
  readonly bytes?: number
  readonly steps?: number
  readonly versions?: Record<string, string>
  readonly error?: string
}

const mark = '@bench '

export class Remote {
  readonly name: string
  private readonly child: ChildProcessWithoutNullStreams
  private waiting: ((reply: Reply) => void) | undefined
  private chatter = ''
  private ended: string | undefined

  constructor(launch: Launch) {
    this.name = launch.name
    this.child = spawn(launch.command, launch.arguments)
    this.child.stderr.on('data', (text: Buffer) => {
      this.chatter = (this.chatter + text.toString()).slice(-2000)
    })
    const end = (reason: string) => {
      this.ended = reason
      this.waiting?.({ error: reason })
      this.waiting = undefined
    }
    this.child.on('error', error => end(error.message))
    this.child.on('exit', code => end(`its process ended with code ${code}: ${this.lastLine()}`))
    this.child.stdin.on('error', () => undefined)
    createInterface({ input: this.child.stdout }).on('line', line => {
      if (!line.startsWith(mark)) return
      const { waiting } = this
      this.waiting = undefined
      waiting?.(JSON.parse(line.slice(mark.length)) as Reply)
    })
  }

  get alive(): boolean {
    return this.ended === undefined
  }

  private lastLine(): string {
    return this.chatter.trim().split('\n').at(-1) ?? ''
  }

  /** Sends one command and waits for its answer, at most `seconds` long. */
  ask(command: string, seconds = 120): Promise<Reply> {
    if (this.ended !== undefined) return Promise.resolve({ error: this.ended })
    return new Promise(resolve => {
      const limit = setTimeout(() => {
        this.child.kill('SIGKILL')
        resolve({ error: `no answer within ${seconds} s` })
      }, seconds * 1000)
      this.waiting = reply => {
        clearTimeout(limit)
        resolve(reply)
      }
      this.child.stdin.write(`${command}\n`)
    })
  }

  /** The task that is set up, as something that can be timed, by the clock on the wall or by that of the processor. */
  timed(id: string, clock: 'run' | 'cpu'): Timed {
    return {
      name: this.name,
      slice: async seconds => {
        const reply = await this.ask(`${clock} ${id} ${seconds}`)
        if (!reply.seconds) throw new Error(reply.error ?? 'no times')
        return reply.seconds
      },
    }
  }

  /** Ends the process. */
  close(): void {
    this.child.stdin.end()
    setTimeout(() => this.child.kill('SIGKILL'), 2000).unref()
  }
}
