import mysql, { type Connection, type FieldPacket, type ResultSetHeader } from 'mysql2/promise'
import type { Login } from './sql-client.ts'
import {
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

/** The names of columns' types. (MySQL, include/field_types.h.) */
const TYPES: ReadonlyMap<number | undefined, string> = new Map([
  [0, 'DECIMAL'],
  [1, 'TINYINT'],
  [2, 'SMALLINT'],
  [3, 'INT'],
  [4, 'FLOAT'],
  [5, 'DOUBLE'],
  [7, 'TIMESTAMP'],
  [8, 'BIGINT'],
  [9, 'MEDIUMINT'],
  [10, 'DATE'],
  [11, 'TIME'],
  [12, 'DATETIME'],
  [13, 'YEAR'],
  [15, 'VARCHAR'],
  [16, 'BIT'],
  [245, 'JSON'],
  [246, 'DECIMAL'],
  [247, 'ENUM'],
  [248, 'SET'],
  [249, 'TINYBLOB'],
  [250, 'MEDIUMBLOB'],
  [251, 'LONGBLOB'],
  [252, 'BLOB'],
  [253, 'VARCHAR'],
  [254, 'CHAR'],
  [255, 'GEOMETRY'],
])
const typeName = ({ columnType }: FieldPacket): string => TYPES.get(columnType) ?? ''

const LONG = /INT$|^YEAR$/
const DOUBLE = /^(?:FLOAT|DOUBLE)$/
const BYTES = /BLOB$|CHAR$/
/** The character set of what is no text. */
const BINARY = 63

function fieldOf(value: Buffer | null, field: FieldPacket): Field {
  if (value === null) return NULL
  const { columnLength: length, characterSet } = field
  const type = typeName(field)
  // As AWS's driver does, for which TINYINT(1) is a bit. (MySQL Connector/J, `tinyInt1isBit`.)
  if (type === 'TINYINT' && length === 1) return { booleanValue: value.toString() !== '0' }
  if (type === 'BIT' && length === 1) return { booleanValue: value[0] !== 0 }
  if (LONG.test(type)) return { longValue: Number(value.toString()) }
  if (DOUBLE.test(type)) return { doubleValue: Number(value.toString()) }
  if (type === 'BIT' || (BYTES.test(type) && characterSet === BINARY))
    return { blobValue: value.toString('base64') }
  return { stringValue: value.toString() }
}

interface MysqlError extends Error {
  readonly errno: number
  readonly sqlState: string
  readonly sqlMessage: string
}

const isMysqlError = (error: unknown): error is MysqlError =>
  error instanceof Error && 'sqlMessage' in error && typeof error.sqlMessage === 'string'

const SYNTAX_ERROR = 1064

/** The server stumbles over what stands behind a semicolon. It quotes the first 80 characters of that. */
function isSeveral({ errno, sqlMessage }: MysqlError, sql: string): boolean {
  const rest = /near '(?<rest>[^]+)' at line \d+$/.exec(sqlMessage)?.groups?.['rest']
  if (errno !== SYNTAX_ERROR || rest === undefined) return false
  return sql
    .split(rest)
    .slice(0, -1)
    .some((before) => before.trimEnd().endsWith(';'))
}

/** `…; Error code: 1062; SQLState: 23000`, as cloud-utils/aurora-data-api looks for it. */
function faultOf(error: unknown, sql = ''): Error {
  if (!isMysqlError(error)) return unavailable(error)
  if (isSeveral(error, sql)) return multistatement()
  const { errno, sqlState, sqlMessage } = error
  return databaseError(`${sqlMessage}; Error code: ${String(errno)}; SQLState: ${sqlState}`)
}

const nameOfLock = (lock: number): string => `local-cloud-${String(lock)}`

/** Longer than any test, in seconds. */
const FOREVER_S = 1_000_000

export const releaseLock = (lock: number): string => `SELECT RELEASE_LOCK('${nameOfLock(lock)}')`

/** A statement that waits for the lock, or takes it. */
export const getLock = (lock: number): string =>
  `SELECT GET_LOCK('${nameOfLock(lock)}', ${String(FOREVER_S)}) AS got`

export class MysqlSession implements Session {
  readonly id: number
  readonly #connection: Connection

  private constructor(connection: Connection) {
    this.#connection = connection
    this.id = connection.threadId
  }

  static async open({ database, ...login }: Login): Promise<MysqlSession> {
    try {
      const connection = await mysql.createConnection({
        ...login,
        ...(database !== undefined && { database }),
      })
      connection.on('error', () => undefined)
      return new MysqlSession(connection)
    } catch (error) {
      throw faultOf(error)
    }
  }

  async run(sql: string): Promise<StatementResult> {
    const { result, fields } = await this.#query(sql)
    if (!Array.isArray(result)) {
      const { affectedRows, insertId } = result as ResultSetHeader
      return {
        rows: undefined,
        updated: affectedRows,
        generated: insertId === 0 ? [] : [{ longValue: insertId }],
      }
    }
    // A procedure may have several result sets.
    const isCall = Array.isArray(fields[0])
    const columns = (isCall ? fields[0] : fields) as unknown as readonly FieldPacket[]
    const rows = (isCall ? result[0] : result) as readonly (Buffer | null)[][]
    if (columns.some((column) => typeName(column) === 'GEOMETRY')) throw unsupportedType('GEOMETRY')
    return {
      rows: {
        columns: columns.map((column) => ({ name: column.name, typeName: typeName(column) })),
        records: rows.map((row) =>
          row.map((value, index) => {
            const column = columns[index]
            return column === undefined ? NULL : fieldOf(value, column)
          }),
        ),
      },
      updated: 0,
      generated: [],
    }
  }

  async waitFor(lock: number, sql: string): Promise<void> {
    await this.#query(`/* ${inComment(sql)} */ ${getLock(lock)}`)
  }

  async close(): Promise<void> {
    this.#connection.destroy()
    await Promise.resolve()
  }

  async #query(sql: string): Promise<{ result: unknown; fields: readonly FieldPacket[] }> {
    try {
      const [result, fields] = await this.#connection.query<mysql.RowDataPacket[][]>({
        sql,
        rowsAsArray: true,
        // Values stay as the server writes them.
        typeCast: false,
      })
      // Without a result set there are none, whatever the types say.
      return { result, fields: Array.isArray(fields) ? fields : [] }
    } catch (error) {
      throw faultOf(error, sql)
    }
  }
}
