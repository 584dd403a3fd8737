import {
  BacktrackDBClusterCommand,
  DisableHttpEndpointCommand,
  EnableHttpEndpointCommand,
  ModifyDBClusterCommand,
} from '@aws-sdk/client-rds'
import type { AwsRun } from '../api/aws-run.ts'
import { describeCluster } from '../api/describe.ts'
import type { OwnedClone } from '../clone/ownership.ts'
import { deletedMeanwhile, provenClone } from '../clone/renewal.ts'

/** What this action changes on a clone that it made. */
export type Change =
  /** RDS makes a master password and keeps it in Secrets Manager. */
  | { readonly kind: 'manage-password' | 'rotate-password' }
  | { readonly kind: 'enable-data-api' | 'disable-data-api' }
  /** Into these security groups, and out of all others. */
  | { readonly kind: 'move'; readonly securityGroupIds: readonly string[] }

/**
 * The only place that modifies a cluster. The calls use only a name, so the clone is read and judged right before each of them.
 * Returns the clone as it was then. Throws AwsCallError, and Failure if the name belongs to another cluster.
 */
export async function changeClone(aws: AwsRun, found: OwnedClone, change: Change): Promise<OwnedClone> {
  const clone = await lookAgain(aws, found)
  await send(aws, clone, change)
  return clone
}

/**
 * Asks AWS to take the clone back to a time of its own, and returns the identifier of that backtrack. Connections are cut. AWS refuses it
 * while binary logging is on (RDS API, BacktrackDBCluster, Force). `undefined`: the clone as it is now may not go back. Throws as
 * `changeClone` does.
 */
export async function backtrackClone(
  aws: AwsRun,
  found: OwnedClone,
  { toMs, mayGoBack }: Readonly<{ toMs: number; mayGoBack: (now: OwnedClone) => boolean }>,
): Promise<string | undefined> {
  const now = await lookAgain(aws, found)
  if (!mayGoBack(now)) return undefined
  const request = { DBClusterIdentifier: now.cluster.identifier, BacktrackTo: new Date(toMs) }
  const { BacktrackIdentifier: identifier } = await aws.once.send(new BacktrackDBClusterCommand(request))
  return identifier ?? ''
}

async function send({ once }: AwsRun, { cluster }: OwnedClone, change: Change): Promise<void> {
  const { identifier: DBClusterIdentifier, arn: ResourceArn } = cluster
  const now = { DBClusterIdentifier, ApplyImmediately: true }
  switch (change.kind) {
    case 'manage-password':
      await once.send(new ModifyDBClusterCommand({ ...now, ManageMasterUserPassword: true }))
      return
    case 'rotate-password':
      await once.send(new ModifyDBClusterCommand({ ...now, RotateMasterUserPassword: true }))
      return
    case 'move':
      await once.send(
        new ModifyDBClusterCommand({ ...now, VpcSecurityGroupIds: [...change.securityGroupIds] }),
      )
      return
    case 'enable-data-api':
      await once.send(new EnableHttpEndpointCommand({ ResourceArn }))
      return
    case 'disable-data-api':
      await once.send(new DisableHttpEndpointCommand({ ResourceArn }))
  }
}

/** The same clone as AWS shows it now. */
export async function lookAgain(
  { rds, signal }: AwsRun,
  { cluster: found, identity }: OwnedClone,
): Promise<OwnedClone> {
  const cluster = await describeCluster(rds, found.identifier, signal)
  if (cluster === undefined) throw deletedMeanwhile(found.identifier)
  return provenClone(cluster, { found, identity })
}
