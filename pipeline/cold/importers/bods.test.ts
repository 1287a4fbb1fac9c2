import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, test } from 'vitest'
import { openFiles } from '../../hot/accept/file-source.ts'
import { loadRules } from '../catalogue/catalogue.ts'
import { replay } from '../replay/replay.ts'
import { fileOf, imported } from './testing/imported.ts'

const SAMPLES = join(process.env['LOOKTHROUGH_SAMPLES'] ?? '../shared/data', 'bods')

type Statement = Record<string, unknown>

let made = 0
const statement = (recordType: string, recordId: string, recordDetails: object, more: Statement = {}): Statement => ({
  statementId: `statement-${recordId}-${++made}`.padEnd(32, '0'),
  statementDate: '2026-03-01',
  declarationSubject: 'C',
  publicationDetails: { publicationDate: '2026-03-02', bodsVersion: '0.4', publisher: { name: 'A Register' } },
  recordId,
  recordType,
  recordDetails,
  ...more,
})
const relationship = (recordId: string, interests: object[], details: object = {}, more: Statement = {}) =>
  statement('relationship', recordId, { isComponent: false, subject: 'C', interestedParty: 'P', interests, ...details }, more)
const of = (...statements: Statement[]) => imported('bods', fileOf('bods.json', JSON.stringify(statements)))
const ownerships = async (...statements: Statement[]) => (await of(...statements)).events.filter((e) => e.type === 'ref.ownership')

describe('a BODS relationship', () => {
  test('becomes one ownership per interest: shares are equity, voting rights votes, the right to appoint the board control', async () => {
    const interests = [
      { type: 'shareholding', share: { exact: 33.3 }, startDate: '2020-01-31' },
      { type: 'shareholding', share: { exact: 10 }, endDate: '2026-02-01' },
      { type: 'votingRights', share: { exact: 50, minimum: 50, maximum: 50 } },
      { type: 'appointmentOfBoard' },
      { type: 'boardMember' },
    ]
    const found = await ownerships(relationship('R', interests))
    expect(found.map((e) => e.data)).toEqual([
      { ownershipId: 'R:shareholding', owner: 'P', owned: 'C', kind: 'equity', share: '0.333', from: '2020-01-31' },
      { ownershipId: 'R:shareholding:2', owner: 'P', owned: 'C', kind: 'equity', share: '0.1', to: '2026-02-01' },
      { ownershipId: 'R:votingRights', owner: 'P', owned: 'C', kind: 'votes', share: '0.5' },
      { ownershipId: 'R:appointmentOfBoard', owner: 'P', owned: 'C', kind: 'control' },
    ])
    expect(new Set(found.map((e) => e.id)).size).toBe(4)
    expect(found[0]).toMatchObject({ source: '/bods/A%20Register', institution: 'A Register', subject: 'C', time: '2026-03-01T00:00:00.000Z' })
  })

  test('keeps a range of shares as its bounds, a missing one as 0 or 1, an exclusive one as if it belonged to it', async () => {
    const shares = [{ minimum: 25, maximum: 50 }, { exclusiveMinimum: 75 }, { exclusiveMaximum: 5 }, { minimum: 20, maximum: 20 }, {}]
    const found = await ownerships(
      ...shares.map((share, i) => relationship(`R${i}`, [{ type: 'shareholding', share }])),
      relationship('R9', [{ type: 'shareholding', share: { exact: 100 } }]),
    )
    expect(found.map(({ data: { share, shareMin, shareMax } }) => [share, shareMin, shareMax])).toEqual([
      [undefined, '0.25', '0.5'],
      [undefined, '0.75', '1'],
      [undefined, '0', '0.05'],
      ['0.2', undefined, undefined],
      [undefined, undefined, undefined],
      ['1', undefined, undefined],
    ])
  })

  test('is skipped where a share is beyond 100 %, its bounds cross, nobody is owned, or there is stated to be no owner', async () => {
    const { reasons, events } = await of(
      relationship('R1', [{ type: 'shareholding', share: { exact: 100.1 } }]),
      relationship('R2', [{ type: 'shareholding', share: { minimum: 60, maximum: 40 } }]),
      relationship('R3', [], { subject: { reason: 'unknown' } }),
      relationship('R4', [], { interestedParty: { reason: 'noBeneficialOwners' } }),
      relationship('R5', [{ type: 'beneficiaryOfLegalArrangement' }]),
    )
    expect(events).toEqual([])
    expect(reasons).toEqual({ share: 2, subject: 1, noOwner: 1, interest: 1 })
  })

  test('is a component where it says so or where another record lists it, even one that comes later', async () => {
    const share = [{ type: 'shareholding', share: { exact: 60 } }]
    const { events, report } = await of(
      relationship('direct', share, { isComponent: true }),
      relationship('unmarked', share),
      relationship('untyped', [{ directOrIndirect: 'unknown' }], { isComponent: true }),
      relationship('primary', share, { componentRecords: ['direct', 'unmarked', 'untyped'] }),
    )
    expect(events.map((e) => [e.data['ownershipId'], e.data['isComponent'] ?? false])).toEqual([
      ['direct:shareholding', true],
      ['unmarked:shareholding', true],
      ['primary:shareholding', false],
    ])
    expect(report.details).toEqual(new Map([['import.detail.component', 1]]))
  })

  test('that is updated replaces its interests, deletes those it no longer lists, and ends when it is closed', async () => {
    const both = [
      { type: 'shareholding', share: { exact: 60 } },
      { type: 'votingRights', share: { exact: 60 } },
    ]
    const found = await ownerships(
      relationship('R', both),
      relationship('R', [{ type: 'votingRights', share: { exact: 70 } }], {}, { recordStatus: 'updated' }),
      relationship('R', [{ type: 'votingRights', share: { exact: 70 } }], {}, { recordStatus: 'closed' }),
      relationship('S', [{ type: 'votingRights', endDate: '2026-02-03' }], {}, { recordStatus: 'closed' }),
    )
    expect(found.slice(2).map((e) => [e.op ?? 'upsert', e.data['ownershipId'], e.data['share'] ?? e.data['to']])).toEqual([
      ['upsert', 'R:votingRights', '0.7'],
      ['delete', 'R:shareholding', undefined],
      ['delete', 'R:votingRights', undefined],
      ['upsert', 'S:votingRights', '2026-02-03'],
    ])
  })
})

