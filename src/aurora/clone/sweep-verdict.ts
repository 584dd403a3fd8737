import { type PullRequestReading, type Unreadable, hasLabel } from '../demand.ts'
import type { RemovalReason } from '../outcome.ts'
import { timeMs } from '../tag-value.ts'
import { pullRequestNumber } from './identity.ts'
import { UNKNOWN_TIME_MS } from './aws-time.ts'
import { type OwnedClone, judgeDeletion } from './ownership.ts'
import { clusterPhase } from './statuses.ts'
import { TAG, labelOf } from './tags.ts'

/** Why a sweep leaves a clone alone. */
export type KeepReason =
  /** Its time has not come, and its pull request, if it has one, wants it. */
  | 'in-use'
  | 'deleting'
  | 'held'
  | 'protected'
  /** What the guard says of it: see ownership.ts. */
  | 'not-owned'
  /** Younger than an hour, and its pull request is not known to be closed. */
  | 'young'
  /** One of the newest generations of its key. */
  | 'latest'
  | 'pull-request-unreadable'
  /** The repository has no such label any more: it was renamed or deleted, and the pull request says nothing by not having it. */
  | 'label-unknown'
  | 'expiry-unreadable'
  /** AWS's answers did not say what time it is there, and nothing is deleted by any other clock. */
  | 'time-unknown'

export type SweepVerdict =
  | { readonly action: 'delete'; readonly reason: RemovalReason; readonly detail?: undefined }
  | { readonly action: 'keep'; readonly reason: KeepReason; readonly detail?: string }

/** What a sweep knows about one clone when it decides. */
export interface SweepView {
  readonly clone: OwnedClone
  /** The pull request that the clone belongs to; `undefined` if it has none, or if only the TTL counts. */
  readonly reading: PullRequestReading | undefined
  /** The labels that the repository has; `undefined` where that was not asked. */
  readonly repositoryLabels: readonly string[] | Unreadable | undefined
  /** `keep-latest` keeps it. */
  readonly isLatest: boolean
  /** AWS's time; `undefined` where its answers did not tell. */
  readonly nowMs: number | undefined
}

/** A run for the clone may be between its first call and its last; only a closed pull request has nothing to wait for. */
const YOUNG_MS = 60 * 60_000

/**
 * Whether one clone is an orphan: its pull request is definitely closed, or lost the label that the clone was made for, or its
 * time has passed. Whatever is unknown or unreadable keeps it. Pure; decided once from the listing, and again from fresh looks
 * right before the deletion.
 */
export function judgeOrphan(view: SweepView): SweepVerdict {
  const { clone, reading, isLatest, nowMs } = view
  const { cluster, identity } = clone
  if (clusterPhase(cluster.status) === 'deleting') return { action: 'keep', reason: 'deleting' }
  if (reading?.kind === 'unreadable')
    return { action: 'keep', reason: 'pull-request-unreadable', detail: reading.because }
  const due = dueBy(view)
  if (due.action === 'keep') return due
  if (due.reason === 'expired' && isLatest) return { action: 'keep', reason: 'latest' }
  if (due.reason !== 'pull-request-closed') {
    if (nowMs === undefined) return { action: 'keep', reason: 'time-unknown' }
    if (nowMs - clone.createdAtMs < YOUNG_MS) return { action: 'keep', reason: 'young' }
  }
  const { identifier, resourceId } = cluster
  const verdict = judgeDeletion(
    cluster,
    { identifier, resourceId, identity, source: undefined },
    nowMs ?? UNKNOWN_TIME_MS,
  )
  return verdict.allowed ? due : { action: 'keep', reason: verdict.kind, detail: verdict.because }
}

function dueBy(view: SweepView): SweepVerdict {
  const { clone, reading, nowMs } = view
  const { tags } = clone
  if (reading?.kind === 'closed') return { action: 'delete', reason: 'pull-request-closed' }
  const label = labelOf(tags)
  const isLabelGone = asksForLabels(clone, reading)
  const doubt = isLabelGone ? labelDoubt(label ?? '', view) : undefined
  if (isLabelGone && doubt === undefined) return { action: 'delete', reason: 'label-missing' }
  const expiresAtMs = timeMs(tags[TAG.expiresAt])
  if (expiresAtMs !== undefined && nowMs !== undefined && expiresAtMs <= nowMs)
    return { action: 'delete', reason: 'expired' }
  if (doubt !== undefined) return doubt
  if (expiresAtMs === undefined) return { action: 'keep', reason: 'expiry-unreadable' }
  return { action: 'keep', reason: nowMs === undefined ? 'time-unknown' : 'in-use' }
}

/** Whether it matters which labels the repository has. */
export function asksForLabels({ tags }: OwnedClone, reading: PullRequestReading | undefined): boolean {
  const label = labelOf(tags)
  return reading?.kind === 'open' && label !== undefined && !hasLabel(reading.labels, label)
}

/** GitHub takes a label that is renamed or deleted off no pull request with an event: then its absence says nothing. */
function labelDoubt(label: string, { repositoryLabels: known = [] }: SweepView): SweepVerdict | undefined {
  if ('kind' in known) return { action: 'keep', reason: 'pull-request-unreadable', detail: known.because }
  return hasLabel(known, label)
    ? undefined
    : { action: 'keep', reason: 'label-unknown', detail: `the repository has no label "${label}"` }
}

/**
 * A run may still be making it: never ready so far, and either AWS is at it, which may take hours for a full copy, or it is
 * younger than an hour. At an unknown time it may be, too.
 */
export function mayBeUnderWay(clone: OwnedClone, nowMs: number | undefined): boolean {
  if (clone.tags[TAG.readyAt] !== undefined) return false
  return clone.cluster.status === 'creating' || nowMs === undefined || nowMs - clone.createdAtMs < YOUNG_MS
}

/** The pull request whose live state decides about a clone. */
export function pullRequestOf({ identity }: OwnedClone): number | undefined {
  return pullRequestNumber(identity.key)
}
