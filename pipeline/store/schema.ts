/**
 * The tables: schema `lt` is what analysts read (contract §5), `sys` what they know of the data by (sys.ts), `engine` what the engine needs to go on after
 * a crash.
 * State streams have `standing_<table>` (latest valid statement per thing, deletions kept so that an older statement cannot raise the dead)
 * and `version_<table>` (all that was stated, as long as it is kept), both views.
 */
import { dataColumns, type DataColumn, EVENT_TYPES, type EventType, STREAMS } from '../contract/index.ts'
import { fnv, type TextColumn } from '../contract/text.ts'
import type { Database } from './database.ts'
import { MONEY_SQL } from './columns.ts'
import { createMark, noted } from './meta.ts'
import { createSysViews } from './sys.ts'

export const SCHEMA_VERSION = 9

/** Types whose statements are state, in the fixed order of the catalogue. */
export const STATE_TYPES: readonly EventType[] = EVENT_TYPES.filter((type) => STREAMS[type].state)

/** The columns every waiting or standing statement has before its data. */
export const STATEMENT_COLUMNS = [
  'e DOUBLE',
  'time DOUBLE',
  'sequence BIGINT',
  'source VARCHAR',
  'id VARCHAR',
  'institution VARCHAR',
  'op VARCHAR',
  'part INTEGER',
  'log_offset DOUBLE',
]

export const STATEMENT_NAMES = STATEMENT_COLUMNS.map((column) => column.split(' ')[0] as string)

export async function createSchema(db: Database): Promise<void> {
  await db.run(`CREATE SCHEMA IF NOT EXISTS lt; CREATE SCHEMA IF NOT EXISTS engine;
    CREATE TABLE engine.meta(key VARCHAR PRIMARY KEY, value VARCHAR);
    INSERT INTO engine.meta VALUES ('schema', '${SCHEMA_VERSION}');
    ${createMark(['tick', 'spoken', 'forgotten'])}
    CREATE TABLE engine.speaker(n INTEGER, source VARCHAR, type VARCHAR, institution VARCHAR);
    CREATE TABLE engine.spoken(speaker INTEGER, first DOUBLE, last DOUBLE, used DOUBLE, late DOUBLE, duplicate DOUBLE, dead DOUBLE, given_up DOUBLE, numbers BIGINT[]);
    CREATE TABLE engine.twin(source VARCHAR, id VARCHAR, content UBIGINT);
    CREATE TABLE engine.episode(key VARCHAR, body VARCHAR);
    CREATE TABLE engine.ending(type VARCHAR, code VARCHAR, e DOUBLE, body VARCHAR);
    CREATE TABLE engine.segment(type VARCHAR, n INTEGER, fields VARCHAR);
    CREATE TABLE engine.touched(code VARCHAR, institution VARCHAR, k VARCHAR, time DOUBLE);
    CREATE TABLE engine.qualified(code VARCHAR, institution VARCHAR, k VARCHAR, start DOUBLE, grade INTEGER);
    CREATE TABLE engine.outbox(sequence BIGINT, id VARCHAR, revision INTEGER, body VARCHAR);
    CREATE TABLE engine.exposure(institution VARCHAR, obligor VARCHAR, obligor_kind VARCHAR, amount ${MONEY_SQL}, path_id VARCHAR);
    CREATE TABLE engine.step(institution VARCHAR, path_id VARCHAR, step INTEGER, from_id VARCHAR, to_id VARCHAR, kind VARCHAR, share DOUBLE, amount ${MONEY_SQL}, event VARCHAR);
    CREATE TABLE engine.fx(ccy VARCHAR, rate DECIMAL(38,10), first HUGEINT, previous HUGEINT, latest HUGEINT, latest_day DOUBLE);
    CREATE TABLE engine.setting(since DOUBLE, materiality VARCHAR, stale_after_ms DOUBLE);
    CREATE TABLE engine.effective_ownership(owner VARCHAR, owned VARCHAR, economic DOUBLE, controls BOOLEAN, close_link DOUBLE);
    CREATE TABLE engine.client_group(group_id VARCHAR, party VARCHAR);
    CREATE TABLE engine.contagion(model VARCHAR, scenario VARCHAR, institution VARCHAR, equity_after ${MONEY_SQL}, loss ${MONEY_SQL}, impact DOUBLE, defaulted BOOLEAN);
    CREATE TABLE engine.flow_trace(institution VARCHAR, loan_id VARCHAR, method VARCHAR, account VARCHAR, party VARCHAR, amount BIGINT, hops INTEGER);
    CREATE TABLE engine.balance(account VARCHAR, amount BIGINT);
    CREATE TABLE engine.payment_rate(ccy VARCHAR, since DOUBLE, rate BIGINT);
    CREATE TABLE lt.events(topic VARCHAR, "partition" INTEGER, "offset" BIGINT, id VARCHAR, source VARCHAR, type VARCHAR, institution VARCHAR, subject VARCHAR,
      time TIMESTAMP, recorded TIMESTAMP, op VARCHAR, data JSON);
    CREATE TABLE lt.dead_letters(topic VARCHAR, "partition" INTEGER, "offset" DOUBLE, event INTEGER, reason VARCHAR, pointer VARCHAR, id VARCHAR, institution VARCHAR, form VARCHAR,
      size DOUBLE, bytes BLOB);
    CREATE TABLE lt.late(topic VARCHAR, "partition" INTEGER, "offset" DOUBLE, id VARCHAR, source VARCHAR, type VARCHAR, institution VARCHAR, lateness_ms DOUBLE, reason VARCHAR, bytes BLOB);
    CREATE TABLE lt.claim(type VARCHAR, thing VARCHAR, source VARCHAR, institution VARCHAR, event VARCHAR, stated VARCHAR, standing VARCHAR);
    CREATE TABLE lt.alert_revisions(${ALERT_COLUMNS.join(', ')});
    CREATE VIEW lt.alerts AS SELECT * FROM lt.alert_revisions QUALIFY row_number() OVER (PARTITION BY id ORDER BY revision DESC) = 1;
    CREATE VIEW lt.progress AS SELECT topic, "partition", next_offset::BIGINT AS next_offset,
      CASE WHEN isinf(greatest(own, raised)) THEN NULL ELSE epoch_ms(greatest(own, raised)::BIGINT) END AS watermark, used, late, duplicate, dead FROM engine.partition;`)
  await db.run(KEPT)
  for (const type of STATE_TYPES) await createState(db, type)
  await createLookthroughViews(db)
  await createThroughViews(db)
  await createSysViews(db)
}

