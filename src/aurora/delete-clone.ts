import { DeleteDBClusterCommand, DeleteDBInstanceCommand, type RDSClient } from '@aws-sdk/client-rds'
import type { Clock } from '../clock.ts'
import { Cancelled } from '../failure.ts'
import { AwsCallError, hasCode, isPassing } from './aws-call.ts'
import type { CloneIdentity } from './identity.ts'
import { describeCluster, describeInstance, describeInstancesOf } from './observe.ts'
import { type DeletionTarget, type DeletionVerdict, isOwnOrphan, judgeDeletion } from './ownership.ts'
import type { ClusterSnapshot } from './snapshot.ts'

export type DeletionResult =
  /** AWS accepted the deletion of the cluster, or was at it already. */
  | { readonly kind: 'requested' }
  | { readonly kind: 'gone' }
  /** Looked at afresh, the caller wants to keep it. */
  | { readonly kind: 'wanted' }
  /** AWS did not answer, or does not take the deletion in the cluster's present state: later. */
  | {
      readonly kind: 'not-yet'
      readonly because: string
      /** AWS has accepted the deletion of an instance. */
      readonly hasBegun: boolean
    }
  | { readonly kind: 'refused'; readonly verdict: Exclude<DeletionVerdict, { readonly allowed: true }> }

/** For how long AWS may still count an instance whose deletion it has just accepted (Terraform retries for two minutes). */
const MEMBERS_SETTLE_MS = 60_000
const MEMBERS_SETTLE_POLL_MS = 2_000

/**
 * Deletes a clone: every instance, then the cluster straight away (Aurora user guide, user-deletecluster: the cluster may go as
 * soon as its instances are being deleted).
 *
 * This is the only place that deletes clusters, and the guard stands right here: the cluster is read again, and unless it is
 * provably the clone that the caller decided about, and the caller still wants it gone, nothing happens. Once the first
 * instance goes, a cancelled run finishes the pair all the same: half a deletion helps nobody.
 */
export async function deleteClone(
  aws: Deleting,
  target: DeletionTarget,
  stillUnwanted: (cluster: ClusterSnapshot) => Promise<boolean>,
): Promise<DeletionResult> {
  const progress: Progress = { hasBegun: false }
  try {
    return await deletePair(aws, { target, stillUnwanted, progress })
  } catch (error) {
    if (!isPassing(error)) throw error
    return { kind: 'not-yet', because: error.message, ...progress }
  }
}

