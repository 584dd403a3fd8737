import { errorCode } from './error-code.ts'
import { AwsFault } from '../aurora/aws-fault.ts'

/** A value as the RDS Data API puts it into JSON; a blob is base64. (RDS Data API reference, `Field`.) */
export type Field =
  | { readonly isNull: true }
  | { readonly booleanValue: boolean }
  | { readonly longValue: number }
  | { readonly doubleValue: number }
  | { readonly stringValue: string }
  | { readonly blobValue: string }
  | { readonly arrayValue: ArrayValue }

export type ArrayValue =
  | { readonly booleanValues: readonly (boolean | null)[] }
  | { readonly longValues: readonly (number | null)[] }
  | { readonly doubleValues: readonly (number | null)[] }
  | { readonly stringValues: readonly (string | null)[] }

export interface Column {
  readonly name: string
  readonly typeName: string
}

export interface StatementResult {
  /** Of a statement that has a result set, even an empty one. */
  readonly rows: { readonly columns: readonly Column[]; readonly records: readonly Field[][] } | undefined
  /** Rows that it has changed. */
  readonly updated: number
  readonly generated: readonly Field[]
}

/** A login in which the RDS Data API runs one statement; the next call has another one. */
export interface Session {
  /** The server's own number for it. */
  readonly id: number
  run(sql: string): Promise<StatementResult>
  /** Shows the statement as the one that runs, until nobody else holds the lock any more. */
  waitFor(lock: Lock, sql: string): Promise<void>
  close(): Promise<void>
}

/** A lock of the database server that has no meaning to anybody but the local cloud. */
export type Lock = number

export const NULL: Field = { isNull: true }

const failure = (code: string, httpStatus: number, message: string): AwsFault =>
  new AwsFault({ code, httpStatus, message })

/** What the database says, in the words of the Data API. */
export const databaseError = (message: string): AwsFault => failure('DatabaseErrorException', 400, message)

/** (Aurora user guide, "Comparing Amazon RDS Data API behaviors", "Multistatement support".) */
export const multistatement = (): AwsFault =>
  failure('ValidationException', 400, "Multistatements aren't supported.")

/** (The same page, "ExecuteStatement behavior".) */
export const unsupportedType = (name: string): AwsFault =>
  failure('UnsupportedResultException', 400, `The result contains the unsupported data type ${name}.`)

/** The connection and not the statement failed. (RDS Data API reference.) */
export const unavailable = (error: unknown): AwsFault =>
  failure(
    'DatabaseUnavailableException',
    504,
    `The writer instance in the DB cluster isn't available (${String(errorCode(error) ?? error)}).`,
  )

/** As the text of a comment, which must not end before it does. */
export const inComment = (sql: string): string => sql.replaceAll('/*', '/ *').replaceAll('*/', '* /')
