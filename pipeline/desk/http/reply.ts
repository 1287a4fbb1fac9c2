/** Errors over HTTP: `{"error":{"code","message","detail","ref"}}`, in the caller's language; one body for unknown and forbidden. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { ERRORS, type ErrorCode, fill, type Language, LookthroughError } from '../../contract/index.ts'

export type ErrorBody = { error: { code: ErrorCode; message: string; detail: Record<string, unknown> | null; ref: string } }

const STATUS: Partial<Record<ErrorCode, number>> = {
  'LT-1014': 404,
  'LT-1015': 410,
  'LT-1016': 409,
  'LT-2105': 403,
  'LT-2106': 403,
  'LT-2110': 401,
  'LT-2111': 404,
  'LT-2112': 403,
  'LT-2113': 400,
  'LT-2114': 429,
  'LT-2115': 413,
  'LT-2117': 503,
  'LT-2118': 503,
  'LT-2119': 400,
  'LT-2120': 400,
  'LT-2126': 503,
  'LT-2130': 400,
  'LT-2131': 400,
  'LT-2132': 400,
  'LT-2133': 429,
  'LT-2134': 400,
  'LT-2135': 503,
  'LT-2141': 429,
  'LT-2145': 410,
  'LT-2150': 415,
  'LT-2151': 415,
  'LT-2152': 413,
  'LT-2153': 429,
  'LT-2154': 409,
  'LT-2155': 422,
  'LT-2156': 400,
  'LT-2160': 409,
  'LT-2161': 422,
  'LT-2162': 409,
  'LT-2163': 503,
  'LT-3010': 409,
  'LT-3011': 503,
}
/** How long to wait before trying again, where waiting helps. */
const RETRY_AFTER_SECONDS: Partial<Record<ErrorCode, number>> = {
  'LT-2117': 5,
  'LT-2118': 5,
  'LT-2126': 5,
  'LT-2133': 2,
  'LT-2135': 2,
  'LT-2141': 5,
  'LT-2153': 1,
  'LT-2154': 1,
  'LT-2163': 5,
}

/** Answers with the error. `detail`: more than its facts, such as the rejected events. */
export function fail(request: FastifyRequest, reply: FastifyReply, error: LookthroughError, detail: Record<string, unknown> = {}): FastifyReply {
  const seconds = RETRY_AFTER_SECONDS[error.code]
  if (seconds !== undefined) reply.header('retry-after', String(seconds))
  const language = languageOf(request.headers['accept-language'])
  const facts = seconds === undefined ? error.facts : { ...error.facts, seconds }
  const entry: { what: unknown; fix?: Record<Language, string> } = ERRORS[error.code]
  const more = { ...error.facts, ...detail, ...(entry.fix !== undefined && { fix: fill(entry.fix[language], facts) }) }
  const body: ErrorBody = {
    error: { code: error.code, message: messageOf(error, language), detail: Object.keys(more).length > 0 ? more : null, ref: request.id },
  }
  return reply.code(STATUS[error.code] ?? 500).send(body)
}

/** What happened, without the code and the fix. */
export function messageOf({ code, facts }: LookthroughError, language: Language): string {
  return fill(ERRORS[code].what[language], facts)
}

/** Our own error for whatever was thrown: a request fastify could not take, or a fault of ours. */
export function asOurs(error: FastifyError | Error, bodyLimit: number): LookthroughError {
  if (error instanceof LookthroughError) return STATUS[error.code] === undefined ? new LookthroughError('LT-2116', {}, error) : error
  const status = ('statusCode' in error ? error.statusCode : undefined) ?? 500
  if (status === 413) return new LookthroughError('LT-2115', { max: bodyLimit })
  return status < 500 ? new LookthroughError('LT-2113', { why: error.message }, error) : new LookthroughError('LT-2116', {}, error)
}

/** Chinese unless English is preferred. */
export function languageOf(acceptLanguage: string | undefined): Language {
  const weights = { zh: 0, en: 0 }
  for (const part of (acceptLanguage ?? '').split(',')) {
    const [tag = '', ...rest] = part.trim().toLowerCase().split(';')
    const q = Number(/^q=([\d.]+)$/.exec(rest.map((r) => r.trim()).find((r) => r.startsWith('q=')) ?? '')?.[1] ?? 1)
    const language = tag.startsWith('zh') ? 'zh' : tag.startsWith('en') ? 'en' : undefined
    if (language !== undefined) weights[language] = Math.max(weights[language], q)
  }
  return weights.en > weights.zh ? 'en' : 'zh'
}
