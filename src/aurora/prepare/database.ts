import { randomBytes } from 'node:crypto'
import type { Dialect, MarkedCalls, Query, SqlRow } from '../../sanitise/dialects/dialect.ts'
import { tellDatabaseError } from '../../sanitise/database-error.ts'
import { AwsCallError, hasCode, isThrottling, isTransient } from '../api/aws-call.ts'
import type { SqlResult } from '../api/data-api.ts'
import type { AwsRun } from '../api/aws-run.ts'

/** Why a statement did not run as it should. `what`: a clause without data of the database. */
export class StatementError extends Error {
  constructor(what: string, cause?: unknown) {
    super(what, { cause })
    this.name = 'StatementError'
  }
}

interface Connection {
  readonly clusterArn: string
  readonly secretArn: string
  readonly database: string | undefined
  readonly dialect: Dialect
  /** Called while a statement runs, and before each one. Throws if this run must end. */
  readonly beat: () => Promise<void>
}

/** The rest before a busy or paused database is asked again, and between looks at a statement that goes on. */
const REST_MS = 3_000

/** The database of a clone, through the RDS Data API. */
export class CloneDatabase {
  readonly dialect: Dialect
  readonly #aws: AwsRun
  readonly #connection: Connection

  /** Where its statements run; `undefined`: MySQL, and none was named. */
  get name(): string | undefined {
    return this.#connection.database
  }

  constructor(aws: AwsRun, connection: Connection) {
    this.#aws = aws
    this.#connection = connection
    this.dialect = connection.dialect
  }

  /** For what may be sent twice: queries, and changes that are the same the second time. Throws StatementError. */
  async ask({ sql, database }: Query): Promise<readonly SqlRow[]> {
    for (;;) {
      await this.#connection.beat()
      try {
        return (await this.#send(sql, database)).rows
      } catch (error) {
        if (!isNotStarted(error) && !isTransient(error)) throw statementError(error)
        await this.rest()
      }
    }
  }

  /** The first value of the only row, as a number. */
  async askNumber(query: Query): Promise<number> {
    const [[value] = []] = await this.ask(query)
    return Number(value ?? 0)
  }

  /**
   * Runs what must not run twice. AWS's answer proves the success, or else the marker that the statement leaves. Throws
   * StatementError.
   */
  async runMarked(number: number, { run, after }: Pick<MarkedCalls, 'run' | 'after'>): Promise<void> {
    await this.runOnce(run, number)
    for (const sql of after) await this.runOnce(sql)
  }

  /** What may not stand in a block runs alone: then AWS's answer is the only proof, and its marker is written afterwards. */
  async runAlone(number: number, sql: string): Promise<void> {
    const rows = await this.runOnce(sql)
    await this.runOnce(this.dialect.note({ number, rows }))
  }

  /** Returns the number of changed rows. Without a marker, only AWS's answer proves the success. */
  async runOnce(sql: string, marker?: number): Promise<number> {
    for (;;) {
      await this.#connection.beat()
      try {
        return (await this.#send(sql)).updated
      } catch (error) {
        if (isNotStarted(error)) {
          await this.rest()
          continue
        }
        if (!isUndecided(error)) throw statementError(error)
        if (marker === undefined)
          throw new StatementError(
            'AWS gave no answer within 45 seconds, so nothing proves its success',
            error,
          )
        await this.#settle(marker, error)
        return 0
      }
    }
  }

  /** The counts of rows of all statements from `first` to `last`. Throws StatementError if one of them has left no marker. */
  async counts(first: number, last: number): Promise<readonly number[]> {
    const rows = await this.ask({ sql: this.dialect.markers({ first, last }) })
    const counts = new Map(rows.map(([number, count]) => [Number(number), Number(count)]))
    return Array.from({ length: last - first + 1 }, (_, index) => {
      const count = counts.get(first + index)
      if (count === undefined)
        throw new StatementError('the database does not say that each statement has succeeded')
      return count
    })
  }

  /** Waits until a statement that AWS does not answer any more has left its marker, or has ended without. */
  async #settle(marker: number, cause: unknown): Promise<void> {
    this.#aws.log.info('The statement takes longer than an answer of AWS may; waiting for its end')
    const sql = this.dialect.markers({ first: marker, last: marker })
    const hasSucceeded = async (): Promise<boolean> => (await this.ask({ sql })).length > 0
    let looksWithout = 0
    while (!(await hasSucceeded())) {
      const running = await this.askNumber({ sql: this.dialect.running })
      looksWithout = running === 0 ? looksWithout + 1 : 0
      // It may have ended between the two looks, or be between two steps of its own.
      if (looksWithout > 1)
        throw new StatementError('it ended without success, and AWS does not tell why', cause)
      await this.rest()
    }
  }

  async #send(sql: string, database = this.#connection.database): Promise<SqlResult> {
    const { clusterArn, secretArn } = this.#connection
    return await this.#aws.dataApi.execute({ clusterArn, secretArn, database }, sql)
  }

  async rest(): Promise<void> {
    await this.#aws.clock.sleep(REST_MS, this.#aws.signal)
  }
}

/**
 * Whether no procedure can be made of a statement: MySQL does not take every statement in one, nor this one by the protocol of
 * prepared statements, which AWS may use (MySQL, errors 1295, 1303, 1314 and 1336; RDS Data API, "Limitations").
 */
export function isNoProcedure(error: unknown): boolean {
  return /error code: ?(?:1295|1303|1314|1336)\b|multistatement/i.test(reasonOf(error))
}

/** Whether the schema or database that a statement makes is there already (PostgreSQL, appendix A; MySQL, error 1007). */
export function isThereAlready(error: unknown): boolean {
  return /sqlstate: ?42P06\b|error code: ?1007\b/i.test(reasonOf(error))
}

function reasonOf(error: unknown): string {
  const { cause } = error instanceof StatementError ? error : {}
  return cause instanceof AwsCallError ? cause.message : ''
}

/** Text that a statement cannot contain. */
export function newNonce(): string {
  return randomBytes(12).toString('hex')
}

/** AWS refused before the database saw it, for a reason that passes (RDS Data API, ExecuteStatement, errors). */
function isNotStarted(error: unknown): boolean {
  return (
    hasCode(
      error,
      'DatabaseResumingException',
      'DatabaseUnavailableException',
      'HttpEndpointNotEnabledException',
      'InvalidResourceStateException',
    ) ||
    (error instanceof AwsCallError && isThrottling(error))
  )
}

/** The statement may have run, or run still. */
function isUndecided(error: unknown): boolean {
  return hasCode(error, 'StatementTimeoutException') || isTransient(error)
}

/** Refusals of the RDS Data API itself, which quote no data. Others may have the database's own words. */
const WORDS_OF_AWS =
  /^(?:Database returned more than|Cannot find parameter|Number of characters|Multistatements|HttpEndpoint|The secret)/

/** A fault of the database becomes words without data. Everything else stays as it is. */
function statementError(error: unknown): unknown {
  if (!hasCode(error, 'DatabaseErrorException', 'BadRequestException')) return error
  const { cause } = error
  const told = tellDatabaseError(cause instanceof Error ? cause.message : error.message)
  const isOfAws = error.code === 'BadRequestException' && WORDS_OF_AWS.test(error.message)
  return told === undefined && isOfAws
    ? error
    : new StatementError(told ?? 'it was refused without an SQLSTATE, and the message may quote data', error)
}
