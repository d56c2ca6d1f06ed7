import type { Command } from 'commander'
import { createServer } from '../serve/server.ts'
import type { Environment } from './environment.ts'
import { openPredictor } from './open-model.ts'
import { whole } from './options.ts'

interface ServeFlags {
  readonly port: number
  readonly host: string
  readonly maxInputs: number
}

const HELP = `
  POST /predict   {"input_data": ["a text", …]} or {"input_data": [[1, 2, 3], …]}  →  {"predictions": […]}
  GET  /health    {"status": "ok", …}

Ends after the requests in progress on Ctrl-C or SIGTERM. Needs the package fastify.

Example:
  tensorloom serve models/text-classifier --port 8080
  curl localhost:8080/predict -H 'content-type: application/json' -d '{"input_data": ["What a film!"]}'`

/** `tensorloom serve MODEL` */
export function serveCommand(program: Command, environment: Environment): void {
  program
    .command('serve')
    .description('Answers over HTTP.')
    .argument('<model>', 'a saved model, of any kind that convert reads')
    .option('--port <n>', '0 takes any free one', whole(0), 8080)
    .option('--host <address>', '0.0.0.0 to be reached from elsewhere', '127.0.0.1')
    .option('--max-inputs <n>', 'most inputs in one request', whole(1), 1024)
    .addHelpText('after', HELP)
    .action(async (source: string, { port, host, maxInputs }: ServeFlags) => {
      const server = await createServer(await openPredictor(source), { maxInputs })
      const address = await server.listen({ port, host })
      environment.report(`${source} answers at ${address}/predict\n`)
      await environment.untilStopped()
      environment.report('ending after the requests in progress\n')
      await server.close()
    })
}
