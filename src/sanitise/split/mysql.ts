import { type Token, mysqlTokens } from './mysql-tokens.ts'
import {
  NO_TRANSACTIONS,
  type Refusal,
  type Split,
  type SqlFile,
  type SqlProblem,
  lengthRefusal,
} from './statement.ts'
import { lineCounter, positionAt, readText, trimBlanks } from './text.ts'

/** A statement that is being read. */
interface Growing {
  /** Everything since the last statement, but for delimiters. */
  readonly text: string
  /** The same without comments. */
  readonly code: string
  /** Where its code begins; `undefined` while there are only comments. */
  readonly from: number | undefined
  /** Where a comment begins that the server runs, and that has not ended. */
  readonly openedAt: number | undefined
}

type Piece = Growing & Readonly<{ from: number }>

const NOTHING: Growing = { text: '', code: '', from: undefined, openedAt: undefined }

/** The statements of a file for MySQL, as the mysql client would send them with their comments, or everything that is wrong with it. */
export function splitMysql(file: SqlFile): Split {
  const text = readText(file)
  if (typeof text !== 'string') return { problems: [text] }
  const refused = (at: number, refusal: Refusal): SqlProblem => ({
    file: file.name,
    ...positionAt(text, at),
    ...refusal,
  })
  const tokens = [...mysqlTokens(text)]
  const pieces = piecesOf(text, tokens)
  const problems = [
    ...tokens.flatMap(({ from, message, remedy }) =>
      message === undefined ? [] : [refused(from, { message, remedy })],
    ),
    ...pieces.flatMap((piece) => {
      const refusal = refusalOf(piece) ?? lengthRefusal(piece.text)
      return refusal === undefined ? [] : [refused(piece.from, refusal)]
    }),
  ]
  if (problems.length > 0) return { problems: problems.toSorted(byPosition) }
  const lineAt = lineCounter(text)
  return {
    statements: pieces.map((piece, index) => ({
      file: file.name,
      number: index + 1,
      line: lineAt(piece.from),
      text: piece.text,
      alone: false,
    })),
  }
}

const byPosition = (a: SqlProblem, b: SqlProblem): number => a.line - b.line || a.column - b.column

/** The statements. What stands after the last one goes with it. */
function piecesOf(text: string, tokens: readonly Token[]): readonly Piece[] {
  const pieces: Piece[] = []
  let growing = NOTHING
  for (const token of tokens) {
    if (token.kind !== 'delimiter') growing = continued(growing, token, text)
    else if (isPiece(growing)) {
      pieces.push(growing)
      growing = NOTHING
    }
  }
  if (isPiece(growing)) pieces.push(growing)
  const last = pieces.pop()
  if (last === undefined) return []
  const after = isPiece(growing) ? '' : `\n${growing.text}`
  return [...pieces, { ...last, text: last.text + after }].map((piece) => ({
    ...piece,
    text: trimBlanks(piece.text),
  }))
}

const isPiece = (growing: Growing): growing is Piece => growing.from !== undefined

function continued(piece: Growing, { kind, from, to }: Token, text: string): Growing {
  if (kind === 'directive' || kind === 'refused') return piece
  const part = text.slice(from, to)
  const whole = { ...piece, text: piece.text + part }
  if (kind === 'blank') return whole
  if (kind === 'comment') return { ...whole, code: `${piece.code} ` }
  return {
    ...whole,
    code: piece.code + part,
    from: piece.from ?? from,
    openedAt: kind === 'open' ? from : kind === 'close' ? undefined : piece.openedAt,
  }
}

/** A comment that the server runs may hold the statement: `/*!40000 …`. */
const START = String.raw`^\s*(?:/\*!\d*\s*)?`
const TRANSACTION = new RegExp(
  String.raw`${START}(?:begin|start\s+transaction|commit|rollback|savepoint|release\s+savepoint|xa)\b`,
  'i',
)
const LOAD_LOCAL = new RegExp(
  String.raw`${START}load\s+(?:data|xml)\s+(?:low_priority\s+|concurrent\s+)?local\b`,
  'i',
)

function refusalOf({ code, openedAt }: Piece): Refusal | undefined {
  if (openedAt !== undefined)
    return {
      message: 'the statement ends inside a comment that begins with /*!',
      remedy: 'End the comment before the delimiter, or choose another DELIMITER.',
    }
  if (TRANSACTION.test(code)) return NO_TRANSACTIONS
  if (LOAD_LOCAL.test(code))
    return {
      message: 'LOAD DATA LOCAL reads from the client, and the Data API has no such stream',
      remedy: 'Write the rows as INSERT … VALUES.',
    }
  return undefined
}
