/**
 * What graph rules and limits query of the look-through: per table its columns, which `when`, `where` and `values` name. Rows are per institution and subject;
 * those of tables of occurrences are judged once, each for its own alert, which stands until a correction.
 */

/** `money`: DECIMAL(38,2), CNY. `ratio`: DECIMAL(38,20). */
export type CellKind = 'money' | 'integer' | 'ratio' | 'text' | 'boolean'

export const THROUGH_TABLES = {
  /** Products: the longest chain of products below each, public funds not counted. */
  nesting: { layers: 'integer' },
  /** Parties and products whose shares do not add up: `sum` of the shares into a party, `reason` over-owned, self-owned, cycle-gain or holding-gain. */
  sanity: { sum: 'text', reason: 'text' },
  /** Institutions: what of their products is looked through to an obligor. */
  coverage: { identified: 'money', total: 'money' },
  /** Institutions: equity through products and directly; `solvency` = actual ÷ minimum capital, null without both. */
  equity_assets: { equity: 'money', solvency: 'ratio' },
  /** Institutions: the latest periods that have value at risk and result, and in how many of them the loss was larger. */
  backtest: { exceptions: 'integer', days: 'integer' },
  /** Institutions: what is open in foreign currency and gold, in CNY at the latest rates. */
  open_position: { nop: 'money' },
  /** Client groups of two or more: what an institution has at risk with all members together. */
  client_group_exposure: { exposure: 'money', members: 'text', parties: 'integer' },
  /** Related parties, their groups, and all together: balances less margin, pledged deposits and treasuries. `scope` single, group or all. */
  related_credit: { net: 'money', scope: 'text' },
  /** Parties that guarantee each other in a circle, per institution and, where it closes only across them, for `*`; `institutions`: whose guarantees close it. */
  guarantee_circle: { size: 'integer', members: 'text', institutions: 'text' },
  /** Assets that back loans more than once. */
  double_pledge: { pledges: 'integer', institutions: 'text' },
  /** Interbank claims of A on B as either reports them, subject `A>B`; nothing where one does not. */
  two_sided: { lent: 'money', borrowed: 'money' },
  /** What the default of an institution costs the others, beside the equity of the system. */
  debtrank: { loss: 'money', system_equity: 'money' },
  /** Who pays what in the greatest clearing vector. */
  clearing: { payment: 'money', owed: 'money', equity: 'money', defaulted: 'boolean' },
  /** Loans whose money went to accounts of parties with a sink flag: how much of `loan`, what was paid out and is kept; `sinks`: the flags. */
  loan_sinks: { tainted: 'money', loan: 'money', sinks: 'text' },
  /** Loans whose money came back to the borrower or its group; `share`: returned ÷ loan. */
  loan_return: { returned: 'money', loan: 'money', share: 'text' },
  /** Occurrences: payments that close a round trip, subject its smallest account; `amount`: theirs. */
  round_trip: { hops: 'integer', amount: 'money' },
  /**
   * Occurrences: payments whose debtor or creditor, the subject, is listed or has a listed party above it; `via` self, interest or control; `share`:
   * `interest`, 1 of itself, with 4 decimals.
   */
  sanctions_hit: { listed: 'text', via: 'text', interest: 'ratio', share: 'text' },
} as const satisfies Record<string, Record<string, CellKind>>

/** Parameters of the rule over a table by which the table itself is made, and which are therefore the same for all institutions. */
export const MADE_WITH: Partial<Record<keyof typeof THROUGH_TABLES, readonly string[]>> = {
  backtest: ['days'],
  clearing: ['shock', 'seniority'],
  guarantee_circle: ['size'],
  loan_return: ['days'],
  loan_sinks: ['sinks', 'method', 'days', 'hops'],
  round_trip: ['days', 'keep', 'maxHops'],
  sanctions_hit: ['share'],
}

/** Tables whose rows are about several institutions at once. */
export const CROSSING_TABLES: readonly (keyof typeof THROUGH_TABLES)[] = ['double_pledge', 'two_sided']

export type ThroughTable = keyof typeof THROUGH_TABLES

export const THROUGH_TABLE_NAMES = Object.keys(THROUGH_TABLES) as ThroughTable[]

/** Tables of occurrences. */
export const OCCURRENCE_TABLES: readonly ThroughTable[] = ['round_trip', 'sanctions_hit']

export function columnsOfTable(table: ThroughTable): [name: string, kind: CellKind][] {
  return Object.entries(THROUGH_TABLES[table])
}