export const ALERT_COLUMNS = [
  'id VARCHAR',
  'revision INTEGER',
  'state VARCHAR',
  'mode VARCHAR',
  'rule_code VARCHAR',
  'rule_id VARCHAR',
  'rule_version VARCHAR',
  'rule_hash VARCHAR',
  'institution VARCHAR',
  'subject_kind VARCHAR',
  'subject_id VARCHAR',
  'subject_part VARCHAR',
  'severity VARCHAR',
  'band VARCHAR',
  '"at" TIMESTAMP',
  'window_start TIMESTAMP',
  'window_end TIMESTAMP',
  '"values" JSON',
  'threshold VARCHAR',
  'says_zh VARCHAR',
  'says_en VARCHAR',
  'law JSON',
  'path JSON',
  'evidence JSON',
  'evidence_count INTEGER',
  'disclosure VARCHAR',
  'positions JSON',
]

/** The table of a state type in schema `engine`. */
export function stateTable(type: EventType): string {
  return STREAMS[type].table ?? type.replace('.', '_')
}

/**
 * `state_<table>` takes statements as they arrive and only grows at its end, numbered by slot; those above the last tick wait for the watermark;
 * `gone_<table>` names those that no longer stand and since when (effective time); `history_<table>` takes these when they are folded away.
 */
