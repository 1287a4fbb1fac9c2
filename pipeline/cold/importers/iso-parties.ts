/** Who pays and who is paid, as ISO 20022 messages name them. */
import { element, firstText, type Node, textAt } from './xml.ts'

export type Side = { id: string; account: string; country: string | undefined }

/**
 * A party by its LEI, BIC or other identifier, else its account, else its name; its account by IBAN or other number, else the party.
 * The country is where the account is kept: of the agent, of the IBAN, else of the party. Undefined where nothing names the side.
 */
export function sideOf(party: Node, account: Node, agent: Node): Side | undefined {
  const person = element(party, 'Pty') ?? party
  const number = firstText(account, 'Id/IBAN', 'Id/Othr/Id')
  const id =
    firstText(person, 'Id/OrgId/LEI', 'Id/OrgId/AnyBIC', 'Id/OrgId/BICOrBEI', 'Id/OrgId/Othr/Id', 'Id/PrvtId/Othr/Id') ?? number ?? textAt(person, 'Nm')
  if (id === undefined) return undefined
  const bic = bicOf(agent)
  const country =
    firstText(agent, 'FinInstnId/PstlAdr/Ctry') ?? bic?.slice(4, 6) ?? textAt(account, 'Id/IBAN')?.slice(0, 2) ?? firstText(person, 'PstlAdr/Ctry', 'CtryOfRes')
  return { id, account: number ?? id, country }
}

/** An institution by its BIC, LEI, or number in a clearing system. */
export function agentId(agent: Node): string | undefined {
  return bicOf(agent) ?? firstText(agent, 'FinInstnId/LEI', 'FinInstnId/ClrSysMmbId/MmbId', 'FinInstnId/Othr/Id', 'FinInstnId/Nm')
}

function bicOf(agent: Node): string | undefined {
  return firstText(agent, 'FinInstnId/BICFI', 'FinInstnId/BIC')
}

/** The parts of a payment that follow from its two sides. */
export function betweenSides(debtor: Side, creditor: Side): Record<string, unknown> {
  return {
    debtorId: debtor.id,
    debtorAccount: debtor.account,
    creditorId: creditor.id,
    creditorAccount: creditor.account,
    crossBorder: debtor.country !== undefined && creditor.country !== undefined && debtor.country !== creditor.country,
    countryFrom: debtor.country,
    countryTo: creditor.country,
  }
}

/**
 * What both sides of a payment call it, the surest first: the UETR, the transaction id of the clearing chain, the payer's end-to-end id.
 * `refs` is `PmtId` or `Refs`.
 */
export function paymentIdOf(refs: Node): string | undefined {
  return ['UETR', 'TxId', 'EndToEndId'].map((name) => textAt(refs, name)).find((id) => id !== undefined && id !== 'NOTPROVIDED')
}
