/**
 * `lookthrough import iso20022`: pacs.008 (customer credit transfers between institutions) and camt.053 (account statements) of any version as payments.
 * Each message is told by its own element, whatever envelope, prefix or namespace version stands around it.
 */
import { importStatements } from './camt053.ts'
import type { Intake } from './intake.ts'
import { members, wholeText } from './members.ts'
import { importTransfers } from './pacs008.ts'
import { elements, type Node, parseXml } from './xml.ts'

const MESSAGES: [element: string, read: (message: Node, intake: Intake) => Promise<void>][] = [
  ['FIToFICstmrCdtTrf', importTransfers],
  ['BkToCstmrStmt', importStatements],
]

/** An envelope, a document, the message. */
const MAX_LEVELS = 5

export async function importIso20022(file: string, intake: Intake): Promise<void> {
  for await (const { name, stream } of members(file, ['.xml'])) {
    const found = messagesIn(parseXml(await wholeText(stream)), MAX_LEVELS)
    if (found.length === 0) throw new Error(`no pacs.008 or camt.053 message is in it${name === '' ? '' : ` (${name})`}`)
    for (const read of found) await read(intake)
  }
}

function messagesIn(node: Node, levels: number): ((intake: Intake) => Promise<void>)[] {
  const here = MESSAGES.flatMap(([name, read]) => elements(node, name).map((message) => (intake: Intake) => read(message, intake)))
  if (here.length > 0 || levels === 0 || node === null || typeof node !== 'object') return here
  return Object.keys(node).flatMap((name) => elements(node, name).flatMap((inner) => messagesIn(inner, levels - 1)))
}
