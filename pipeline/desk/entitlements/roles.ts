/** Which role may do what: the one table that every address and channel asks. What of a thing somebody sees is told by `viewFor`. */
import { LookthroughError } from '../../contract/index.ts'

export const ROLES = ['supervisor', 'approver', 'desk', 'analyst', 'auditor', 'admin', 'operator'] as const
export type Role = (typeof ROLES)[number]

const PERMISSIONS = {
  /** Alerts, feed, evidence, paths of exposures, rules. */
  see: ['supervisor', 'approver', 'desk', 'analyst', 'auditor', 'admin'],
  /** SQL on the lake. */
  query: ['supervisor', 'approver', 'desk', 'analyst', 'auditor', 'admin'],
  /** Events: whoever reads only, reports nothing. */
  send: ['supervisor', 'approver', 'desk', 'admin'],
  /** On an alert: take receipt of it, comment, assign, answer. */
  act: ['supervisor', 'approver', 'desk'],
  /** Who has received what. */
  seeReceipts: ['supervisor', 'approver', 'analyst', 'auditor', 'admin'],
  /** Have alerts brought to an address. */
  haveWebhooks: ['supervisor', 'approver', 'desk', 'admin'],
  /** Which rules hold from when on. */
  changeRules: ['approver', 'admin'],
  /** What another has proposed. */
  approve: ['approver'],
  /** Have a person's name, telephone, address or papers shown. */
  unmask: ['supervisor', 'approver'],
  /** The record of who did what. */
  exportAudit: ['auditor', 'supervisor'],
  /** Users and their tokens. */
  manage: ['admin'],
  /** `/metrics`, which counts over all institutions. An operator may do nothing else. */
  seeMetrics: ['operator', 'admin'],
} as const satisfies Record<string, readonly Role[]>

export type Permission = keyof typeof PERMISSIONS

export function may(role: Role, permission: Permission): boolean {
  return (PERMISSIONS[permission] as readonly Role[]).includes(role)
}

/** Throws LT-2112. For addresses that are public anyway; of a thing whose existence is a secret nothing but LT-2111 is said. */
export function demand(user: { role: Role }, permission: Permission): void {
  if (!may(user.role, permission)) throw new LookthroughError('LT-2112', { role: user.role })
}
