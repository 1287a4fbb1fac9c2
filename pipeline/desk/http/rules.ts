/** `GET /v1/rules`: what holds and what is to come; `POST /v1/rules`: a change, answered once the engine has accepted or refused it (docs/decisions/0032). */
import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { LookthroughError, parseTime, type Rule } from '../../contract/index.ts'
import { type Act, ruleOf } from '../../contract/rule-change.ts'
import { type AuditRecord, entryBy } from '../audit/record.ts'
import { demand } from '../entitlements/roles.ts'
import { userOf } from './access.ts'

/** `effective`: event time, ms. */
export type RuleAsked = { act: Act; effective: number; rule: Rule } | { act: 'retired'; effective: number; code: string }
export type RuleAnswer = { code: string; version: string; hash: string; effective: string }
export type RuleShelf = {
  /** Records, each with its hash and from when until when it holds. */
  list(): readonly unknown[]
  /** Throws LT-3010 (refused) and LT-3011 (nobody has decided yet). */
  change?(asked: RuleAsked): Promise<RuleAnswer>
}

const strict = { additionalProperties: false }
export const RuleBody = Type.Union([
  Type.Object({ act: Type.Literal('activated'), effective: Type.String(), rule: Type.Unknown() }, strict),
  Type.Object({ act: Type.Literal('retired'), effective: Type.String(), code: Type.String() }, strict),
])
const body = Compile(RuleBody)

export function ruleRoutes(v1: FastifyInstance, rules: RuleShelf, record: AuditRecord, log: (line: Record<string, unknown>) => void): void {
  v1.get('/rules', () => rules.list())
  v1.post('/rules', async (request): Promise<RuleAnswer> => {
    const user = userOf(request)
    demand(user, 'changeRules')
    if (rules.change === undefined) throw new LookthroughError('LT-2111')
    const asked = askedIn(request.body)
    const tell = async (outcome: string) => {
      log({ level: 'info', message: 'change of rules', user: user.name, act: asked.act, outcome })
      const code = 'code' in asked ? asked.code : asked.rule.code
      await record.write(entryBy(user, { did: 'rule', act: asked.act, code, effective: new Date(asked.effective).toISOString(), outcome }))
    }
    try {
      const answer = await rules.change(asked)
      await tell(`${answer.code} ${answer.version} from ${answer.effective}`)
      return answer
    } catch (error) {
      await tell(error instanceof LookthroughError ? error.message : String(error))
      throw error
    }
  })
}

/** Throws LT-2113, LT-3010. */
function askedIn(given: unknown): RuleAsked {
  if (!body.Check(given))
    throw new LookthroughError('LT-2113', { why: '{"act": "activated", "effective": "…", "rule": {…}} | {"act": "retired", "effective": "…", "code": "…"}' })
  const effective = parseTime(given.effective)
  if (effective === undefined) throw new LookthroughError('LT-2113', { why: 'effective: 2026-03-02T09:00:00+08:00' })
  if (given.act === 'retired') return { act: given.act, effective, code: given.code }
  const rule = ruleOf(given.rule)
  if (typeof rule === 'string') throw new LookthroughError('LT-3010', { code: '', reason: 'broken', why: rule })
  return { act: given.act, effective, rule }
}
