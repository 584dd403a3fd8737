import { AwsFault } from './aws-fault.ts'
import { parseArn } from './identifiers.ts'
import { findCluster, instanceStatus, membersOf } from './moment.ts'
import type { Moment } from './moment.ts'
import type { ClusterRecord } from './records.ts'

/** What ExecuteStatement is asked, as it comes in JSON. */
export interface StatementRequest {
  readonly resourceArn?: string
  readonly secretArn?: string
  readonly sql?: string
  readonly database?: string
}

/** Runs a statement as the master user with the password of its secret; the real server decides whether that one counts. */
export type RunStatement = (cluster: ClusterRecord, request: StatementRequest) => Promise<readonly object[]>

const fault = (code: string, httpStatus: number, message: string): AwsFault =>
  new AwsFault({ code, httpStatus, message })

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

/** The secret must be that of the cluster, and its password in force. */
function refuseWrongSecret(
  moment: Moment,
  cluster: ClusterRecord,
  { secretArn = '' }: StatementRequest,
): void {
  const { managedSecret, masterPasswordFrom = -Infinity, masterUsername } = cluster
  if (managedSecret?.arn !== secretArn)
    throw fault('BadRequestException', 400, `The secret ${secretArn} is not one of this cluster.`)
  if (moment.now < managedSecret.requestedAt + moment.behaviour.secretCreatingMs)
    throw fault('SecretsErrorException', 400, "Secrets Manager can't find the specified secret value.")
  if (moment.now < masterPasswordFrom)
    throw fault(
      'DatabaseErrorException',
      400,
      `FATAL: password authentication failed for user "${masterUsername}"; SQLState: 28P01`,
    )
}

async function runOn(run: RunStatement, cluster: ClusterRecord, request: StatementRequest): Promise<object> {
  try {
    const rows = await run(cluster, request)
    const records = rows.map((row) => Object.values(row).map((value) => ({ stringValue: String(value) })))
    return { records, numberOfRecordsUpdated: 0 }
  } catch (error) {
    throw fault('DatabaseErrorException', 400, error instanceof Error ? error.message : String(error))
  }
}

/** Without real servers only a login can be tried. */
const LOGIN = /^\s*select\s+1\s*;?\s*$/i

export async function executeStatement(
  request: StatementRequest,
  moment: Moment,
  run: RunStatement | undefined,
): Promise<object> {
  const cluster = clusterFor(moment, request)
  refuseWrongSecret(moment, cluster, request)
  if (run !== undefined) return await runOn(run, cluster, request)
  if (!LOGIN.test(request.sql ?? ''))
    throw fault('BadRequestException', 400, 'Without real databases the local cloud knows only SELECT 1.')
  return { records: [[{ longValue: 1 }]], numberOfRecordsUpdated: 0 }
}
