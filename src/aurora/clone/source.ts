import { Failure } from '../../failure.ts'
import type { ClusterSnapshot } from '../api/snapshot.ts'
import { clusterPhase } from '../api/statuses.ts'
import type { CloneIdentity } from './identity.ts'
import { newestFirst, ownedClones, ownershipOf } from './ownership.ts'
import { isGoingBack } from './reset-requests.ts'
import type { CloneSource } from './tags.ts'

/** The source that the user named: a cluster, or a key, which means its newest ready clone. */
export type SourceRequest =
  { readonly kind: 'cluster'; readonly name: string } | { readonly kind: 'key'; readonly key: string }

export interface ResolvedSource {
  readonly cluster: ClusterSnapshot
  /** As AWS gets it: the ARN if another account shares the cluster, otherwise its identifier. */
  readonly name: string
}

/** Only an ARN can name a cluster of another account. */
export function mayBeShared(source: string | undefined): boolean {
  return source?.startsWith('arn:') === true
}

export function findSource(
  clusters: readonly ClusterSnapshot[],
  asked: SourceRequest,
  identity: CloneIdentity,
): ResolvedSource | undefined {
  if (asked.kind === 'cluster') {
    const wanted = asked.name.toLowerCase()
    const cluster = clusters.find(
      ({ identifier, arn }) => identifier === wanted || arn.toLowerCase() === wanted,
    )
    return cluster === undefined ? undefined : { cluster, name: asked.name }
  }
  const { server, repositoryId, name } = identity
  const candidates = ownedClones(clusters, { server, repositoryId, key: asked.key, name }).filter(
    (clone) =>
      clone.hasBeenReady &&
      // It may be of a time before it was sanitised.
      !isGoingBack(clone) &&
      clone.cluster.members.length > 0 &&
      clusterPhase(clone.cluster.status) === 'available',
  )
  const newest = newestFirst(candidates)[0]
  return newest === undefined ? undefined : { cluster: newest.cluster, name: newest.cluster.identifier }
}

/** A renamed source counts as the same, and so does one that is recreated every night under its name. */
export function isMadeFrom(
  { name, resourceId, key }: CloneSource,
  asked: SourceRequest,
  resolved: ResolvedSource | undefined,
): boolean {
  if (asked.kind === 'key') return key === asked.key
  if (key !== undefined) return false
  if (resolved !== undefined && resourceId === resolved.cluster.resourceId) return true
  const [wanted, found] = [asked.name.toLowerCase(), name?.toLowerCase()]
  return found !== undefined && (wanted === found || wanted.endsWith(`:cluster:${found}`))
}

/**
 * Why the source cannot be cloned now, or `undefined`. `wait`: the problem passes by itself. Only a copy-on-write clone needs a source
 * that runs and has an instance: AWS makes a full copy from the backups (Aurora user guide, aurora-cluster-stop-start).
 */
export function sourceProblem(
  { cluster }: ResolvedSource,
  { prefix, server, repositoryId }: CloneIdentity,
  { isFullCopy }: { readonly isFullCopy: boolean },
): Readonly<{ wait: boolean; failure: Failure }> | undefined {
  const { identifier, status } = cluster
  const unusable = (what: string, remedy: string, { wait } = { wait: false }) => ({
    wait,
    failure: new Failure({
      title: 'Source cluster not usable',
      what: `Source cluster "${identifier}" ${what}.`,
      remedy,
    }),
  })
  if (identifier.startsWith(`${prefix}-`) && !ownershipOf(cluster, { server, repositoryId }).owned)
    return unusable(
      `has a name that begins with the identifier prefix "${prefix}-", but it is not a clone of this repository`,
      'Choose another identifier-prefix, so that no permission to delete clones ever covers this cluster.',
    )
  if (cluster.isLimitless)
    return unusable(
      'is an Aurora Limitless Database, which AWS does not clone',
      'Name another source-cluster.',
    )
  if (!cluster.isInVpc)
    return unusable(
      'has no VPC network (express configuration), and this action makes only clones in a VPC',
      'Name a source-cluster that is in a VPC.',
    )
  if (cluster.members.length === 0 && !isFullCopy)
    return unusable(
      'has no instance, and Aurora clones only clusters that have one',
      'Add an instance to the source cluster.',
    )
  switch (clusterPhase(status)) {
    case 'stopped':
      return isFullCopy
        ? undefined
        : unusable('is stopped', `Start it: aws rds start-db-cluster --db-cluster-identifier ${identifier}`)
    case 'deleting':
    case 'failed':
      return unusable(`is "${status}", expected "available"`, 'Repair it or name another source-cluster.')
    case 'transient':
      // AWS can clone a running cluster during most changes, but not one that is not running.
      return ['creating', ...(isFullCopy ? [] : ['starting', 'stopping'])].includes(status)
        ? unusable(`is "${status}", expected "available"`, 'Run again when it is available.', {
            wait: status !== 'stopping',
          })
        : undefined
    case 'available':
      return undefined
  }
}

/**
 * The other clusters that may share the source's storage. AWS does not exclude clones of clones, point-in-time copies and clones
 * that are being deleted, so they count. After 15 copy-on-write clones the next one is silently a full copy (Aurora user guide,
 * aurora-managing-clone, limitations; DBCluster.CloneGroupId).
 */
export function cloneFamily(
  clusters: readonly ClusterSnapshot[],
  { cloneGroupId: group, resourceId: source }: ClusterSnapshot,
): readonly ClusterSnapshot[] {
  if (group === undefined) return []
  return clusters.filter(({ cloneGroupId, resourceId }) => cloneGroupId === group && resourceId !== source)
}
