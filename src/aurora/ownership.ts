import { type CloneIdentity, identityHash, writerIdentifier } from './identity.ts'
import type { ClusterSnapshot, InstanceSnapshot } from './snapshot.ts'
import { type Tags, TAG, claimedIdentity, isHeld, ownershipTags } from './tags.ts'

export type Ownership =
  | { readonly owned: true; readonly identity: CloneIdentity; readonly tags: Tags }
  | { readonly owned: false; readonly because: string }

/**
 * Whether a cluster was made by this action, from what AWS says of it alone.
 *
 * All of it must hold: every ownership tag is there and has the value that this action would have written, the tag that
 * names the cluster names this very one (AWS copies tags to hand-made clones of a clone), and the identifier ends in the hash
 * of the identity that the tags claim (so that tags put on another cluster by mistake make nothing ours). Unknown,
 * unreadable or partial means: not owned.
 */
export function ownershipOf(cluster: ClusterSnapshot): Ownership {
  if (cluster.tags === undefined) return { owned: false, because: 'its tags could not be read' }
  const tags = cluster.tags
  const identity = claimedIdentity(tags)
  if (identity === undefined)
    return { owned: false, because: 'it does not carry the ownership tags of this action' }
  const mismatch = tagMismatch(tags, identity, cluster.identifier)
  if (mismatch !== undefined) return { owned: false, because: mismatch }
  if (!cluster.identifier.endsWith(`-${identityHash(identity)}`))
    return {
      owned: false,
      because: 'its identifier is not one that this action makes for the identity in its tags',
    }
  if (cluster.isReplica) return { owned: false, because: 'it replicates another cluster' }
  if (cluster.isGlobalMember) return { owned: false, because: 'it is part of a global database' }
  const foreign = Object.keys(tags).find((key) => /^aws:(?:cloudformation|servicecatalog):/.test(key))
  if (foreign !== undefined) return { owned: false, because: `it belongs to a stack (tag ${foreign})` }
  return { owned: true, identity, tags }
}

function tagMismatch(tags: Tags, identity: CloneIdentity, clusterIdentifier: string): string | undefined {
  for (const [key, expected] of Object.entries(ownershipTags(identity, clusterIdentifier))) {
    const found = tags[key]
    if (found === undefined) return `its tag ${key} is missing`
    if (found !== expected) return `its tag ${key} is "${found}", expected "${expected}"`
  }
  return undefined
}

/** The owned clusters of a listing that belong to this server (and repository, key, name and generation, where given). */
export function ownedClones(
  clusters: readonly ClusterSnapshot[],
  wanted: Pick<CloneIdentity, 'server'> & Partial<CloneIdentity>,
): readonly OwnedClone[] {
  return clusters.flatMap((cluster) => {
    const ownership = ownershipOf(cluster)
    if (!ownership.owned) return []
    const { identity, tags } = ownership
    const matches = IDENTITY_PARTS.every(
      (part) => wanted[part] === undefined || identity[part] === wanted[part],
    )
    return matches ? [{ cluster, identity, tags }] : []
  })
}

export interface OwnedClone {
  readonly cluster: ClusterSnapshot
  readonly identity: CloneIdentity
  readonly tags: Tags
}

/** Newest first: by the time in our own tag, which unlike ClusterCreateTime is there from the first moment. */
export function newestFirst(clones: readonly OwnedClone[]): readonly OwnedClone[] {
  const age = (clone: OwnedClone): number =>
    Date.parse(clone.tags[TAG.createdAt] ?? '') || (clone.cluster.createdAtMs ?? 0)
  return clones.toSorted((a, b) => age(b) - age(a))
}

const IDENTITY_PARTS = ['server', 'repositoryId', 'key', 'name', 'generation'] as const

function isSameIdentity(one: CloneIdentity, other: CloneIdentity): boolean {
  return IDENTITY_PARTS.every((part) => one[part] === other[part])
}

/** What a caller believes it is about to delete. */
export interface DeletionTarget {
  readonly identifier: string
  /** The immutable id of the cluster that the decision was made on: a new cluster under the same name is another one. */
  readonly resourceId: string
  readonly identity: CloneIdentity
  /** The configured source cluster, by identifier or ARN, where one is known: it is refused whatever its tags say. */
  readonly source: string | undefined
}

export type DeletionVerdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly kind: 'held' | 'protected' | 'not-owned'; readonly because: string }

/** The guard of every deletion: see delete-clone.ts, the only place that may delete. */
export function judgeDeletion(
  cluster: ClusterSnapshot,
  target: DeletionTarget,
  nowMs: number,
): DeletionVerdict {
  const refuse = (kind: 'held' | 'protected' | 'not-owned', because: string): DeletionVerdict => ({
    allowed: false,
    kind,
    because,
  })
  if (cluster.identifier !== target.identifier)
    return refuse('not-owned', `AWS described "${cluster.identifier}" instead`)
  const source = target.source?.toLowerCase()
  if (source === cluster.identifier || source?.endsWith(`:cluster:${cluster.identifier}`) === true)
    return refuse('not-owned', 'it is the source cluster itself')
  const ownership = ownershipOf(cluster)
  if (!ownership.owned) return refuse('not-owned', ownership.because)
  if (!isSameIdentity(ownership.identity, target.identity))
    return refuse('not-owned', 'its tags now name another clone')
  if (cluster.resourceId === '' || cluster.resourceId !== target.resourceId)
    return refuse('not-owned', 'another cluster has taken its name meanwhile')
  if (isHeld(ownership.tags, nowMs))
    return refuse('held', `its tag ${TAG.hold} is "${ownership.tags[TAG.hold] ?? ''}"`)
  if (cluster.deletionProtection) return refuse('protected', 'deletion protection is on')
  return { allowed: true }
}

interface OrphanQuestion {
  readonly identity: CloneIdentity
  readonly clusterIdentifier: string
  readonly nowMs: number
}

/** An instance left without a cluster: ours only if it has the name and every tag that this action gives a clone's writer. */
export function isOwnOrphan(
  instance: InstanceSnapshot,
  { identity, clusterIdentifier, nowMs }: OrphanQuestion,
): boolean {
  return (
    instance.tags !== undefined &&
    !isHeld(instance.tags, nowMs) &&
    instance.identifier === writerIdentifier(clusterIdentifier) &&
    instance.clusterIdentifier === clusterIdentifier &&
    tagMismatch(instance.tags, identity, clusterIdentifier) === undefined
  )
}
