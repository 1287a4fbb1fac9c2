/** The one catalogue of what the product says to people; zh-CN first, en complete. One file per area, `key: { zh, en }`. */
import { type Facts, fill, type Language } from '../contract/errors.ts'
import { AUDIT } from './audit.ts'
import { CHECK } from './check.ts'
import { CLI } from './cli.ts'
import { CONFORMANCE } from './conformance.ts'
import { DEAD } from './dead.ts'
import { DESK } from './desk.ts'
import { DOCTOR } from './doctor.ts'
import { FEED } from './feed.ts'
import { IMPORTERS } from './importers.ts'
import { PROOF } from './proof.ts'
import { RULES } from './rules.ts'
import { SCENARIO } from './scenario.ts'
import { THROUGH } from './through.ts'
import { WHY } from './why.ts'

export const MESSAGES = {
  ...AUDIT,
  ...CHECK,
  ...CLI,
  ...CONFORMANCE,
  ...DEAD,
  ...DESK,
  ...DOCTOR,
  ...FEED,
  ...IMPORTERS,
  ...PROOF,
  ...RULES,
  ...SCENARIO,
  ...THROUGH,
  ...WHY,
}
export type MessageKey = keyof typeof MESSAGES

export function say(key: MessageKey, language: Language, facts: Facts = {}): string {
  return fill(MESSAGES[key][language], facts)
}

/** The language of this terminal: `LOOKTHROUGH_LANG`, else the locale; Chinese where neither says anything. */
export function terminalLanguage(env: NodeJS.ProcessEnv = process.env): Language {
  const locale = env['LOOKTHROUGH_LANG'] ?? env['LC_ALL'] ?? env['LC_MESSAGES'] ?? env['LANG'] ?? ''
  return /^en/i.test(locale) ? 'en' : 'zh'
}
