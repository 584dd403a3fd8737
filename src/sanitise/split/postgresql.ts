import { type Node, loadPostgresqlParser } from './postgresql-parser.ts'
import {
  NO_TRANSACTIONS,
  type Refusal,
  type Split,
  type SqlFile,
  type SqlStatement,
  lengthRefusal,
} from './statement.ts'
import { lineCounter, positionAt, readText, trimBlanks } from './text.ts'

/** A statement in its file, in bytes. What stands between two of them is comments, blanks and semicolons. */
interface Range {
  readonly node: Node
  readonly from: number
  readonly to: number
}

/** The statements of a file for PostgreSQL, or everything that is wrong with it: a syntax error hides what else there is. */
export async function splitPostgresql(file: SqlFile): Promise<Split> {
  const text = readText(file)
  if (typeof text !== 'string') return { problems: [text] }
  const parse = await loadPostgresqlParser()
  const parsed = parse(text)
  if ('message' in parsed) {
    const { message, characters } = parsed
    const offset = Array.from(text).slice(0, characters).join('').length
    return {
      problems: [{ file: file.name, ...positionAt(text, offset), message, remedy: hint(text, offset) }],
    }
  }
  const bytes = Buffer.from(text)
  const ranges = parsed.statements.map(({ node, from, length }) => ({
    node,
    from,
    to: length === undefined ? bytes.length : from + length,
  }))
  const statements = statementsOf(file.name, bytes, ranges)
  const problems = ranges.flatMap(({ node, from }, index) => {
    const refusal = refusalOf(node) ?? lengthRefusal(statements[index]?.text ?? '')
    if (refusal === undefined) return []
    return [{ file: file.name, ...positionAt(text, bytes.toString('utf8', 0, from).length), ...refusal }]
  })
  return problems.length > 0 ? { problems } : { statements }
}

function statementsOf(file: string, bytes: Buffer, ranges: readonly Range[]): readonly SqlStatement[] {
  // Every byte is one character here, so that lines can be counted by offsets in bytes.
  const lineAt = lineCounter(bytes.toString('latin1'))
  const between = (from: number, to: number): string => withoutSemicolons(bytes.toString('utf8', from, to))
  return ranges.map(({ node, from, to }, index) => {
    const before = between(ranges[index - 1]?.to ?? 0, from)
    const isLast = index === ranges.length - 1
    const after = isLast ? `\n${between(to, bytes.length)}` : ''
    const text = trimBlanks(`${before}${bytes.toString('utf8', from, to)}${after}`)
    return { file, number: index + 1, line: lineAt(from), text, alone: isAlone(node) }
  })
}

/** Comments and blanks without the semicolons between them. Comments in `/*` nest. */
function withoutSemicolons(between: string): string {
  let [kept, at, depth] = ['', 0, 0]
  for (;;) {
    const mark = depth === 0 ? /\/\*|--[^\n\r]*|;/g : /\/\*|\*\//g
    mark.lastIndex = at
    const found = mark.exec(between)
    if (found === null) return kept + between.slice(at)
    const end = mark.lastIndex
    if (found[0] === '/*') depth += 1
    if (found[0] === '*/') depth -= 1
    kept += between.slice(at, found[0] === ';' ? found.index : end)
    at = end
  }
}

function refusalOf(node: Node): Refusal | undefined {
  if ('TransactionStmt' in node) return NO_TRANSACTIONS
  if ('CopyStmt' in node && node.CopyStmt.filename === undefined)
    return {
      message: 'COPY reads from and writes to the client, and the Data API has no such stream',
      remedy: 'Write the rows as INSERT … VALUES.',
    }
  return undefined
}

/** Programs that read such files know more than SQL, and the parser's message does not say so. */
function hint(text: string, offset: number): string | undefined {
  if (text[offset] === '\\')
    return 'Commands of psql that begin with a backslash are no SQL: write the statement itself.'
  if (text[offset] === ':') return 'Variables of psql are no SQL: write the value itself.'
  return undefined
}

/** Those that no transaction may hold, whatever they say. */
const ALWAYS_ALONE = [
  'AlterDatabaseStmt',
  'AlterSystemStmt',
  'AlterSubscriptionStmt',
  'ClusterStmt',
  'CreateSubscriptionStmt',
  'CreateTableSpaceStmt',
  'CreatedbStmt',
  'DiscardStmt',
  'DropSubscriptionStmt',
  'DropTableSpaceStmt',
  'DropdbStmt',
  'ReindexStmt',
]

/**
 * Calls of PreventInTransactionBlock in PostgreSQL 18. For some kinds it depends on more than the statement, such as on whether a
 * table has partitions: then it runs alone, which is always allowed.
 */
function isAlone(node: Node): boolean {
  if ('VacuumStmt' in node) return node.VacuumStmt.is_vacuumcmd === true
  if ('IndexStmt' in node) return node.IndexStmt.concurrent === true
  if ('DropStmt' in node) return node.DropStmt.concurrent === true
  if ('AlterTableStmt' in node) return (node.AlterTableStmt.cmds ?? []).some(detachesConcurrently)
  return ALWAYS_ALONE.some((kind) => kind in node)
}

function detachesConcurrently(command: Node): boolean {
  const { def } = 'AlterTableCmd' in command ? command.AlterTableCmd : {}
  return def !== undefined && 'PartitionCmd' in def && def.PartitionCmd.concurrent === true
}
