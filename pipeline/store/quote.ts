/** An SQL string literal. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** An SQL identifier. */
export function name(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}
