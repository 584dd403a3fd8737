import type { Decisions } from './column-decisions.ts'
import type { SqlStatement } from './split/statement.ts'

/** What is to be done with the data of a clone before anybody gets its endpoint. */
export interface SanitisingOrder {
  readonly disablesLogins: boolean
  /** Logins that stay as they are. */
  readonly keepLogins: readonly string[]
  /** Statements of this run or steps of the user's sanitise it, so whatever the clone would do by itself is switched off first. */
  readonly sanitises: boolean
  readonly statements: readonly SqlStatement[]
  /** Queries that must not have a row. */
  readonly checks: readonly SqlStatement[]
  /** `undefined`: nobody has to decide about columns. */
  readonly decisions: Decisions | undefined
  /** `undefined`: the one that the cluster names. */
  readonly database: string | undefined
  /** Of the files and of everything else in this order. */
  readonly digest: string
}

/** What was done, for people. */
export interface SanitisingReport {
  /** The logins that were disabled. */
  readonly logins: readonly string[]
  /** What the clone would do by itself, such as `events: shop.nightly`. */
  readonly automations: readonly string[]
  readonly files: readonly FileReport[]
  readonly checks: number
  readonly columns: Readonly<{ masked: number; kept: number }> | undefined
}

export interface FileReport {
  readonly name: string
  readonly statements: number
  /** As the database counts: rows changed, or of a query rows read. */
  readonly rows: number
}
