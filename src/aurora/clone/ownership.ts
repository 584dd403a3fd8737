import { timeMs } from '../tag-value.ts'
import {
  type AskedIdentity,
  type CloneIdentity,
  isAskedFor,
  isIdentifierOf,
  isWellFormed,
} from './identity.ts'
import type { ClusterSnapshot } from './snapshot.ts'
import { clusterPhase } from './statuses.ts'
import { type Tags, TAG, claimedIdentity, isHeld, ownershipTags } from './tags.ts'

export type Ownership =
  | {
      readonly owned: true
      readonly identity: CloneIdentity
      readonly tags: Tags
      /** The earlier of what AWS and its tag say: no clone is younger than it is, and none is from the future. */
      readonly createdAtMs: number
    }
  | { readonly owned: false; readonly because: string }

/**
 * Whether a cluster was made by this action and is one that this run asks about, from what AWS says of it alone. Every decision
 * about a clone (to hand it out, to tag it, to clone from it, to count it, to delete it) goes by this one judgement.
 *
 * Tags are claims: whoever may tag can forge them, and AWS copies them. So all of it must hold:
 *
 * 1. Every ownership tag is there, has the form that the inputs allow, and the one that names the cluster names this very one.
 *    A clone that was made by hand of a clone has the tags of the other.
 * 2. The identifier begins with `<prefix>-<key>-` of the tags. The prefix is one word, so it ends at the first hyphen; the key of
 *    a pull request is `pr-` and a number, and no other key is `pr` or begins with `pr-`. So what begins with `clone-pr-` cannot
 *    be read as a clone of the key `nightly`, nor as one of another prefix: a role that may only create under `clone-pr-*` makes
 *    clones of pull requests and nothing else.
 * 3. The identifier ends in the hash of all that the tags say (64 bits). Head and hash cannot overlap, since a hash has no hyphen.
 *    So tags that are put on another cluster, by mistake or on purpose, make nothing ours.
 * 4. AWS made it when its tag says (`ClusterCreateTime`): a cluster that was restored later under a former clone's name, with its
 *    tags, is another one.
 * 5. The identity is the one that is asked about.
 *
 * Unknown, unreadable or partial means: not owned.
 */
export function ownershipOf(cluster: ClusterSnapshot, asked: AskedIdentity = {}): Ownership {
  const { tags } = cluster
  if (tags === undefined) return notOwned('its tags could not be read')
  const identity = claimedIdentity(tags)
  if (identity === undefined) return notOwned('it does not carry the ownership tags of this action')
  const mismatch = tagMismatch(tags, identity, cluster.identifier)
  if (mismatch !== undefined) return notOwned(mismatch)
  if (!isWellFormed(identity)) return notOwned('its tags say what this action never writes')
  if (!isIdentifierOf(cluster.identifier, identity))
    return notOwned('its identifier is not one that this action makes for the identity in its tags')
  if (cluster.isReplica) return notOwned('it replicates another cluster')
  if (cluster.isGlobalMember) return notOwned('it is part of a global database')
  const foreign = Object.keys(tags).find((key) => /^aws:(?:cloudformation|servicecatalog):/.test(key))
  if (foreign !== undefined) return notOwned(`it belongs to a stack (tag ${foreign})`)
  const createdAtMs = fittingAge(cluster, tags)
  if (createdAtMs === undefined)
    return notOwned(`AWS did not make it at the time in its tag ${TAG.createdAt}`)
  if (!isAskedFor(identity, asked)) return notOwned('its tags name another clone')
  return { owned: true, identity, tags, createdAtMs }
}

function notOwned(because: string): Ownership {
  return { owned: false, because }
}

function tagMismatch(tags: Tags, identity: CloneIdentity, clusterIdentifier: string): string | undefined {
  for (const [key, expected] of Object.entries(ownershipTags(identity, clusterIdentifier))) {
    const found = tags[key]
    if (found === undefined) return `its tag ${key} is missing`
    if (found !== expected) return `its tag ${key} is "${found}", expected "${expected}"`
  }
  return undefined
}

