import { setFlagsFromString } from 'node:v8'
import type { Node, RawStmt } from 'libpg-query'

export type { Node } from 'libpg-query'

/** A statement from its first word on, in bytes. The last one has no length if no semicolon ends it. */
export interface ParsedStatement {
  readonly node: Node
  readonly from: number
  readonly length: number | undefined
}

/** The parser refused the text. */
export interface SyntaxProblem {
  readonly message: string
  /** In characters, from 0. It is 0, too, where the parser does not know it. */
  readonly characters: number
}

/** Parses a whole file with PostgreSQL's own grammar. */
export type ParsePostgresql = (
  text: string,
) => { readonly statements: readonly ParsedStatement[] } | SyntaxProblem

/**
 * PostgreSQL's own parser, of version 18. It has 1.7 MB of WebAssembly, so it is loaded only where SQL for PostgreSQL is split.
 * Newer syntax than the server's passes here and fails there.
 */
export async function loadPostgresqlParser(): Promise<ParsePostgresql> {
  // Meanwhile V8 would optimise the parser, which takes half a gigabyte and longer than any file.
  setFlagsFromString('--no-wasm-tier-up')
  setFlagsFromString('--no-wasm-dynamic-tiering')
  const { hasSqlDetails, loadModule, parseSync } = await import('libpg-query')
  await loadModule()
  return (text) => {
    // The parser takes no empty text.
    if (text === '') return { statements: [] }
    try {
      const { stmts = [] } = parseSync(text)
      return { statements: stmts.flatMap(parsedStatement) }
    } catch (error) {
      if (hasSqlDetails(error))
        return { message: error.message, characters: error.sqlDetails?.cursorPosition ?? 0 }
      // Parsers recurse, and this one ends what it takes for its process where 1 GB is not enough: that is no Error.
      if (error instanceof Error && !(error instanceof RangeError)) throw error
      return { message: 'the file is too large, or a statement is nested too deeply', characters: 0 }
    }
  }
}

/** The tree leaves out what is zero. */
function parsedStatement({
  stmt,
  stmt_location: from = 0,
  stmt_len: length,
}: RawStmt): readonly ParsedStatement[] {
  return stmt === undefined ? [] : [{ node: stmt, from, length }]
}
