import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import { loadPeer } from '../formats/shared/peer.ts'
import { refuseUnknown } from '../nn/options.ts'
import type { Predictor } from './predictor.ts'

export interface ServerOptions {
  /** Most inputs in one request. Default 1024. */
  readonly maxInputs?: number
  /** Longest request in bytes. Default 1 MiB. */
  readonly bodyLimit?: number
  /** Fastify's logger. Default none. */
  readonly logger?: FastifyServerOptions['logger']
}

/**
 * A server that answers for a model:
 *
 *   POST /predict   {"input_data": [input, …]} → {"predictions": [prediction, …]}
 *   GET  /health    {"status": "ok", "model": name}
 *
 * A bad request gets 4xx with {"error", "index"?}: 400 for a body that is not of this form or an input that does not
 * fit, 413 where it is too long, 415 for anything but JSON. `await server.listen({ port })` starts it and
 * `await server.close()` ends it after the requests in progress.
 *
 * @throws DeviceError without the package `fastify`
 * @example
 * const server = await createServer(await Predictor.load('models/text-classifier'))
 * await server.listen({ port: 8080 })
 */
export async function createServer(
  predictor: Predictor,
  options: ServerOptions = {},
): Promise<FastifyInstance> {
  refuseUnknown('createServer', options, ['maxInputs', 'bodyLimit', 'logger'])
  const { maxInputs = 1024, bodyLimit = 1 << 20, logger = false } = options
  const { fastify } = await loadPeer('createServer', 'fastify', () => import('fastify'))
  const server = fastify({ bodyLimit, logger })

  // Fastify would read it, and the answer be 400 instead of 415.
  server.removeContentTypeParser('text/plain')

  server.get('/health', () => ({ status: 'ok', model: predictor.model.name }))

  server.post('/predict', (request, reply) => {
    const { body } = request
    const inputs: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'input_data') : null
    if (!Array.isArray(inputs)) {
      return reply.code(400).send({ error: 'needs {"input_data": […]}: a list of inputs.' })
    }
    if (inputs.length > maxInputs) {
      return reply.code(413).send({ error: `takes at most ${maxInputs} inputs, got ${inputs.length}.` })
    }
    const predictions = []
    for (const [index, answer] of predictor.predict(inputs).entries()) {
      if ('error' in answer) return reply.code(400).send({ error: answer.error, index })
      predictions.push(answer.prediction)
    }
    return reply.send({ predictions })
  })

  server.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: 'there are POST /predict and GET /health.' }),
  )
  server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const { statusCode = 500 } = error
    // What went wrong inside is not the client's business; the log has it.
    if (statusCode >= 500) server.log.error(error)
    return reply
      .code(statusCode)
      .send({ error: statusCode >= 500 ? 'the model could not answer.' : error.message })
  })
  return server
}
