import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.safetensors': 'application/octet-stream',
}

export interface ServerOptions {
  /** Cross-origin isolated: pages get SharedArrayBuffer, and with it threads. */
  readonly isolated?: boolean
  readonly contentSecurityPolicy?: string
}

export interface Server {
  readonly origin: string
  close(): Promise<void>
}

/** Serves files by path from memory, and nothing else. */
export async function serve(
  files: ReadonlyMap<string, string | Uint8Array>,
  { isolated = false, contentSecurityPolicy }: ServerOptions = {},
): Promise<Server> {
  const headers: Record<string, string> = {
    ...(isolated && {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    }),
    ...(contentSecurityPolicy !== undefined && { 'Content-Security-Policy': contentSecurityPolicy }),
  }
  const server = createServer(({ url = '/' }, response) => {
    const path = new URL(url, 'http://localhost').pathname
    const body = files.get(path === '/' ? '/index.html' : path)
    if (body === undefined) response.writeHead(404, headers).end('not found')
    else {
      const type = TYPES[path === '/' ? '.html' : extname(path)] ?? 'application/octet-stream'
      response.writeHead(200, { ...headers, 'Content-Type': type }).end(body)
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () => new Promise(resolve => server.close(() => resolve())),
  }
}
