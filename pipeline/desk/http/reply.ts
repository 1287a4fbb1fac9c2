/** Errors over HTTP: `{"error":{"code","message","detail","ref"}}`, in the caller's language; one body for unknown and forbidden. */
import { randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Words } from '../../contract/rule.ts'

const MESSAGES = {
  unauthorized: { zh: '缺少令牌或令牌无效：请带 Authorization: Bearer …', en: 'token missing or not valid: send Authorization: Bearer …' },
  not_found: { zh: '没有这个资源', en: 'there is no such thing' },
  bad_request: { zh: '请求无法理解', en: 'the request cannot be understood' },
  not_allowed: { zh: '此角色不能这样做', en: 'this role may not do that' },
  nothing_accepted: { zh: '没有可接收的事件', en: 'no event could be accepted' },
  unavailable: { zh: '日志暂不可写，请稍后重试', en: 'the log cannot be written now; try again later' },
  too_many: { zh: '请求过多，请稍后重试', en: 'too many requests; try again later' },
  query_failed: { zh: '查询未完成', en: 'the query did not complete' },
  internal: { zh: '内部错误', en: 'internal error' },
} satisfies Record<string, Words>

export type ErrorKey = keyof typeof MESSAGES

export function fail(request: FastifyRequest, reply: FastifyReply, status: number, code: ErrorKey, detail?: unknown): FastifyReply {
  const language = /^en/i.test(request.headers['accept-language'] ?? '') ? 'en' : 'zh'
  return reply.code(status).send({ error: { code, message: MESSAGES[code][language], detail: detail ?? null, ref: randomUUID() } })
}
