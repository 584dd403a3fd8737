import type { StatementResult } from '../database/session.ts'
import type { StatementPlan } from '../database/statements.ts'
import { AwsFault } from './aws-fault.ts'
import { parseArn } from './identifiers.ts'
import { masterPasswordInForce } from './marked-moments.ts'
import { findCluster, instanceStatus, membersOf, putCluster, writerOf } from './moment.ts'
import type { Moment } from './moment.ts'
import { firstNamedParameter } from './named-parameters.ts'
import type { ClusterRecord } from './records.ts'

/** What ExecuteStatement is asked, as it comes in JSON. */
export interface StatementRequest {
  readonly resourceArn?: string
  readonly secretArn?: string
  readonly sql?: string
  readonly database?: string
  readonly schema?: string
  readonly transactionId?: string
  readonly parameters?: readonly unknown[]
  readonly includeResultMetadata?: boolean
  readonly continueAfterTimeout?: boolean
}

/** Runs a statement as the master user with the password of its secret; the real server decides whether that one counts. */
export type RunStatement = (
  cluster: ClusterRecord,
  plan: StatementPlan & { readonly database: string | undefined },
) => Promise<StatementResult | 'timed-out'>

/** What a test says of statements that match: real ones take no time of the clock. */
export interface ScriptedStatement {
  readonly matches: RegExp
  /** Until it has its effect; it shows as running meanwhile. */
  readonly takesMs?: number
  /** What the database says at the end, having changed nothing, such as `ERROR: out of memory; SQLState: 53200`. */
  readonly fails?: string
}

/** What a call may use beside the state of the Region. */
export interface DataApi {
  readonly run: RunStatement | undefined
  readonly scripts: readonly ScriptedStatement[]
}

const fault = (code: string, httpStatus: number, message: string): AwsFault =>
  new AwsFault({ code, httpStatus, message })

const invalid = (message: string): AwsFault => fault('ValidationException', 400, message)

// What may be asked.

const MODELLED: ReadonlySet<string> = new Set<keyof StatementRequest | 'formatRecordsAs'>([
  'resourceArn',
  'secretArn',
  'sql',
  'database',
  'parameters',
  'includeResultMetadata',
  'continueAfterTimeout',
  'formatRecordsAs',
])

/** Of `SqlStatement` in botocore's model. So no request comes near the 4 MiB that it may have. */
const MAX_SQL_LENGTH = 65_536

function refuseImpossible(request: StatementRequest & { readonly formatRecordsAs?: string }): void {
  const { sql = '', schema, transactionId, parameters = [], formatRecordsAs = 'NONE' } = request
  // The words of AWS. (Aurora user guide, "Comparing Amazon RDS Data API behaviors".)
  if (schema !== undefined) throw invalid("The schema parameter isn't supported")
  if (transactionId !== undefined)
    throw fault('TransactionNotFoundException', 404, `Transaction ${transactionId} is not found`)
  const missing = (['resourceArn', 'secretArn', 'sql'] as const).find((member) => !request[member])
  if (missing !== undefined) throw invalid(`${missing} must not be empty`)
  const unknown = Object.keys(request).filter((member) => !MODELLED.has(member))
  if (parameters.length > 0) unknown.push('parameters')
  if (formatRecordsAs !== 'NONE') unknown.push('formatRecordsAs')
  if (unknown.length > 0)
    throw invalid(`The local cloud does not know what ExecuteStatement does with ${unknown.join(', ')}.`)
  // koxudaxi/local-data-api#144
  if (sql.length > MAX_SQL_LENGTH)
    throw fault(
      'BadRequestException',
      400,
      `Number of characters in SQLStatement is longer than ${MAX_SQL_LENGTH}`,
    )
}

/** Also where no parameters come with the statement. (jeremydaly/data-api-client#98) */
function refuseNamedParameters({ engine }: ClusterRecord, { sql = '' }: StatementRequest): void {
  const name = firstNamedParameter(engine, sql)
  if (name !== undefined) throw fault('BadRequestException', 400, `Cannot find parameter: ${name}`)
}

// Whom.

/** Which cluster, once it is clear that it has the Data API and somebody to log in to. [aurora §9] */
function clusterFor(moment: Moment, { resourceArn = '' }: StatementRequest): ClusterRecord {
  const name = parseArn(resourceArn)
  const cluster = name?.kind === 'cluster' ? findCluster(moment, name.name) : undefined
  if (cluster?.arn !== resourceArn)
    throw fault('BadRequestException', 400, `HttpEndpoint is not enabled for cluster ${resourceArn}`)
  if (!cluster.httpEndpointEnabled)
    throw fault('HttpEndpointNotEnabledException', 400, 'HttpEndpoint is not enabled for this cluster.')
  const isUp = membersOf(moment, cluster).some((member) => instanceStatus(moment, member) === 'available')
  if (!isUp) throw fault('DatabaseNotFoundException', 404, 'The DB cluster has no DB instance.')
  return cluster
}

