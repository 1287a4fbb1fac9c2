/** `/v1/openapi.json`: OpenAPI 3.1 made from the routes there are and what is said of each (`routes.ts`). */
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import { ROUTES } from './routes.ts'

const Failure = Type.Object(
  {
    error: Type.Object({
      code: Type.String(),
      message: Type.String(),
      detail: Type.Union([Type.Object({}, { additionalProperties: true }), Type.Null()]),
      ref: Type.String(),
    }),
  },
  { description: 'What happened, in the language asked for, and how to put it right.' },
)

/** Before any route. The schemas describe: each route checks what it is sent itself, and says what is wrong in its own words. */
export async function describe(v1: FastifyInstance): Promise<void> {
  v1.setValidatorCompiler(() => () => true)
  v1.setSerializerCompiler(() => JSON.stringify)
  v1.addHook('onRoute', (route) => {
    const described = ROUTES[`${[route.method].flat()[0]} ${route.url}`]
    route.schema = described === undefined ? { hide: true } : { ...described, response: { ...described.response, default: Failure } }
  })
  await v1.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Lookthrough', version: '1', description: '穿透式监管 · look-through supervision' },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          cookie: { type: 'apiKey', in: 'cookie', name: 'lookthrough-session', description: '`__Host-lookthrough-session` over https' },
        },
      },
      security: [{ token: [] }, { cookie: [] }],
    },
  })
  v1.get('/openapi.json', () => v1.swagger())
}
