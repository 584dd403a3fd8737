/** A file of SQL as it was read. */
export interface SqlFile {
  readonly name: string
  readonly content: Buffer
}

/** What one call of the Data API runs. */
export interface SqlStatement {
  readonly file: string
  /** Its place among the statements of its file, from 1. */
  readonly number: number
  /** Where its first word stands, from 1. Comments may come before. */
  readonly line: number
  /** What is sent: the statement with the comments around it, and without the delimiter. */
  readonly text: string
  /** It may not run inside a transaction block or a DO block. MySQL has no such statement: there, many only end the transaction. */
  readonly alone: boolean
}

/** Why a file cannot be run, and where. Line and column count from 1, and a column is a character. */
export interface SqlProblem {
  readonly file: string
  readonly line: number
  readonly column: number
  /** A clause without a full stop; the parser's own where it has one. */
  readonly message: string
  /** What the author of the file should do, in a sentence. */
  readonly remedy?: string | undefined
}

export type Split =
  { readonly statements: readonly SqlStatement[] } | { readonly problems: readonly SqlProblem[] }

export type Refusal = Pick<SqlProblem, 'message' | 'remedy'>

/** "If a call isn't part of a transaction, changes that result from the call are committed automatically." [RDS Data API, ExecuteStatement] */
export const NO_TRANSACTIONS: Refusal = {
  message: 'transaction control has no effect, since each statement is sent in a call of its own',
  remedy: 'Remove the statement.',
}

/** `sql` of ExecuteStatement has at most 65,536 characters [RDS Data API, ExecuteStatement]. The rest is for what proves its success. */
const MAX_LENGTH = 64_512

/** Why the Data API does not take a text, whatever it says. */
export function lengthRefusal({ length }: string): Refusal | undefined {
  if (length <= MAX_LENGTH) return undefined
  return {
    message: `the statement has ${length} characters, and the Data API takes at most ${MAX_LENGTH}`,
    remedy: 'Divide it into several statements.',
  }
}
