import pg from 'pg'
import type { Login } from './sql-client.ts'
import {
  type ArrayValue,
  type Field,
  NULL,
  type Session,
  type StatementResult,
  databaseError,
  inComment,
  multistatement,
  unavailable,
  unsupportedType,
} from './session.ts'

// How values travel is a matter of their types, which PostgreSQL tells by number. (pg_type.dat in PostgreSQL's sources.)

const parserOf = pg.types.getTypeParser as (
  type: number,
  format: 'text',
) => (text: string) => readonly unknown[]

const BOOL = 16
const BYTEA = 17
/** int8, int2, int4 */
const INTEGERS: readonly number[] = [20, 21, 23]
/** float4, float8 */
const FLOATS: readonly number[] = [700, 701]
const ARRAYS: ReadonlyMap<number, (items: readonly unknown[]) => ArrayValue> = new Map([
  [1000, (items) => ({ booleanValues: items as readonly (boolean | null)[] })],
  ...[1005, 1007, 1016].map((oid) => [oid, longs] as const),
  ...[1021, 1022].map((oid) => [oid, doubles] as const),
  // char, varchar, text, name, "char", uuid
  ...[1014, 1015, 1009, 1003, 1002, 2951].map((oid) => [oid, strings] as const),
])
/** point, lseg, path, box, polygon, line, circle, money: "geometric and monetary types". (Aurora user guide, as for `unsupportedType`.) */
const UNSUPPORTED: readonly number[] = [600, 601, 602, 603, 604, 628, 718, 790]

function longs(items: readonly unknown[]): ArrayValue {
  return { longValues: items.map((item) => (item === null ? null : Number(item))) }
}

function doubles(items: readonly unknown[]): ArrayValue {
  return { doubleValues: items.map((item) => (item === null ? null : Number(item))) }
}

function strings(items: readonly unknown[]): ArrayValue {
  return { stringValues: items as readonly (string | null)[] }
}

function fieldOf(text: string | null, type: number): Field {
  if (text === null) return NULL
  if (type === BOOL) return { booleanValue: text === 't' }
  if (INTEGERS.includes(type)) return { longValue: Number(text) }
  if (FLOATS.includes(type)) return { doubleValue: Number(text) }
  if (type === BYTEA) return { blobValue: Buffer.from(text.slice(2), 'hex').toString('base64') }
  const arrayOf = ARRAYS.get(type)
  if (arrayOf === undefined) return { stringValue: text }
  const items = parserOf(type, 'text')(text)
  if (items.some(Array.isArray)) throw unsupportedType('multidimensional array')
  return { arrayValue: arrayOf(items) }
}

/** Refused by the server itself, which parses the text as one prepared statement. */
const SEVERAL = 'cannot insert multiple commands into a prepared statement'

/**
 * `ERROR: …\n  Detail: …; SQLState: 23505` (cloud-utils/sqlalchemy-aurora-data-api#46), `ERROR: …; Position: 15; SQLState: 42P01`
 * (what cloud-utils/aurora-data-api looks for). Newer engines seem to leave the detail out (cloud-utils/aurora-data-api#53); here it
 * is told, since it is what may hold values of rows.
 */
function faultOf(error: unknown): Error {
  if (!(error instanceof pg.DatabaseError)) return unavailable(error)
  if (error.message === SEVERAL) return multistatement()
  const { severity = 'ERROR', message, detail, position, code = '' } = error
  const more = detail === undefined ? '' : `\n  Detail: ${detail}`
  const where = position === undefined ? '' : `; Position: ${position}`
  return databaseError(`${severity}: ${message}${more}${where}; SQLState: ${code}`)
}

/** Values stay as the server writes them. */
const UNPARSED = { getTypeParser: () => (value: string) => value }

export class PostgresqlSession implements Session {
  readonly id: number
  readonly #client: pg.Client

  private constructor(client: pg.Client) {
    this.#client = client
    // Which its types do not know.
    this.id = (client as pg.Client & { readonly processID: number }).processID
  }

  static async open(login: Login): Promise<PostgresqlSession> {
    const client = new pg.Client(login)
    client.on('error', () => undefined)
    try {
      await client.connect()
    } catch (error) {
      await client.end()
      throw faultOf(error)
    }
    return new PostgresqlSession(client)
  }

  async run(sql: string): Promise<StatementResult> {
    // The types of pg do not know `queryMode`: without it, the server takes several statements at once.
    const query = { text: sql, rowMode: 'array', types: UNPARSED, queryMode: 'extended' }
    const result = await this.#query(query as pg.QueryArrayConfig)
    const { fields, rows, rowCount } = result
    if (fields.length === 0) return { rows: undefined, updated: rowCount ?? 0, generated: [] }
    const names = await this.#typeNames(fields.map(({ dataTypeID }) => dataTypeID))
    const typeName = (type: number): string => names.get(type) ?? String(type)
    const unsupported = fields.find(({ dataTypeID }) => UNSUPPORTED.includes(dataTypeID))
    if (unsupported !== undefined) throw unsupportedType(typeName(unsupported.dataTypeID))
    const columns = fields.map(({ name, dataTypeID }) => ({ name, typeName: typeName(dataTypeID) }))
    const records = (rows as readonly (string | null)[][]).map((row) =>
      row.map((text, index) => fieldOf(text, fields[index]?.dataTypeID ?? 0)),
    )
    return { rows: { columns, records }, updated: 0, generated: [] }
  }

  async waitFor(lock: number, sql: string): Promise<void> {
    await this.#query(`/* ${inComment(sql)} */ SELECT pg_advisory_lock(${String(lock)})`)
  }

  async close(): Promise<void> {
    await this.#client.end()
  }

  async #query(query: string | pg.QueryArrayConfig): Promise<pg.QueryArrayResult> {
    try {
      return await this.#client.query(query as pg.QueryArrayConfig)
    } catch (error) {
      throw faultOf(error)
    }
  }

  async #typeNames(types: readonly number[]): Promise<ReadonlyMap<number, string>> {
    const { rows } = await this.#client.query<{ oid: number; typname: string }>(
      `SELECT oid, typname FROM pg_type WHERE oid IN (${types.join(', ')})`,
    )
    return new Map(rows.map(({ oid, typname }) => [oid, typname]))
  }
}
