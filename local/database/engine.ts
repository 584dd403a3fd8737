import type { ServerUser } from './server-user.ts'
import type { SqlClient } from './sql-client.ts'

/** Where a cluster's database is, and who may use it. */
export interface DatabasePlace {
  /** The data directory; it belongs to this database alone. */
  readonly directory: string
  /** On 127.0.0.1. */
  readonly port: number
}

export interface NewDatabase {
  readonly masterUsername: string
  readonly masterPassword: string
  readonly databaseName?: string | undefined
}

/** One cluster's database: its files, and a server for them while it runs. */
export interface Database {
  readonly isRunning: boolean
  /** Makes it, empty and standing still: nobody can connect to what is half made. */
  create(database: NewDatabase): Promise<void>
  /** Resolves when the server accepts connections. */
  start(): Promise<void>
  /** Ends the server in order, with everything written to its files; connections are cut. */
  stop(): Promise<void>
  /** Copies it as it is at one moment, whether or not it runs, to a directory that does not exist yet. */
  copyTo(directory: string): Promise<void>
  /** Needs the server. */
  setPassword(user: { readonly username: string; readonly password: string }): Promise<void>
  /** A login with every privilege, past every gate; needs the server. */
  administrator(database?: string): Promise<SqlClient>
  /** Ends the server at once and removes the files. */
  remove(): Promise<void>
}

/** The software that stands in for an engine of Aurora's. */
export interface DatabaseEngine {
  /** As people call it, with its version. */
  readonly product: string
  /** The database of a place, whether or not there are files already; it does not run yet. */
  open(place: DatabasePlace): Database
}

/** Why there is no such software on this machine. */
export interface Missing {
  readonly missing: string
}

/** What an engine may use of this machine. */
export interface EngineSite {
  /** For files of its own, which everybody may read. */
  readonly directory: string
  /** Who its servers run as. */
  readonly user: ServerUser
}
