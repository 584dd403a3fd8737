/** The first word of a statement in capitals, or its first sign, such as an opening parenthesis. Comments before it do not count. */
export function firstWord(sql: string): string {
  const rest = sql.replace(/^(?:\s|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|\/\*(?![!+])[\s\S]*?\*\/)*/, '')
  return /^(?:[a-z_]+|[^\s])/i.exec(rest)?.[0].toUpperCase() ?? ''
}