async function createState(db: Database, type: EventType): Promise<void> {
  const table = stateTable(type)
  const columns = [...STATEMENT_COLUMNS, ...dataColumns(type).map((c) => `"${c.field}" ${storedType(c)}`)].join(', ')
  const shown = dataColumns(type)
    .filter((c) => c.kind !== 'json' || type !== 'product.holding')
    .map((c) => `${shownAs(c)} AS "${c.column}"`)
  const row = [...shown, `source || '|' || id AS event`, 'epoch_ms(time::BIGINT) AS time', 'institution'].join(', ')
  const stored = statementFields(type).join(', ')
  await db.run(`CREATE TABLE engine.state_${table}(slot BIGINT, about INTEGER, ${columns});
    CREATE TABLE engine.gone_${table}(slot BIGINT, until DOUBLE);
    CREATE TABLE engine.history_${table}(until DOUBLE, ${columns});
    CREATE VIEW engine.standing_${table} AS SELECT s.* FROM engine.state_${table} s ANTI JOIN engine.gone_${table} g ON g.slot = s.slot WHERE ${PASSED};
    CREATE VIEW engine.version_${table} AS SELECT ${stored} FROM engine.state_${table} WHERE ${PASSED}
      UNION ALL SELECT ${stored} FROM engine.history_${table};
    CREATE VIEW lt.${table} AS SELECT ${row} FROM engine.standing_${table} WHERE op <> 'delete';
    CREATE MACRO lt.${table}_as_of(valid, known) AS TABLE SELECT ${row} FROM (SELECT * FROM engine.version_${table}
      WHERE time <= epoch_ms(valid::TIMESTAMP) AND e <= epoch_ms(known::TIMESTAMP)
      QUALIFY row_number() OVER (PARTITION BY ${thingColumns(type).join(', ')} ORDER BY time DESC, e DESC, source DESC, sequence DESC, id DESC) = 1)
      WHERE op <> 'delete'`)
}

/** What the last tick judged has left behind; the rest waits. */
export const PASSED = `e <= ${noted('tick')}::DOUBLE`

/** How far back versions answer: the last tick judged, up to when what was replaced is gone, and the lowest watermark; ms. */
const KEPT = `CREATE VIEW engine.kept AS SELECT ${noted('tick')}::DOUBLE AS tick, ${noted('forgotten')}::DOUBLE AS forgotten,
  (SELECT min(greatest(own, raised)) FROM engine.partition) AS watermark`

/** The columns of a statement, as they are written in SQL. */
export function statementFields(type: EventType): string[] {
  return [...STATEMENT_NAMES, ...dataColumns(type).map((c) => `"${c.field}"`)]
}

/** What tells a thing apart: its id, and the institution of things that are not shared. */
export function thingColumns(type: EventType): string[] {
  const ids = STREAMS[type].thing.map((f) => `"${f}"`)
  return STREAMS[type].shared ? ids : ['institution', ...ids]
}

/** The field by which the statements of a type are asked for most, beside their institution. */
export const ABOUT: Partial<Record<EventType, string>> = { 'credit.loan': 'customerId', 'book.position': 'issuerId' }

/** What stands in column `about`: a 32-bit hash (FNV-1a) of institution and subject in UTF-8, by which a scan skips nearly all that is not asked for. */
export function aboutHash(institution: string, subject: string): number {
  const [who, what] = [Buffer.from(institution), Buffer.from(subject)]
  return fnv(what, 0, what.length, fnv(who, 0, who.length))
}

/** The same for the rows of a batch; a type nobody asks about has 0. */
export function aboutHashes(institution: TextColumn, subject: TextColumn | undefined, count: number): Int32Array {
  const hashes = new Int32Array(count)
  if (subject === undefined) return hashes
  for (let row = 0; row < count; row++) {
    const h = fnv(institution.bytes, institution.start(row), institution.end(row))
    hashes[row] = subject.isNull(row) ? h : fnv(subject.bytes, subject.start(row), subject.end(row), h)
  }
  return hashes
}

