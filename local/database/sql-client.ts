import mysql from 'mysql2/promise'
import pg from 'pg'
import { type ServerClock, working } from '../time/clock.ts'

export interface Login {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database?: string | undefined
}

export type Row = Readonly<Record<string, unknown>>

/** A connection to a database of either engine. */
export interface SqlClient {
  /** Carries out one statement or several, and gives the rows of the last. */
  query(sql: string): Promise<readonly Row[]>
  close(): Promise<void>
}

/** By the engine's name at AWS. On this clock statements take no time. */
export async function connectTo(engine: string, login: Login, clock?: ServerClock): Promise<SqlClient> {
  const connect = engine === 'aurora-mysql' ? connectToMysql : connectToPostgresql
  return clock === undefined ? await connect(login) : await outsideTime(clock, () => connect(login))
}

/** A client whose login and statements take no time of this clock. */
export async function outsideTime(clock: ServerClock, connect: () => Promise<SqlClient>): Promise<SqlClient> {
  const client = await working(clock, 'a login', connect)
  return { ...client, query: (sql) => working(clock, 'a statement', () => client.query(sql)) }
}

/** Without one, the client waits forever for whoever accepts a connection and says nothing. */
const CONNECTION_LIMIT_MS = 60_000

export async function connectToPostgresql(login: Login): Promise<SqlClient> {
  const client = new pg.Client({ ...login, connectionTimeoutMillis: CONNECTION_LIMIT_MS })
  // A connection that the server cuts is an error of the query under way, if there is one.
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (error) {
    await client.end()
    throw error
  }
  return {
    async query(sql) {
      const result: pg.QueryResult<Row> | readonly pg.QueryResult<Row>[] = await client.query<Row>(sql)
      const last = Array.isArray(result) ? (result as readonly pg.QueryResult<Row>[]).at(-1) : result
      return last?.rows ?? []
    },
    async close() {
      await client.end()
    },
  }
}

export async function connectToMysql({ database, ...login }: Login): Promise<SqlClient> {
  const connection = await mysql.createConnection({
    ...login,
    ...(database !== undefined && { database }),
    multipleStatements: true,
  })
  connection.on('error', () => undefined)
  return {
    async query(sql) {
      const [result] = await connection.query<mysql.RowDataPacket[] | mysql.RowDataPacket[][]>(sql)
      const last = Array.isArray(result) && Array.isArray(result.at(-1)) ? result.at(-1) : result
      return Array.isArray(last) ? (last as readonly Row[]) : []
    },
    async close() {
      // Without waiting for an answer: the server may be gone.
      connection.destroy()
      await Promise.resolve()
    },
  }
}
