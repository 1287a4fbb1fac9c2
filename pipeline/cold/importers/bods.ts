/**
 * `lookthrough import bods`: statements of the Beneficial Ownership Data Standard 0.4 (standard.openownership.org) as parties and ownerships.
 * A JSON list or JSON lines, read twice with one statement in memory at a time: first for the records that others name as their components.
 */
import { partyOf } from './bods-party.ts'
import { importRelationship, type Standing } from './bods-relationship.ts'
import { bodsOf } from './bods-statement.ts'
import { type Fields, fields, text } from './fields.ts'
import type { Intake } from './intake.ts'
import { jsonObjects } from './json-objects.ts'
import { members } from './members.ts'

export async function importBods(file: string, intake: Intake): Promise<void> {
  const components = await componentIds(file)
  const standing: Standing = new Map()
  for await (const object of objectsOf(file)) {
    intake.take()
    const statement = parsed(object)
    const at = text(statement?.['statementId']) ?? object.slice(0, 40)
    if (statement === undefined) intake.skip('import.why.json', at)
    else await importStatement(statement, at, components, standing, intake)
  }
}

async function importStatement(statement: Fields, at: string, components: ReadonlySet<string>, standing: Standing, intake: Intake): Promise<void> {
  const type = text(statement['recordType']) ?? '-'
  if (type !== 'person' && type !== 'entity' && type !== 'relationship') return intake.skip('import.why.kind', at, { kind: type })
  const bods = bodsOf(statement)
  if (typeof bods === 'string') return intake.skip('import.why.field', at, { field: bods })
  if (type === 'relationship') return importRelationship(bods, components.has(bods.recordId), standing, intake)
  const { say, recordId, closed, details } = bods
  if (closed) return intake.map(type, [say({ type: 'ref.party', op: 'delete', data: { partyId: recordId } })])
  return intake.map(type, [say({ type: 'ref.party', data: partyOf(recordId, type, details, intake) })])
}

/** The records that some record lists as its components: what they say must not count twice, whether or not they say so themselves. */
async function componentIds(file: string): Promise<Set<string>> {
  const ids = new Set<string>()
  for await (const object of objectsOf(file)) {
    if (!object.includes('"componentRecords"')) continue
    const named = fields(parsed(object)?.['recordDetails'])['componentRecords']
    for (const id of Array.isArray(named) ? named : []) ids.add(String(id))
  }
  return ids
}

async function* objectsOf(file: string): AsyncGenerator<string> {
  for await (const { stream } of members(file, ['.json', '.jsonl', '.ndjson'])) yield* jsonObjects(stream)
}

function parsed(object: string): Fields | undefined {
  try {
    return fields(JSON.parse(object))
  } catch {
    return undefined
  }
}
