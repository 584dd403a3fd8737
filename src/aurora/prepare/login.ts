import { MYSQL } from '../../sanitise/dialects/mysql.ts'
import { POSTGRESQL } from '../../sanitise/dialects/postgresql.ts'
import type { Dialect } from '../../sanitise/dialects/dialect.ts'
import { AwsCallError, isDenied } from '../api/aws-call.ts'
import type { AwsRun } from '../api/aws-run.ts'
import type { ClusterSnapshot } from '../api/snapshot.ts'

/** The rest before the next login is tried. */
export const BETWEEN_LOGINS_MS = 3_000
const LOGIN = 'SELECT 1'

export function dialectOf({ engine }: Pick<ClusterSnapshot, 'engine'>): Dialect {
  return engine === 'aurora-mysql' ? MYSQL : POSTGRESQL
}

/** Without a name, PostgreSQL takes that of the user's name, which need not be there. */
export function databaseOf(cluster: ClusterSnapshot, asked?: string): string | undefined {
  return asked ?? cluster.databaseName ?? dialectOf(cluster).defaultDatabase
}

/**
 * Why a login with the secret fails, or `undefined`. It may work later: password, Data API and database take their time. A denial does not
 * pass, and is thrown unless `mayPass`.
 */
export async function loginProblem(
  { dataApi }: Pick<AwsRun, 'dataApi'>,
  { arn: clusterArn }: Pick<ClusterSnapshot, 'arn'>,
  {
    mayPass,
    ...how
  }: Readonly<{
    secretArn: string
    database: string | undefined
    mayPass: (denial: AwsCallError) => boolean
  }>,
): Promise<AwsCallError | undefined> {
  try {
    await dataApi.execute({ clusterArn, ...how }, LOGIN)
    return undefined
  } catch (error) {
    if (!(error instanceof AwsCallError) || (isDenied(error) && !mayPass(error))) throw error
    return error
  }
}
