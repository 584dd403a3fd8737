import { type PullRequestReading, type Unreadable, hasLabel } from '../../demand.ts'
import type { KeepReason, RemovalReason } from '../../outcome.ts'
import { isHeld } from '../../tag-value.ts'
import { UNKNOWN_TIME_MS } from '../api/aws-time.ts'
import { clusterPhase } from '../api/statuses.ts'
import { type OwnedClone, judgeDeletion } from './ownership.ts'
import { leftBy } from './preparation.ts'

export type SweepVerdict =
  | { readonly action: 'delete'; readonly reason: RemovalReason; readonly detail?: undefined }
  | { readonly action: 'keep'; readonly reason: KeepReason; readonly detail?: string }

/** What a sweep knows about one clone when it decides. */
export interface SweepView {
  readonly clone: OwnedClone
  /** The clone's pull request; `undefined` if it has none, or if only the TTL counts. */
  readonly reading: PullRequestReading | undefined
  /** The repository's labels; `undefined` if the run did not ask for them. */
  readonly repositoryLabels: readonly string[] | Unreadable | undefined
  /** `keep-latest` keeps it. */
  readonly isLatest: boolean
  /** It was never handed out, and another incarnation was. */
  readonly isSuperseded: boolean
  /** AWS's time; `undefined` if its answers did not tell. */
  readonly nowMs: number | undefined
}

/** A run may still be making a young clone. Only a closed pull request makes that irrelevant. */
const YOUNG_MS = 60 * 60_000

/**
 * Whether one clone is an orphan: its pull request is closed or lost the clone's label, the clone has expired, or another
 * incarnation took its place before anybody could use it. Anything unknown or unreadable keeps it. Pure; called once from the
 * listing, and again from fresh looks right before the deletion.
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
  const target = { identifier, resourceId, identity, source: undefined }
  const verdict = judgeDeletion(cluster, target, nowMs ?? UNKNOWN_TIME_MS)
  return verdict.allowed ? due : { action: 'keep', reason: verdict.kind, detail: verdict.because }
}

function dueBy(view: SweepView): SweepVerdict {
  const { clone, reading, nowMs } = view
  const { label, expiresAtMs } = clone
  if (reading?.kind === 'closed') return { action: 'delete', reason: 'pull-request-closed' }
  const isLabelGone = asksForLabels(clone, reading)
  const doubt = isLabelGone ? labelDoubt(label ?? '', view) : undefined
  if (isLabelGone && doubt === undefined) return { action: 'delete', reason: 'label-missing' }
  if (expiresAtMs !== undefined && nowMs !== undefined && expiresAtMs <= nowMs)
    return { action: 'delete', reason: 'expired' }
  if (view.isSuperseded && !isBeingMade(clone, nowMs)) return { action: 'delete', reason: 'superseded' }
  if (doubt !== undefined) return doubt
  if (expiresAtMs === undefined) return { action: 'keep', reason: 'expiry-unreadable' }
  return { action: 'keep', reason: nowMs === undefined ? 'time-unknown' : 'in-use' }
}

/** AWS needs hours for a full copy, and sanitising may take as long. The clone is to take the place of the one in use. */
function isBeingMade({ cluster, preparation }: OwnedClone, nowMs = UNKNOWN_TIME_MS): boolean {
  return (
    cluster.status === 'creating' ||
    preparation.kind === 'handed-over' ||
    leftBy(preparation, { run: '', nowMs }) === 'a-run-at-work'
  )
}

/** Whether the verdict depends on the repository's labels. */
export function asksForLabels({ label }: OwnedClone, reading: PullRequestReading | undefined): boolean {
  return reading?.kind === 'open' && label !== undefined && !hasLabel(reading.labels, label)
}

/** GitHub renames or deletes a label on pull requests without an event, so its absence then proves nothing. */
function labelDoubt(label: string, { repositoryLabels: known = [] }: SweepView): SweepVerdict | undefined {
  if ('kind' in known) return { action: 'keep', reason: 'pull-request-unreadable', detail: known.because }
  return hasLabel(known, label)
    ? undefined
    : { action: 'keep', reason: 'label-unknown', detail: `the repository has no label "${label}"` }
}

/** How long before a clone expires its comment says so. */
const NOTICE_MS = 24 * 60 * 60_000

/** Whether the users of a clone must be told now that it expires. A held one does not. Pure. */
export function expiresSoon(
  { hasBeenReady, hold, expiresAtMs }: OwnedClone,
  { reason }: SweepVerdict,
  nowMs: number | undefined,
): boolean {
  if (reason !== 'in-use' || !hasBeenReady || expiresAtMs === undefined || nowMs === undefined) return false
  return expiresAtMs - nowMs <= NOTICE_MS && !isHeld(hold, nowMs)
}

/**
 * Whether a run may still be making the clone: it was never ready, and AWS is creating it (hours for a full copy), or it is younger than
 * an hour, or the time is unknown.
 */
export function mayBeUnderWay(clone: OwnedClone, nowMs: number | undefined): boolean {
  if (clone.hasBeenReady) return false
  return clone.cluster.status === 'creating' || nowMs === undefined || nowMs - clone.createdAtMs < YOUNG_MS
}
