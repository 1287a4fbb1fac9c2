import { XMLParser, XMLValidator } from 'fast-xml-parser'

/** An element: its text, or what is in it by element name (a list where one repeats), attributes by `@` and their name. Namespace prefixes are gone. */
export type Node = unknown

const PARSER = { ignoreAttributes: false, attributeNamePrefix: '@', removeNSPrefix: true, parseTagValue: false, processEntities: false }

/**
 * A document as a tree. A document type is refused, so that there are no entities but the five of XML itself and characters by number.
 * Throws on what is not well formed.
 */
export function parseXml(xml: string): Node {
  if (/<!DOCTYPE/i.test(xml.replace(/<!--[\s\S]*?-->/g, ''))) throw new Error('it has a DOCTYPE; documents that define entities are not read')
  const valid = XMLValidator.validate(xml)
  if (valid !== true) throw new Error(`line ${valid.err.line}: ${valid.err.msg}`)
  return new XMLParser(PARSER).parse(xml) as Node
}

/** The elements of this name in an element. */
export function elements(node: Node, name: string): Node[] {
  const inside = node !== null && typeof node === 'object' && Object.hasOwn(node, name) ? (node as Record<string, Node>)[name] : undefined
  return inside === undefined ? [] : Array.isArray(inside) ? inside : [inside]
}

/** The element at a path such as `PmtId/UETR`, the first where one repeats. */
export function element(node: Node, path: string): Node {
  return path.split('/').reduce<Node>((at, name) => elements(at, name)[0], node)
}

/** The text at a path, or of an attribute where the path ends in `@name`; undefined where there is none. */
export function textAt(node: Node, path: string): string | undefined {
  const at = element(node, path)
  const said = typeof at === 'string' ? at : elements(at, '#text')[0]
  return typeof said === 'string' && said.trim() !== '' ? decoded(said.trim()) : undefined
}

/** The first of these paths that has a text. */
export function firstText(node: Node, ...paths: string[]): string | undefined {
  return paths.map((path) => textAt(node, path)).find((said) => said !== undefined)
}

const PREDEFINED: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function decoded(text: string): string {
  return text.replace(/&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([\da-fA-F]{1,6}));/g, (whole, name?: string, decimal?: string, hex?: string) => {
    if (name !== undefined) return PREDEFINED[name] ?? whole
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