/** The first call wakes a cluster that has paused, and is refused as all are until it is awake. (gurenjs/guren#401) */
function refuseWhilePaused(moment: Moment, cluster: ClusterRecord): void {
  const { pausedUntil = -Infinity } = cluster
  if (moment.now >= pausedUntil) return
  if (pausedUntil === Infinity)
    putCluster(moment, { ...cluster, pausedUntil: moment.now + moment.behaviour.resumingMs })
  const instance = writerOf(moment, cluster)?.resourceId ?? ''
  throw fault(
    'DatabaseResumingException',
    400,
    // aws-devtools-labs/aws-blocks#451
    `The Aurora DB instance ${instance} is resuming after being auto-paused. Please wait a few seconds and try again.`,
  )
}

/** The secret must be that of the cluster. */
function refuseWrongSecret(
  moment: Moment,
  cluster: ClusterRecord,
  { secretArn = '' }: StatementRequest,
): void {
  const { managedSecret } = cluster
  if (managedSecret?.arn !== secretArn)
    throw fault('BadRequestException', 400, `The secret ${secretArn} is not one of this cluster.`)
  if (
    managedSecret.isDeleted === true ||
    moment.now < managedSecret.requestedAt + moment.behaviour.secretCreatingMs
  )
    throw fault('SecretsErrorException', 400, "Secrets Manager can't find the specified secret value.")
}

/** A managed secret names no database, and then PostgreSQL's is that of the user's name. (aws/aws-cli#8577) */
function databaseOf(
  { engine, masterUsername }: ClusterRecord,
  request: StatementRequest,
): string | undefined {
  return request.database ?? (engine === 'aurora-postgresql' ? masterUsername : undefined)
}

// The statement.

/** (Aurora user guide, "Using RDS Data API".) */
const LIMIT_MS = 45_000
/** (Aurora user guide, "Limitations for the Amazon RDS Data API".) */
const MAX_RESULT_BYTES = 1024 * 1024
const MAX_ROW_BYTES = 64 * 1024

/** `numberOfRecordsUpdated` is 0 where there are records. */
function answer(
  { rows, updated, generated }: StatementResult,
  { includeResultMetadata: withMetadata = false }: StatementRequest,
): object {
  if (rows === undefined) return { numberOfRecordsUpdated: updated, generatedFields: generated }
  const sizes = rows.records.map((record) => Buffer.byteLength(JSON.stringify(record)))
  const isTooMuch =
    sizes.some((bytes) => bytes > MAX_ROW_BYTES) ||
    sizes.reduce((sum, bytes) => sum + bytes, 0) > MAX_RESULT_BYTES
  // koxudaxi/local-data-api#23; the words are in many clients, such as jeremydaly/data-api-client#59.
  if (isTooMuch)
    throw fault('BadRequestException', 400, 'Database returned more than the allowed response size limit')
  const columnMetadata = rows.columns.map(({ name, typeName }) => ({ name, label: name, typeName }))
  return { records: rows.records, numberOfRecordsUpdated: 0, ...(withMetadata && { columnMetadata }) }
}

/** Without real servers only a login can be tried. */
const LOGIN = /^\s*select\s+1\s*;?\s*$/i

/** With a password that is in force, in a database that is there. */
function logIn({ now }: Moment, cluster: ClusterRecord, request: StatementRequest): object {
  if (!LOGIN.test(request.sql ?? ''))
    throw fault('BadRequestException', 400, 'Without real databases the local cloud knows only SELECT 1.')
  const { engine, masterPassword, masterUsername: user } = cluster
  if (masterPassword !== masterPasswordInForce(now, cluster))
    throw fault(
      'DatabaseErrorException',
      400,
      engine === 'aurora-mysql'
        ? `Access denied for user '${user}'@'localhost' (using password: YES); Error code: 1045; SQLState: 28000`
        : `FATAL: password authentication failed for user "${user}"; SQLState: 28P01`,
    )
  const database = databaseOf(cluster, request)
  if (database !== undefined && ![cluster.databaseName, 'postgres', 'mysql'].includes(database))
    throw fault(
      'DatabaseErrorException',
      400,
      `FATAL: database "${database}" does not exist; SQLState: 3D000`,
    )
  return { records: [[{ longValue: 1 }]], numberOfRecordsUpdated: 0 }
}

export async function executeStatement(
  request: StatementRequest,
  moment: Moment,
  { run, scripts }: DataApi,
): Promise<object> {
  refuseImpossible(request)
  const cluster = clusterFor(moment, request)
  refuseNamedParameters(cluster, request)
  refuseWrongSecret(moment, cluster, request)
  refuseWhilePaused(moment, cluster)
  if (run === undefined) return logIn(moment, cluster, request)
  const { sql = '', continueAfterTimeout: continues = false } = request
  const script = scripts.find(({ matches }) => matches.test(sql))
  const result = await run(cluster, {
    sql,
    database: databaseOf(cluster, request),
    takesMs: script?.takesMs ?? 0,
    fails: script?.fails,
    limitMs: LIMIT_MS,
    continues,
  })
  // customink/activerecord-aurora-serverless-adapter#20
  if (result === 'timed-out') throw fault('StatementTimeoutException', 400, 'Request timed out')
  return answer(result, request)
}