test('whoever is anonymous, unknown or not specified stays a party of its own', async () => {
  const { events } = await of(
    statement('person', 'P1', { personType: 'anonymousPerson', unspecifiedPersonDetails: { reason: 'interestedPartyExemptFromDisclosure' } }),
    statement('entity', 'E1', { entityType: { type: 'unknownEntity' } }),
    relationship('R', [{ type: 'shareholding', share: { exact: 5 } }], { interestedParty: { reason: 'unknown', description: 'lost records' } }),
    statement('entity', 'C', {
      entityType: { type: 'arrangement', subtype: 'trust' },
      name: 'T',
      identifiers: [{ scheme: 'XI-LEI', id: '5493001KJTIIGC8Y1R12' }],
    }),
    statement('person', 'P1', {}, { recordStatus: 'closed' }),
  )
  expect(events.filter((e) => e.type === 'ref.party').map((e) => e.data)).toEqual([
    { partyId: 'P1', kind: 'person', name: 'interestedPartyExemptFromDisclosure', flags: ['anonymous'] },
    { partyId: 'E1', kind: 'other', name: 'unknownEntity', flags: ['unknown'] },
    { partyId: 'R:unspecified', kind: 'other', name: 'lost records', flags: ['unspecified'] },
    { partyId: 'C', kind: 'trust', name: 'T', ids: ['lei:5493001KJTIIGC8Y1R12'] },
    { partyId: 'P1' },
  ])
  expect(events.find((e) => e.type === 'ref.ownership')?.data).toMatchObject({ owner: 'R:unspecified', owned: 'C', share: '0.05' })
})

test('statements of earlier versions, without record or date are skipped for that', async () => {
  const { reasons } = await of(
    { statementID: 'x', statementType: 'personStatement' },
    statement('person', '', {}),
    statement('person', 'P', {}, { statementDate: 'spring' }),
    statement('person', 'P', {}, { recordStatus: 'void' }),
  )
  expect(reasons).toEqual({ kind: 1, field: 3 })
})

