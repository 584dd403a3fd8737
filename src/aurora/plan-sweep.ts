import { type PullRequestReading, hasLabel } from '../demand.ts'
import type { RemovalReason } from '../outcome.ts'
import { pullRequestNumber } from './identity.ts'
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
  | 'age-unreadable'

export type SweepVerdict =
  | { readonly action: 'delete'; readonly reason: RemovalReason; readonly detail?: undefined }
  | { readonly action: 'keep'; readonly reason: KeepReason; readonly detail?: string }

/** What a sweep knows about one clone when it decides. */
export interface SweepView {
  readonly clone: OwnedClone
  /** The pull request that the clone belongs to; `undefined` if it has none, or if only the TTL counts. */
  readonly reading: PullRequestReading | undefined
  /** `keep-latest` keeps it. */
  readonly isLatest: boolean
  readonly nowMs: number
}

/** A run for the clone may be between its first call and its last; only a closed pull request has nothing to wait for. */
const YOUNG_MS = 60 * 60_000

/**
 * Whether one clone is an orphan: its pull request is definitely closed, or lost the label that the clone was made for, or its
 * time has passed. Whatever is unknown or unreadable keeps it. Pure; decided once from the listing, and again from fresh looks
 * right before the deletion.
 */
export function judgeOrphan({ clone, reading, isLatest, nowMs }: SweepView): SweepVerdict {
  const { cluster, identity } = clone
  if (clusterPhase(cluster.status) === 'deleting') return { action: 'keep', reason: 'deleting' }
  if (reading?.kind === 'unreadable')
    return { action: 'keep', reason: 'pull-request-unreadable', detail: reading.because }
  const due = dueBy({ clone, reading, nowMs })
  if (due.action === 'keep') return due
  if (due.reason === 'expired' && isLatest) return { action: 'keep', reason: 'latest' }
  if (due.reason !== 'pull-request-closed') {
    const ageMs = ageOf(clone, nowMs)
    if (ageMs === undefined) return { action: 'keep', reason: 'age-unreadable' }
    if (ageMs < YOUNG_MS) return { action: 'keep', reason: 'young' }
  }
  const { identifier, resourceId } = cluster
  const verdict = judgeDeletion(cluster, { identifier, resourceId, identity, source: undefined }, nowMs)
  return verdict.allowed ? due : { action: 'keep', reason: verdict.kind, detail: verdict.because }
}

function dueBy({ clone, reading, nowMs }: Pick<SweepView, 'clone' | 'reading' | 'nowMs'>): SweepVerdict {
  const { tags } = clone
  if (reading?.kind === 'closed') return { action: 'delete', reason: 'pull-request-closed' }
  const label = labelOf(tags)
  if (reading?.kind === 'open' && label !== undefined && !hasLabel(reading.labels, label))
    return { action: 'delete', reason: 'label-missing' }
  const expiresAtMs = Date.parse(tags[TAG.expiresAt] ?? '')
  if (Number.isNaN(expiresAtMs)) return { action: 'keep', reason: 'expiry-unreadable' }
  return expiresAtMs <= nowMs ? { action: 'delete', reason: 'expired' } : { action: 'keep', reason: 'in-use' }
}

/**
 * A run may still be making it: never ready so far, and either AWS is at it, which may take hours for a full copy, or it is
 * younger than an hour. Of unknown age it may be, too.
 */
export function mayBeUnderWay(clone: OwnedClone, nowMs: number): boolean {
  if (clone.tags[TAG.readyAt] !== undefined) return false
  return clone.cluster.status === 'creating' || (ageOf(clone, nowMs) ?? 0) < YOUNG_MS
}

/** Since when the clone is there; the later of what AWS and its tag say, so that neither makes it older than it is. */
export function ageOf({ cluster, tags }: OwnedClone, nowMs: number): number | undefined {
  const times = [Date.parse(tags[TAG.createdAt] ?? ''), cluster.createdAtMs ?? Number.NaN].filter(
    (time) => !Number.isNaN(time),
  )
  return times.length === 0 ? undefined : Math.max(0, nowMs - Math.max(...times))
}

/** The pull request whose live state decides about a clone. */
export function pullRequestOf({ identity }: OwnedClone): number | undefined {
  return pullRequestNumber(identity.key)
}
