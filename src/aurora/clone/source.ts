import { Failure } from '../failure.ts'
import { newestFirst, ownedClones, ownershipOf } from './ownership.ts'
import type { CloneIdentity } from './identity.ts'
import type { ClusterSnapshot } from './snapshot.ts'
import { clusterPhase } from './statuses.ts'
import { type Tags, TAG } from './tags.ts'

/** What the user named as the source: a cluster, or "the newest ready clone of that key". */
export type SourceReference =
  { readonly kind: 'cluster'; readonly reference: string } | { readonly kind: 'key'; readonly key: string }

export interface ResolvedSource {
  readonly cluster: ClusterSnapshot
  /** As it is named to AWS. */
  readonly reference: string
}

/** Finds the source in the listing; `undefined` when it is not there. */
export function findSource(
  clusters: readonly ClusterSnapshot[],
  source: SourceReference,
  identity: CloneIdentity,
): ResolvedSource | undefined {
  if (source.kind === 'cluster') {
    const wanted = source.reference.toLowerCase()
    const cluster = clusters.find(
      ({ identifier, arn }) => identifier === wanted || arn.toLowerCase() === wanted,
    )
    return cluster === undefined ? undefined : { cluster, reference: source.reference }
  }
  const { server, repositoryId, name } = identity
  const candidates = ownedClones(clusters, { server, repositoryId, key: source.key, name }).filter(
    ({ cluster, tags }) =>
      tags[TAG.readyAt] !== undefined &&
      cluster.members.length > 0 &&
      clusterPhase(cluster.status) === 'available',
  )
  const newest = newestFirst(candidates)[0]
  return newest === undefined ? undefined : { cluster: newest.cluster, reference: newest.cluster.identifier }
}

/**
 * Whether an existing clone was made from what is configured now. A source that was renamed is still the same one, and so is
 * one that is made anew every night under its name.
 */
export function isMadeFrom(
  cloneTags: Tags,
  source: SourceReference,
  resolved: ResolvedSource | undefined,
): boolean {
  if (source.kind === 'key') return cloneTags[TAG.sourceKey] === source.key
  if (cloneTags[TAG.sourceKey] !== undefined) return false
  if (resolved !== undefined && cloneTags[TAG.sourceResourceId] === resolved.cluster.resourceId) return true
  const [wanted, found] = [source.reference.toLowerCase(), cloneTags[TAG.source]?.toLowerCase()]
  return found !== undefined && (wanted === found || wanted.endsWith(`:cluster:${found}`))
}

/**
 * Why nothing can be cloned from the source right now, or `undefined`. `wait` is true where time alone mends it.
 */
export function sourceProblem(
  { cluster }: ResolvedSource,
  { prefix, server, repositoryId }: CloneIdentity,
): { readonly wait: boolean; readonly failure: Failure } | undefined {
  const name = `Source cluster "${cluster.identifier}"`
  if (cluster.identifier.startsWith(`${prefix}-`) && !ownershipOf(cluster, { server, repositoryId }).owned) {
    return {
      wait: false,
      failure: new Failure({
        title: 'Source cluster not usable',
        what: `${name} begins with the identifier prefix "${prefix}-", which IAM policies give to clones, but it is not a clone of this repository.`,
        remedy:
          'Choose another identifier-prefix, so that no permission to delete clones ever covers this cluster.',
      }),
    }
  }
  if (cluster.members.length === 0) {
    return {
      wait: false,
      failure: new Failure({
        title: 'Source cluster not usable',
        what: `${name} has no instance, and Aurora clones only clusters that have one.`,
        remedy: 'Add an instance to the source cluster.',
      }),
    }
  }
  switch (clusterPhase(cluster.status)) {
    case 'stopped':
      return {
        wait: false,
        failure: new Failure({
          title: 'Source cluster not usable',
          what: `${name} is stopped.`,
          remedy: `Start it: aws rds start-db-cluster --db-cluster-identifier ${cluster.identifier}`,
        }),
      }
    case 'deleting':
    case 'failed':
      return {
        wait: false,
        failure: new Failure({
          title: 'Source cluster not usable',
          what: `${name} is "${cluster.status}", expected "available".`,
          remedy: 'Repair it or name another source-cluster.',
        }),
      }
    case 'transient':
      // Most changes of a running cluster do not prevent a clone; only one that is not there yet does.
      return cluster.status === 'creating' || cluster.status === 'starting' || cluster.status === 'stopping'
        ? {
            wait: cluster.status !== 'stopping',
            failure: new Failure({
              title: 'Source cluster not usable',
              what: `${name} is "${cluster.status}", expected "available".`,
              remedy: 'Run again when it is available.',
            }),
          }
        : undefined
    case 'available':
      return undefined
  }
}

/**
 * How many clones share the source's storage, at most. Clones of clones, point-in-time copies and clones that are being
 * deleted are counted, since AWS does not say that they are not: after 15 copy-on-write clones the next one is silently a
 * full copy (Aurora user guide, aurora-managing-clone, limitations; DBCluster.CloneGroupId).
 */
export function cloneFamily(
  clusters: readonly ClusterSnapshot[],
  source: ClusterSnapshot,
): { readonly clones: number; readonly beingDeleted: number } {
  if (source.cloneGroupId === undefined) return { clones: 0, beingDeleted: 0 }
  const family = clusters.filter(({ cloneGroupId }) => cloneGroupId === source.cloneGroupId)
  return {
    clones: Math.max(0, family.length - 1),
    beingDeleted: family.filter(({ status }) => clusterPhase(status) === 'deleting').length,
  }
}
