/** Tables as everybody finds them in SQL: what is a person's own under other names, by the macro `pd`. */
import { PERSONAL } from '../entitlements/pseudonyms.ts'

/** A table, from its file and from that of the parties, as a subselect. Files as literals; `parties` undefined: there is none. */
export function maskedFrom(name: string, file: string, parties: string | undefined, { seesBytes = false }: { seesBytes?: boolean }): string {
  const masked = MASKED[name]?.({ parties, seesBytes })
  return masked === undefined ? `read_parquet(${file})` : `(SELECT * REPLACE (${masked}) FROM read_parquet(${file}))`
}

const ofPersons = (column: string, masked: string) => `CASE WHEN kind = 'person' THEN ${masked} ELSE ${column} END AS ${column}`
const PARTY = Object.values(PERSONAL).map((column) =>
  ofPersons(column, column === 'ids' ? 'to_json(list_transform(CAST(ids AS VARCHAR[]), lambda paper: pd(paper)))' : `pd(${column})`),
)
const claimed = (column: string, parties: string) =>
  `CASE WHEN type = 'ref.party' AND thing IN (SELECT party_id FROM read_parquet(${parties}) WHERE kind = 'person') THEN pd(${column}) ELSE ${column} END AS ${column}`

/** Of bytes nobody can tell whether a party in them is a person; they are for whoever has to hand them back. */
const MASKED: Record<string, (of: { parties: string | undefined; seesBytes: boolean }) => string | undefined> = {
  party: () => PARTY.join(', '),
  claim: ({ parties }) => (parties === undefined ? undefined : `${claimed('stated', parties)}, ${claimed('standing', parties)}`),
  dead_letters: ({ seesBytes }) =>
    seesBytes ? undefined : `CASE WHEN suffix(topic, 'ref.party') OR contains(bytes::VARCHAR, 'ref.party') THEN NULL ELSE bytes END AS bytes`,
  late: ({ seesBytes }) => (seesBytes ? undefined : `CASE WHEN type = 'ref.party' THEN NULL ELSE bytes END AS bytes`),
}