/** Exposures: direct ones straight from the loans and positions, indirect ones from what the look-through engine last wrote. */
async function createLookthroughViews(db: Database): Promise<void> {
  const cny = (column: string, ccy: string) => `CAST(CASE WHEN ${ccy} = 'CNY' THEN ${column} ELSE round(${column} * fx.rate, 2) END AS DECIMAL(38,2))`
  const direct = `SELECT l.institution, l."customerId" AS obligor, ${cny('l.balance', 'l.ccy')} AS amount, 'loan|' || l.institution || '|' || l."loanId" AS path_id,
      'loan' AS kind, l.source || '|' || l.id AS event FROM engine.standing_loan l LEFT JOIN engine.fx fx ON fx.ccy = l.ccy WHERE l.op <> 'delete'
    UNION ALL SELECT p.institution, p."issuerId", ${cny('p.value', 'p.ccy')}, 'position|' || p.institution || '|' || p."positionId", p.kind, p.source || '|' || p.id
      FROM engine.standing_position p LEFT JOIN engine.fx fx ON fx.ccy = p.ccy WHERE p.op <> 'delete' AND p.side = 'long' AND p."issuerId" IS NOT NULL AND p."productId" IS NULL`
  await db.run(`CREATE VIEW engine.direct AS ${direct};
    CREATE VIEW lt.exposure AS SELECT institution, obligor, 'party' AS obligor_kind, 'direct' AS route, amount, path_id FROM engine.direct
      UNION ALL SELECT institution, obligor, obligor_kind, 'indirect', CAST(amount AS DECIMAL(38,2)), path_id FROM engine.exposure;
    CREATE VIEW lt.exposure_total AS SELECT institution, obligor, obligor_kind, CAST(coalesce(sum(amount) FILTER (route = 'direct'), 0) AS DECIMAL(38,2)) AS direct,
      CAST(coalesce(sum(amount) FILTER (route = 'indirect'), 0) AS DECIMAL(38,2)) AS indirect, CAST(sum(amount) AS DECIMAL(38,2)) AS total FROM lt.exposure GROUP BY ALL;
    CREATE VIEW lt.path AS SELECT path_id, 1 AS step, institution AS from_id, obligor AS to_id, kind, CAST(NULL AS DOUBLE) AS share, amount, event FROM engine.direct
      UNION ALL SELECT path_id, step, from_id, to_id, kind, CASE WHEN isnan(share) THEN NULL ELSE share END, CAST(amount AS DECIMAL(38,2)), event FROM engine.step;
    CREATE VIEW lt.holding_line AS SELECT h."productId" AS product_id, u.i AS line, (u.l->>'kind') AS kind, (u.l->>'issuerId') AS issuer_id, (u.l->>'productId') AS held_product_id,
      (u.l->>'trancheId') AS tranche_id, CAST(u.l->>'value' AS DECIMAL(38,2)) AS value, CAST(u.l->>'share' AS DOUBLE) AS share, h.source || '|' || h.id AS event,
      epoch_ms(h.time::BIGINT) AS time, h.institution FROM engine.standing_holding h,
      LATERAL (SELECT unnest(CAST(h.lines AS JSON[])) AS l, unnest(range(1, json_array_length(h.lines)::BIGINT + 1)) AS i) u WHERE h.op <> 'delete'`)
}

/** Owners, groups, networks and money as the look-through last wrote them. A party nothing ties is a group by itself. */
async function createThroughViews(db: Database): Promise<void> {
  await db.run(`CREATE VIEW lt.effective_ownership AS SELECT owner, owned, CASE WHEN isnan(economic) THEN NULL ELSE economic END AS economic, controls, close_link
      FROM engine.effective_ownership;
    CREATE VIEW lt.client_group AS SELECT group_id, party FROM engine.client_group
      UNION ALL SELECT "partyId", "partyId" FROM engine.standing_party p ANTI JOIN engine.client_group g ON g.party = p."partyId" WHERE op <> 'delete';
    CREATE VIEW lt.contagion AS SELECT model, scenario, institution, CAST(equity_after AS DECIMAL(38,2)) AS equity_after, CAST(loss AS DECIMAL(38,2)) AS loss,
      impact, defaulted FROM engine.contagion;
    CREATE VIEW lt.flow_trace AS SELECT loan_id, method, account, party, CAST(amount * 0.01 AS DECIMAL(38,2)) AS amount, hops FROM engine.flow_trace;`)
}

export function storedType(column: DataColumn): string {
  if (column.kind === 'money') return MONEY_SQL
  if (column.kind === 'integer') return 'INTEGER'
  return column.kind === 'boolean' ? 'BOOLEAN' : 'VARCHAR'
}

function shownAs(column: DataColumn): string {
  const field = `"${column.field}"`
  const type = {
    money: 'DECIMAL(38,2)',
    price: 'DECIMAL(38,10)',
    share: 'DOUBLE',
    day: 'DATE',
    time: 'TIMESTAMP',
    json: 'JSON',
    text: '',
    integer: '',
    boolean: '',
  }[column.kind]
  return type === '' ? field : `TRY_CAST(${field} AS ${type})`
}