interface Deleting {
  readonly rds: RDSClient
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** AWS has accepted the deletion of an instance. */
interface Progress {
  hasBegun: boolean
}

async function deletePair(
  { rds, clock, signal }: Deleting,
  {
    target,
    stillUnwanted,
    progress,
  }: {
    readonly target: DeletionTarget
    readonly stillUnwanted: (cluster: ClusterSnapshot) => Promise<boolean>
    readonly progress: Progress
  },
): Promise<DeletionResult> {
  const cluster = await describeCluster(rds, target.identifier)
  if (cluster === undefined) return { kind: 'gone' }
  const verdict = judgeDeletion(cluster, target, clock.now())
  if (!verdict.allowed) return { kind: 'refused', verdict }
  if (cluster.status === 'deleting') return { kind: 'requested' }
  if (!(await stillUnwanted(cluster))) return { kind: 'wanted' }

  const members = await membersOf(rds, cluster)
  // The looks took time; from here on the deletion has begun.
  if (signal.aborted)
    throw new Cancelled(`Clone "${cluster.identifier}" stands at: cluster ${cluster.status}.`)
  const refusal = await deleteInstances(rds, members, progress)
  if (refusal !== undefined) return { kind: 'not-yet', because: refusal.message, ...progress }

  const deadlineMs = clock.now() + MEMBERS_SETTLE_MS
  for (let isFirst = true; ; isFirst = false) {
    try {
      if (!isFirst) {
        // The calls go by name, and a name that became free may have been taken.
        const again = await describeCluster(rds, target.identifier)
        if (again?.resourceId !== target.resourceId) return { kind: 'gone' }
        const unlisted = await unlistedInstances(rds, cluster.identifier, members)
        const stray = await deleteInstances(rds, unlisted, progress)
        if (stray !== undefined) return { kind: 'not-yet', because: stray.message, ...progress }
      }
      await rds.send(
        new DeleteDBClusterCommand({
          DBClusterIdentifier: cluster.identifier,
          SkipFinalSnapshot: true,
          DeleteAutomatedBackups: true,
        }),
      )
      return { kind: 'requested' }
    } catch (error) {
      if (hasCode(error, 'DBClusterNotFoundFault')) return { kind: 'gone' }
      if (!isPassing(error) && !hasCode(error, 'InvalidDBClusterStateFault')) throw error
      const { message }: AwsCallError = error
      if (/already being deleted/i.test(message)) return { kind: 'requested' }
      const mayPass = isPassing(error) || /non-deleting state/i.test(message)
      if (!mayPass || clock.now() >= deadlineMs) return { kind: 'not-yet', because: message, ...progress }
      // Either AWS has not noticed yet, or there is an instance that the cluster did not list as its member.
      await clock.sleep(MEMBERS_SETTLE_POLL_MS)
    }
  }
}

/**
 * Deletes the writer that a clone left behind without a cluster, if it carries every tag of that clone. `false`: there is no
 * such instance.
 */
export async function deleteOrphanInstance(
  { rds, clock }: { readonly rds: RDSClient; readonly clock: Clock },
  {
    instanceIdentifier,
    clusterIdentifier,
    identity,
  }: {
    readonly instanceIdentifier: string
    readonly clusterIdentifier: string
    readonly identity: CloneIdentity
  },
): Promise<boolean> {
  const instance = await describeInstance(rds, instanceIdentifier)
  if (instance === undefined || instance.status === 'deleting') return false
  if (!isOwnOrphan(instance, { identity, clusterIdentifier, nowMs: clock.now() })) return false
  // A listing may lag behind: what counts is that the cluster is not there now.
  if ((await describeCluster(rds, clusterIdentifier)) !== undefined) return false
  const refusal = await deleteInstances(rds, [instance.identifier], { hasBegun: false })
  if (refusal !== undefined) throw refusal
  return true
}

/** Readers first, the writer last. A cluster that is still being made may not list its members yet. */
async function membersOf(rds: RDSClient, cluster: ClusterSnapshot): Promise<readonly string[]> {
  const members = cluster.members
    .toSorted((a, b) => Number(a.isWriter) - Number(b.isWriter))
    .map(({ identifier }) => identifier)
  if (cluster.status === 'available') return members
  return [...members, ...(await unlistedInstances(rds, cluster.identifier, members))]
}

async function unlistedInstances(
  rds: RDSClient,
  clusterIdentifier: string,
  known: readonly string[],
): Promise<readonly string[]> {
  const instances = await describeInstancesOf(rds, clusterIdentifier)
  return instances
    .filter(({ identifier, status }) => !known.includes(identifier) && status !== 'deleting')
    .map(({ identifier }) => identifier)
}

/** Asks for the deletion of each; the first that AWS refuses in its present state is returned, everything else is thrown. */
async function deleteInstances(
  rds: RDSClient,
  identifiers: readonly string[],
  progress: Progress,
): Promise<AwsCallError | undefined> {
  for (const identifier of identifiers) {
    try {
      await rds.send(
        new DeleteDBInstanceCommand({
          DBInstanceIdentifier: identifier,
          // A member has no snapshot of its own, and a failed instance cannot be deleted without this (RDS API, DeleteDBInstance).
          SkipFinalSnapshot: true,
        }),
      )
      progress.hasBegun = true
    } catch (error) {
      if (hasCode(error, 'DBInstanceNotFoundFault')) continue
      if (!hasCode(error, 'InvalidDBInstanceStateFault', 'InvalidDBClusterStateFault')) throw error
      if (!/already being deleted/i.test(error.message)) return error
    }
  }
  return undefined
}