const MINUTE_MS = 60_000
/** The tag has AWS's own time of right before the restore; retries of that call, and AWS's own work, come in between. */
const CREATED_EARLIER_MS = 2 * MINUTE_MS
const CREATED_LATER_MS = 10 * MINUTE_MS

/** Since when the cluster is there, where tag and AWS agree; `undefined` where they do not. AWS may not say it while it creates. */
function fittingAge({ createdAtMs, status }: ClusterSnapshot, tags: Tags): number | undefined {
  const tagged = tags[TAG.createdAt]
  const taggedAtMs = timeMs(tagged)
  if (taggedAtMs === undefined || new Date(taggedAtMs).toISOString() !== tagged) return undefined
  if (createdAtMs === undefined) return status === 'creating' ? taggedAtMs : undefined
  const laterMs = createdAtMs - taggedAtMs
  return laterMs >= -CREATED_EARLIER_MS && laterMs <= CREATED_LATER_MS
    ? Math.min(createdAtMs, taggedAtMs)
    : undefined
}

/** The owned clusters of a listing that belong to this server (and repository, key, name and generation, where given). */
export function ownedClones(
  clusters: readonly ClusterSnapshot[],
  asked: AskedIdentity & Pick<CloneIdentity, 'server'>,
): readonly OwnedClone[] {
  return clusters.flatMap((cluster) => {
    const ownership = ownershipOf(cluster, asked)
    if (!ownership.owned) return []
    const { identity, tags, createdAtMs } = ownership
    return [{ cluster, identity, tags, createdAtMs }]
  })
}

export interface OwnedClone {
  readonly cluster: ClusterSnapshot
  readonly identity: CloneIdentity
  readonly tags: Tags
  /** Milliseconds since the epoch, by AWS's clock. */
  readonly createdAtMs: number
}

export function newestFirst(clones: readonly OwnedClone[]): readonly OwnedClone[] {
  return clones.toSorted((a, b) => b.createdAtMs - a.createdAtMs)
}

/** The one that a run means where several fit: none that is being deleted. */
export function newestAlive(clones: readonly OwnedClone[]): OwnedClone | undefined {
  return newestFirst(clones).find(({ cluster }) => clusterPhase(cluster.status) !== 'deleting')
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

export type DeletionVerdict = { readonly allowed: true } | DeletionRefusal

export interface DeletionRefusal {
  readonly allowed: false
  readonly kind: 'held' | 'protected' | 'not-owned'
  readonly because: string
}

/** The guard of every deletion: see delete-clone.ts, the only place that may delete. `nowMs` is AWS's time, or UNKNOWN_TIME_MS. */
export function judgeDeletion(
  cluster: ClusterSnapshot,
  target: DeletionTarget,
  nowMs: number,
): DeletionVerdict {
  const refuse = (kind: DeletionRefusal['kind'], because: string): DeletionRefusal => ({
    allowed: false,
    kind,
    because,
  })
  if (cluster.identifier !== target.identifier)
    return refuse('not-owned', `AWS described "${cluster.identifier}" instead`)
  const source = target.source?.toLowerCase()
  if (source === cluster.identifier || source?.endsWith(`:cluster:${cluster.identifier}`) === true)
    return refuse('not-owned', 'it is the source cluster itself')
  const ownership = ownershipOf(cluster, target.identity)
  if (!ownership.owned) return refuse('not-owned', ownership.because)
  if (cluster.resourceId === '' || cluster.resourceId !== target.resourceId)
    return refuse('not-owned', 'another cluster has taken its name meanwhile')
  if (isHeld(ownership.tags, nowMs))
    return refuse('held', `its tag ${TAG.hold} is "${ownership.tags[TAG.hold] ?? ''}"`)
  if (cluster.deletionProtection) return refuse('protected', 'deletion protection is on')
  return { allowed: true }
}
