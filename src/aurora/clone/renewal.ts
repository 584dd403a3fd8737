import { AddTagsToResourceCommand } from '@aws-sdk/client-rds'
import { Failure } from '../../failure.ts'
import { canonicalLabel } from '../../tag-value.ts'
import { hasCode, isDenied, isDeniedToNew, isTransient } from '../api/aws-call.ts'
import { type AwsRun, timeAtAws } from '../api/aws-run.ts'
import { UNKNOWN_TIME_MS } from '../api/aws-time.ts'
import { describeCluster } from '../api/describe.ts'
import type { ClusterSnapshot, Tags } from '../api/snapshot.ts'
import { clusterPhase } from '../api/statuses.ts'
import { mayBeHidden } from '../pace.ts'
import type { CloneIdentity } from './identity.ts'
import { type OwnedClone, ownershipOf } from './ownership.ts'
import { type UnderPreparation, preparationText } from './preparation.ts'
import {
  type ResetRequests,
  isGoingBack,
  resetRequestsText,
  unmetRequests,
  withChosenMoment,
  withRequests,
} from './reset-requests.ts'
import { NONE, TAG, WITHOUT_LABEL, isOwnTag, ownershipTags, readTags, tagList } from './tags.ts'

/** The tags that a run wants a clone to have. */
export interface Wishes {
  /** Its lifetime from now on, in milliseconds. */
  readonly ttlMs?: number | undefined
  /** The label that asks for the clone; `none`: it is wanted without one. */
  readonly label?: { readonly name: string } | 'none'
  /** Value of the hold tag. */
  readonly hold?: string | undefined
  /** Requests for fresh data. A clone that was never handed out meets them as it is. */
  readonly resets?: ResetRequests | undefined
  /** Requests that are met by going back: the run begins with that, or has done it. `withdrawn`: AWS did not do it. */
  readonly rewinding?:
    | { readonly tag: 'resets'; readonly requests: ResetRequests }
    | { readonly tag: 'resetting'; readonly requests: ResetRequests; readonly toMs: number | undefined }
    | 'withdrawn'
    | undefined
  /** The run is about to publish the clone's endpoint, in this state. */
  readonly handOut?: 'ready' | 'creating' | undefined
  /** How far the clone is prepared now, as the run `by` says. It is not written over the word of another run at work. */
  readonly preparation?: { readonly now: UnderPreparation; readonly by: string } | undefined
  /** The tags of the run that makes the writer. */
  readonly making?: Tags
}

/** What a run with this input wants of the label in the tags; without it, the clone is wanted without one. */
export function labelWish(label: string | undefined): NonNullable<Wishes['label']> {
  return label === undefined ? 'none' : { name: label }
}

/**
 * The tags to write on a clone that is wanted again. It expires at the later of the old time and now + TTL. `ready-at` is
 * written once, when the clone is first ready. Without AWS's time, its life is not extended.
 */
export function renewedTags(clone: OwnedClone, wishes: Wishes, nowMs: number | undefined): Tags {
  const { ttlMs, label, hold, preparation } = wishes
  const renewed: Record<string, string> = {
    ...makingTags(clone, wishes),
    ...handOutTags(clone, wishes, nowMs),
  }
  if (ttlMs !== undefined && nowMs !== undefined && nowMs + ttlMs > (clone.expiresAtMs ?? 0))
    renewed[TAG.expiresAt] = new Date(nowMs + ttlMs).toISOString()
  if (label === 'none') {
    if (clone.label !== undefined) Object.assign(renewed, WITHOUT_LABEL)
  } else if (label !== undefined && clone.label !== canonicalLabel(label.name)) {
    renewed[TAG.label] = canonicalLabel(label.name)
  }
  if (hold !== undefined && clone.hold.text !== hold) renewed[TAG.hold] = hold
  return { ...renewed, ...preparationTags(clone, preparation), ...resetTags(clone, wishes) }
}

function resetTags(clone: OwnedClone, { resets, rewinding }: Wishes): Tags {
  if (rewinding === 'withdrawn')
    return isGoingBack(clone) ? { [TAG.resetting]: resetRequestsText(clone.resets) || NONE } : {}
  const fresh =
    clone.isHandedOut || resets === undefined ? undefined : ({ tag: 'resets', requests: resets } as const)
  return Object.fromEntries(
    [fresh, rewinding].flatMap((wish) => {
      if (wish === undefined) return []
      const known = clone[wish.tag]
      const toMs = wish.tag === 'resetting' ? wish.toMs : undefined
      const isOther = wish.tag === 'resetting' && toMs !== clone.resettingToMs
      if (!isOther && unmetRequests(wish.requests, known).length === 0) return []
      const text = resetRequestsText(withRequests(known, wish.requests))
      return [[TAG[wish.tag], withChosenMoment(text, toMs)]]
    }),
  )
}

function preparationTags(clone: OwnedClone, wish: Wishes['preparation']): Tags {
  const { preparation: now, cluster } = clone
  if (wish === undefined || (now.kind === 'begun' && now.run !== wish.by)) return {}
  const text = preparationText(wish.now)
  return cluster.tags?.[TAG.sanitised] === text ? {} : { [TAG.sanitised]: text }
}

