import type { ExecuteStatementResponse, Field, RDSDataClient } from '@aws-sdk/client-rds-data'
import type { SqlRow, SqlValue } from '../../sanitise/dialects/dialect.ts'
import type { AwsRun } from './aws-run.ts'
import { type ClientOptions, clientConfiguration, maskCredentials, watch } from './client.ts'

/** The cluster that a statement is for, the secret that it logs in with, and the database. */
export interface SqlTarget {
  readonly clusterArn: string
  readonly secretArn: string
  readonly database?: string | undefined
}

export interface SqlResult {
  readonly rows: readonly SqlRow[]
  /** Rows that the statement has changed. */
  readonly updated: number
}

/** Longer than the 45 s after which the Data API answers (Aurora user guide, data-api, "Limitations"). */
const STATEMENT_LIMIT_MS = 60_000

/** The RDS Data API: SQL over HTTPS, also from runners without a route to the VPC. The SDK's client is loaded with the first statement. */
export class DataApi {
  readonly #options: ClientOptions & Pick<AwsRun, 'signal'>
  #client: Promise<RDSDataClient> | undefined

  constructor(options: ClientOptions & Pick<AwsRun, 'signal'>) {
    this.#options = options
  }

  /**
   * Runs one statement in a session of its own. It is sent once: a statement that got no answer
   * may have run. After 45 s the answer is `StatementTimeoutException`, and the statement goes on. Throws AwsCallError.
   */
  async execute({ clusterArn, secretArn, database }: SqlTarget, sql: string): Promise<SqlResult> {
    const { ExecuteStatementCommand } = await import('@aws-sdk/client-rds-data')
    const client = await (this.#client ??= this.#load())
    const answer = await client.send(
      new ExecuteStatementCommand({
        resourceArn: clusterArn,
        secretArn,
        database,
        sql,
        continueAfterTimeout: true,
      }),
    )
    return { rows: rowsOf(answer), updated: answer.numberOfRecordsUpdated ?? 0 }
  }

  async #load(): Promise<RDSDataClient> {
    const { RDSDataClient } = await import('@aws-sdk/client-rds-data')
    const options = { ...this.#options, callLimitMs: STATEMENT_LIMIT_MS }
    const client = new RDSDataClient({ ...clientConfiguration(options), maxAttempts: 1 })
    maskCredentials(client.config, options)
    watch(client.middlewareStack, options)
    return client
  }
}

function rowsOf({ records = [] }: Pick<ExecuteStatementResponse, 'records'>): readonly SqlRow[] {
  return records.map((row) => row.map(valueOf))
}

function valueOf({ booleanValue, doubleValue, longValue, stringValue }: Field): SqlValue {
  return stringValue ?? longValue ?? booleanValue ?? doubleValue ?? null
}
