/** Alerts are told apart by their subject: a window's by its key, a statement's by what it is about, so that alerts on two things are never one. */
import { STREAMS } from '../../contract/index.ts'
import type { Linted, Remark } from './lint.ts'

export function identityLints({ rule }: Linted): Remark[] {
  if (rule.kind === 'window') {
    const { per, also } = rule.window
    return also === undefined && /^\w+$/.test(per) && per !== rule.subject.id ? [differs(per, rule.subject.id)] : []
  }
  if ((rule.kind !== 'each' && rule.kind !== 'ratio') || !STREAMS[rule.reads].state) return []
  const { thing } = STREAMS[rule.reads]
  return thing.some((field) => field === rule.subject.id) ? [] : [differs(thing.join(', '), rule.subject.id)]
}

function differs(key: string, subject: string): Remark {
  return { lint: 'dedupe', at: 'subject:', facts: { key, subject } }
}