/** The role may write a user's tags only together with the identity (see policies/permissions.ts, CreateClones). */
function makingTags({ cluster, identity }: OwnedClone, { making = {} }: Wishes): Tags {
  const changed = Object.entries(making).filter(([key, value]) => cluster.tags?.[key] !== value)
  const isOwn = changed.every(([key]) => isOwnTag(key))
  return { ...Object.fromEntries(changed), ...(isOwn ? {} : ownershipTags(identity, cluster.identifier)) }
}

/** What counts is that the tag is there: without AWS's time, it says so. */
function handOutTags(
  { hasBeenReady, isHandedOut }: OwnedClone,
  { handOut }: Wishes,
  nowMs: number | undefined,
): Tags {
  const now = nowMs === undefined ? 'unknown' : new Date(nowMs).toISOString()
  if (handOut === 'ready' && !hasBeenReady) return { [TAG.readyAt]: now }
  return handOut === 'creating' && !isHandedOut ? { [TAG.handedOutAt]: now } : {}
}

/** Whether a clone lacks a tag that this run wants. */
export function lacksTags(clone: OwnedClone, wishes: Wishes, nowMs: number | undefined): boolean {
  return Object.keys(renewedTags(clone, wishes, nowMs)).length > 0
}

/** Writes the requested hold tag before a deletion, so that the deletion guard sees it. */
export async function writeHold(
  aws: AwsRun,
  clone: OwnedClone,
  hold: string | undefined,
): Promise<OwnedClone> {
  if (hold === undefined || clusterPhase(clone.cluster.status) === 'deleting') return clone
  // A clone that is gone since the listing needs no tag.
  return clone.hold.text === hold ? clone : ((await writeTags(aws, clone, { hold })) ?? clone)
}

/** Tries that wait out an outage of a minute. */
const MOST_TRIES = 35
/** Tries of a run that has more urgent work: it writes the tags later. */
export const FEW_TRIES = 5
const BETWEEN_TRIES_MS = 2_000

interface TaggedClone extends Pick<OwnedClone, 'cluster' | 'identity'> {
  readonly mostTries?: number
  /** When AWS accepted the clone, which it may hide since; by the runner's clock. */
  readonly hiddenSinceMs?: number | undefined
}

/**
 * Writes the tags that a clone lacks, and returns the clone with them; `undefined` if AWS says that it is gone. The call uses only
 * the name. So the clone is read and judged right before it, and nothing waits in between. A clone that AWS is deleting gets no
 * tags. Throws if the name belongs to another cluster by then.
 */
export async function writeTags(
  aws: AwsRun,
  { cluster: found, identity, mostTries = MOST_TRIES, hiddenSinceMs }: TaggedClone,
  wishes: Wishes,
): Promise<OwnedClone | undefined> {
  const { rds, once, clock, awsNow, signal } = aws
  for (let tries = 1; ; tries++) {
    let createdAtMs = UNKNOWN_TIME_MS
    try {
      const cluster = await describeCluster(rds, found.identifier, signal)
      if (cluster === undefined) {
        if (signal.aborted || !mayBeHidden(hiddenSinceMs, clock.now())) return undefined
        await clock.sleep(BETWEEN_TRIES_MS, signal)
        continue
      }
      const clone = provenClone(cluster, { found, identity })
      createdAtMs = clone.createdAtMs
      const tags = renewedTags(clone, wishes, awsNow())
      if (Object.keys(tags).length === 0 || clusterPhase(cluster.status) === 'deleting') return clone
      await once.send(new AddTagsToResourceCommand({ ResourceName: cluster.arn, Tags: tagList(tags) }))
      const written = { ...cluster.tags, ...tags }
      return { ...clone, cluster: { ...cluster, tags: written }, ...readTags(written) }
    } catch (error) {
      if (hasCode(error, 'DBClusterNotFoundFault')) return undefined
      const mayPass =
        isDeniedToNew(error, { createdAtMs, nowMs: timeAtAws(aws) }) ||
        (isTransient(error) && tries < mostTries)
      if (!mayPass || signal.aborted) {
        if (await isGone(aws, found, error)) return undefined
        throw error
      }
      await clock.sleep(BETWEEN_TRIES_MS, signal)
    }
  }
}

export function provenClone(
  cluster: ClusterSnapshot,
  { found, identity }: Readonly<{ found: ClusterSnapshot; identity: CloneIdentity }>,
): OwnedClone {
  const ownership = ownershipOf(cluster, identity)
  if (!ownership.owned) throw nameTaken(found.identifier, ownership.because)
  if (cluster.resourceId !== found.resourceId)
    throw nameTaken(found.identifier, 'another cluster has taken its name meanwhile')
  return ownership.clone
}

export function deletedMeanwhile(identifier: string): Failure {
  return new Failure({
    title: 'No clone',
    what: `Clone "${identifier}" was deleted while this run was working on it.`,
    remedy: 'Run mode create again.',
  })
}

/** If the role's policy uses tags, AWS denies the tagging of a cluster that no longer exists. */
async function isGone({ rds, signal }: AwsRun, found: ClusterSnapshot, error: unknown): Promise<boolean> {
  if (!isDenied(error) || error.operation !== 'AddTagsToResource') return false
  return (await describeCluster(rds, found.identifier, signal).catch(() => found)) === undefined
}

function nameTaken(identifier: string, because: string): Failure {
  return new Failure({
    title: 'Cluster not owned',
    what: `Cluster "${identifier}" is not the clone that this run has found: ${because}. It was not touched.`,
    remedy: 'Look at the cluster and its tags in the RDS console, then run again.',
  })
}
