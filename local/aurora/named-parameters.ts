/**
 * What is skipped on the way to a colon: strings, quoted names, comments, casts and assignments. A comment within a comment of
 * PostgreSQL's is taken to end with the inner one.
 */
const POSTGRESQL =
  /\b[eE]'(?:[^'\\]|\\[^]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(?<tag>(?:[^\W\d]\w*)?)\$[^]*?\$\k<tag>\$|--[^\n]*|\/\*[^]*?\*\/|::|:=|(?<![\w:]):(?<name>[A-Za-z_]\w*)/g
const MYSQL =
  /'(?:[^'\\]|\\[^]|'')*'|"(?:[^"\\]|\\[^]|"")*"|`(?:[^`]|``)*`|--\s[^\n]*|#[^\n]*|\/\*[^]*?\*\/|:=|(?<![\w:]):(?<name>[A-Za-z_]\w*)/g

/** The first `:name` of a statement, which the RDS Data API takes for a parameter. */
export function firstNamedParameter(engine: string, sql: string): string | undefined {
  const pattern = engine === 'aurora-mysql' ? MYSQL : POSTGRESQL
  for (const { groups } of sql.matchAll(pattern)) if (groups?.['name'] !== undefined) return groups['name']
  return undefined
}