test('imported ownership, replayed, stands in lt.ownership with the stated shares as of the last statement', async () => {
  const at = (statementDate: string, more: Statement = {}) => ({ statementDate, ...more })
  const { events } = await of(
    statement('entity', 'C', { entityType: { type: 'registeredEntity' }, name: 'Company' }, at('2026-01-01')),
    relationship('R1', [{ type: 'shareholding', share: { exact: 60 } }], { interestedParty: 'P1' }, at('2026-01-01')),
    relationship('R2', [{ type: 'shareholding', share: { minimum: 25, maximum: 40 } }], { interestedParty: 'P2' }, at('2026-01-01')),
    relationship('R3', [{ type: 'votingRights', share: { exact: 1 } }], { interestedParty: 'P3', isComponent: true }, at('2026-01-01')),
    relationship('R1', [{ type: 'shareholding', share: { exact: 12.5 } }], { interestedParty: 'P1' }, at('2026-02-01', { recordStatus: 'updated' })),
    relationship('R4', [{ type: 'shareholding', share: { exact: 9 } }], { interestedParty: 'P4' }, at('2026-02-01')),
    relationship('R4', [{ type: 'shareholding', share: { exact: 9 } }], { interestedParty: 'P4' }, at('2026-03-01', { recordStatus: 'closed' })),
  )
  expect(await ownershipTable(events)).toEqual([
    ['P1', 'C', 'equity', 0.125, null, null, null, null],
    ['P2', 'C', 'equity', null, 0.25, 0.4, null, null],
    ['P3', 'C', 'votes', 0.01, null, null, true, null],
  ])
})

describe.skipIf(!existsSync(SAMPLES))('a published sample, replayed', () => {
  test('ends with the shares of its last statements: four of five shares and votes held by the trust, the former owner gone', async () => {
    const { events } = await imported('bods', join(SAMPLES, 'tecido.json'))
    expect(await ownershipTable(events)).toEqual([
      ['033E84672B', '01B68D7633', 'equity', 0.8, null, null, null, null],
      ['033E84672B', '01B68D7633', 'votes', 0.8, null, null, null, null],
    ])
  })

  test('keeps what a closed record held with the day it ended', async () => {
    const { events } = await imported('bods', join(SAMPLES, 'fermcat.json'))
    expect(await ownershipTable(events)).toEqual([
      ['per-41c0bb0cef246f7c', 'ent-93c75c87ab28f889', 'equity', 1, null, null, null, null],
      ['per-5faa4103dee78621', 'ent-93c75c87ab28f889', 'equity', 0.5, null, null, null, '2021-04-03'],
      ['per-e334cc6258e56467', 'ent-93c75c87ab28f889', 'equity', 0.5, null, null, null, '2022-01-21'],
    ])
  })

  test('counts a holding through components once: the components are marked, the primary record is not', async () => {
    const { events } = await imported('bods', join(SAMPLES, 'indirect-ownership.json'))
    expect(await ownershipTable(events)).toEqual([
      ['c25d4d612c2c', 'ad3f6c2fcc9e', 'equity', 0.3, null, null, null, null],
      ['d4ab89ea169a', 'ad3f6c2fcc9e', 'equity', 0.6, null, null, true, null],
    ])
  })
})

/** Rows of lt.ownership after a replay of these events: owner, owned, kind, share, its bounds, component, end. */
async function ownershipTable(events: object[]): Promise<unknown[]> {
  const file = fileOf('bods.ndjson', events.map((e) => `${JSON.stringify(e)}\n`).join(''))
  const db = join(mkdtempSync(join(tmpdir(), 'lookthrough-bods-')), 'out.duckdb')
  const result = await replay({ source: await openFiles([file]), rules: await loadRules(), db })
  expect([result.read, result.used, result.dead]).toEqual([events.length, events.length, 0])
  const instance = await DuckDBInstance.create(db, { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  const columns = 'owner, owned, kind, share, share_min, share_max, is_component, "to"::varchar'
  const reader = await connection.runAndReadAll(`select ${columns} from lt.ownership order by owner, kind`)
  connection.closeSync()
  instance.closeSync()
  return reader.getRowsJson()
}
