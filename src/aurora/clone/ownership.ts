import { isHeld, timeMs } from '../../tag-value.ts'
import type { ClusterSnapshot, Tags } from '../api/snapshot.ts'
import { clusterPhase } from '../api/statuses.ts'
import {
  type AskedIdentity,
  type CloneIdentity,
  isAskedFor,
  isIdentifierOf,
  isWellFormed,
  pullRequestNumber,
} from './identity.ts'
import { type CloneTags, TAG, claimedIdentity, ownershipTags, readTags } from './tags.ts'

/** A cluster that this action made, with its parsed tags. */
export interface OwnedClone extends CloneTags {
  readonly cluster: ClusterSnapshot
  readonly identity: CloneIdentity
  /** The earlier of AWS's time and the tag's, both by AWS's clock. So no clone seems too young or comes from the future. */
  readonly createdAtMs: number
}

type Ownership =
  { readonly owned: true; readonly clone: OwnedClone } | { readonly owned: false; readonly because: string }

/**
 * Judges from AWS's description alone whether this action made a cluster, and whether the run asks about it. Every decision
 * about a clone uses this judgement: to hand it out, tag it, clone from it, count it or delete it.
 *
 * Tags are claims: whoever may tag can forge them, and AWS copies them. So all of this must hold:
 *
 * 1. Every ownership tag is there and has the form that the inputs allow. The cluster tag names this very cluster: a manual
 *    clone of a clone has the other's tags.
 * 2. The identifier begins with `<prefix>-<key>-` of the tags. The prefix is one word, so it ends at the first hyphen. A pull
 *    request's key is `pr-` and a number; no other key is `pr` or begins with `pr-`. So `clone-pr-…` cannot be read as
 *    another prefix, or as the key `nightly`. A role that may create only under `clone-pr-*` therefore makes only clones of
 *    pull requests.
 * 3. The identifier ends in the hash of the whole identity in the tags (64 bits). A hash has no hyphen, so head and hash
 *    cannot overlap. So ownership tags on another cluster, by mistake or on purpose, do not make it ours.
 * 4. AWS made it at the time in its tag (`ClusterCreateTime`). A cluster restored later under a former clone's name, with its
 *    tags, is another one.
 * 5. The run asks about this identity.
 *
 * Unknown, unreadable or partial means: not owned.
 */
export function ownershipOf(cluster: ClusterSnapshot, asked: AskedIdentity = {}): Ownership {
  const { tags } = cluster
  if (tags === undefined) return notOwned('its tags could not be read')
  const identity = claimedIdentity(tags)
  if (identity === undefined) return notOwned('it does not have the ownership tags of this action')
  const mismatch = tagMismatch(tags, identity, cluster.identifier)
  if (mismatch !== undefined) return notOwned(mismatch)
  if (!isWellFormed(identity)) return notOwned('its tags have values that this action never writes')
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
  return { owned: true, clone: { cluster, identity, createdAtMs, ...readTags(tags) } }
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

/** The tag has AWS's time right before the restore call. Retries and AWS's own work come between it and the creation. */
const CREATED_EARLIER_MS = 120_000
const CREATED_LATER_MS = 600_000

/** When the cluster was created; `undefined` where tag and AWS disagree. AWS may omit its time while it creates. */
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

/** The owned clusters of a listing on this server that match the other parts of `asked`. */
export function ownedClones(
  clusters: readonly ClusterSnapshot[],
  asked: AskedIdentity & Pick<CloneIdentity, 'server'>,
): readonly OwnedClone[] {
  return clusters.flatMap((cluster) => {
    const ownership = ownershipOf(cluster, asked)
    return ownership.owned ? [ownership.clone] : []
  })
}

/** Who a clone serves: today the owner in its identity. A clone that is made ahead of demand will have both. */
export interface Owner {
  /** `undefined` for a clone with a key of its own. */
  readonly pullRequest: number | undefined
  readonly key: string
}

export function ownerOf({ identity: { key } }: Pick<OwnedClone, 'identity'>): Owner {
  return { pullRequest: pullRequestNumber(key), key }
}

/** The order of two clones of one moment is always the same, so that every run keeps the same ones. */
export function newestFirst(clones: readonly OwnedClone[]): readonly OwnedClone[] {
  const last = ({ cluster: { identifier: a } }: OwnedClone, { cluster: { identifier: b } }: OwnedClone) =>
    a < b ? 1 : -1
  return clones.toSorted((a, b) => b.createdAtMs - a.createdAtMs || last(a, b))
}

/** The clone that a run means if several match: the newest that is not being deleted. */
export function newestAlive(clones: readonly OwnedClone[]): OwnedClone | undefined {
  return newestFirst(clones).find(({ cluster }) => clusterPhase(cluster.status) !== 'deleting')
}

/** The clone that a caller decided to delete. */
export interface DeletionTarget {
  readonly identifier: string
  /** Immutable id of the cluster that the caller decided on: a new cluster under its name has another. */
  readonly resourceId: string
  readonly identity: CloneIdentity
  /** The configured source cluster, by identifier or ARN, if known: never deleted, whatever its tags say. */
  readonly source: string | undefined
}

export type DeletionVerdict = { readonly allowed: true; readonly clone: OwnedClone } | DeletionRefusal

export type DeletionRefusal =
  | { readonly allowed: false; readonly kind: 'not-owned'; readonly because: string }
  | Readonly<{ allowed: false; kind: 'held' | 'protected'; because: string; clone: OwnedClone }>

/** The guard of every deletion (see delete-clone.ts, the only file that deletes). `nowMs` is AWS's time, or UNKNOWN_TIME_MS. */
export function judgeDeletion(
  cluster: ClusterSnapshot,
  target: DeletionTarget,
  nowMs: number,
): DeletionVerdict {
  const foreign = (because: string): DeletionRefusal => ({ allowed: false, kind: 'not-owned', because })
  if (cluster.identifier !== target.identifier)
    return foreign(`AWS described "${cluster.identifier}" instead`)
  const source = target.source?.toLowerCase()
  if (source === cluster.identifier || source?.endsWith(`:cluster:${cluster.identifier}`) === true)
    return foreign('it is the source cluster itself')
  const ownership = ownershipOf(cluster, target.identity)
  if (!ownership.owned) return foreign(ownership.because)
  if (cluster.resourceId === '' || cluster.resourceId !== target.resourceId)
    return foreign('another cluster has taken its name meanwhile')
  const { clone } = ownership
  if (isHeld(clone.hold, nowMs))
    return { allowed: false, kind: 'held', because: `its tag ${TAG.hold} is "${clone.hold.text}"`, clone }
  if (cluster.deletionProtection)
    return { allowed: false, kind: 'protected', because: 'deletion protection is on', clone }
  return { allowed: true, clone }
}
