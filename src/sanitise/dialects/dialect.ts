/** The schema or database of the marks that statements leave. */
export const MARKERS = 'aurora_clone_action'

/** One value of a row, as the RDS Data API gives it. */
export type SqlValue = string | number | boolean | null
export type SqlRow = readonly SqlValue[]

/** A query, and the database that it is for where that is another one. */
export interface Query {
  readonly sql: string
  readonly database?: string
}

/** Something that a clone would do by itself, and how it is switched off. */
export interface Automation {
  readonly name: string
  readonly off: Query
}

/** A statement of a file, to be run so that its success can be proven later. */
export interface MarkedStatement {
  /** Unique within the clone. */
  readonly number: number
  readonly text: string
  /** Random letters and digits that the text cannot contain. */
  readonly nonce: string
}

/** What is sent for one marked statement, in a block or procedure of its own. */
export interface MarkedCalls {
  readonly before: readonly string[]
  readonly run: string
  readonly after: readonly string[]
}

/** The SQL of one engine. All of it is made here; the only texts from outside are names, quoted, and the user's statements. */
export interface Dialect {
  /** Where the statements run if the cluster names no database. */
  readonly defaultDatabase: string | undefined
  /** One row for each login that is neither AWS's nor the master's: its name, and its host if the engine has that. */
  readonly logins: string
  /** For people. */
  readonly loginName: (row: SqlRow) => string
  /** What names it in `keep-logins`. */
  readonly keptBy: (row: SqlRow) => readonly string[]
  readonly disableLogin: (row: SqlRow) => string
  /** One row with what tells older sessions from this one and its successors. */
  readonly thisSession: string
  /** One row for each session of a disabled login, and for each of the master that is older: what ends it needs. */
  readonly sessionsToEnd: (thisSession: SqlValue, kept: readonly string[]) => string
  readonly endSession: (row: SqlRow) => string
  /** Rows of name, and whether it allows connections, of databases beside the given one that may hold data. */
  readonly otherDatabases: ((database: string) => string) | undefined
  /** Kinds of automations: in how many databases they are looked for, and how a row becomes one. */
  readonly automations: readonly AutomationKind[]
  readonly setUpMarkers: readonly string[]
  readonly removeMarkers: readonly string[]
  /** Notes the count of a statement that stands in no block. */
  readonly note: (marker: { readonly number: number; readonly rows: number }) => string
  /** Runs a statement and notes the count of its rows, atomically. */
  readonly marked: (statement: MarkedStatement) => MarkedCalls
  /** The same for a query: notes how many rows it has. */
  readonly counted: (query: MarkedStatement) => MarkedCalls
  /** A row with number and count for each statement from `first` to `last` that has succeeded. */
  readonly markers: (numbers: { readonly first: number; readonly last: number }) => string
  /** One row with the number of statements of the same user that run at this moment, beside this one. */
  readonly running: string
  /** Statements that make the statistics anew: they show the most common values of a column as they were before. */
  readonly newStatistics: readonly string[]
  /** Rows of schema, table and column, in order. */
  readonly columns: (page: { readonly offset: number; readonly limit: number }) => string
}

export interface AutomationKind {
  /** In the plural, for people. */
  readonly title: string
  /** `every`: in each database. */
  readonly where: 'one' | 'every'
  /** Says in one row whether the list can be read, where it stands in an extension. */
  readonly exists?: string
  readonly list: string
  readonly read: (row: SqlRow) => Automation
}

export function text(value: SqlValue | undefined): string {
  return value === null || value === undefined ? '' : String(value)
}
