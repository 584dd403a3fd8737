import { AddTagsToResourceCommand } from '@aws-sdk/client-rds'
import { Failure } from '../failure.ts'
import { canonicalLabel, timeMs } from '../tag-value.ts'
import { hasCode, isDenied, isDeniedToNew, isPassing } from './aws-call.ts'
import type { AwsRun } from './aws-run.ts'
import { UNKNOWN_TIME_MS } from './aws-time.ts'
import type { CloneIdentity } from './identity.ts'
import { describeCluster } from './observe.ts'
import { ownershipOf } from './ownership.ts'
import type { ClusterSnapshot } from './snapshot.ts'
import { clusterPhase } from './statuses.ts'
import { type Tags, TAG, WITHOUT_LABEL, labelOf } from './tags.ts'

/**
 * The tags to write on a clone that is asked for again: its time is extended to the later of the old one and now + TTL, the
 * label is the one it is asked for with now, a hold is put on or taken off where that is asked for, and `ready-at` is written once,
 * when it is ready for the first time. Without AWS's time no time is written.
 */
export function renewedTags(
  tags: Tags,
  {
    nowMs,
    ttlMs,
    label,
    hold,
    isReady,
  }: {
    readonly nowMs: number | undefined
    readonly ttlMs: number | undefined
    /** `none`: wanted without a label from now on; `undefined` leaves it as it is. */
    readonly label: { readonly name: string } | 'none' | undefined
    readonly hold: string | undefined
    readonly isReady: boolean
  },
): Tags {
  const renewed: Record<string, string> = {}
  if (ttlMs !== undefined && nowMs !== undefined) {
    const expiresAtMs = timeMs(tags[TAG.expiresAt]) ?? 0
    if (nowMs + ttlMs > expiresAtMs) renewed[TAG.expiresAt] = new Date(nowMs + ttlMs).toISOString()
  }
  if (label === 'none') {
    if (labelOf(tags) !== undefined) Object.assign(renewed, WITHOUT_LABEL)
  } else if (label !== undefined && tags[TAG.label] !== canonicalLabel(label.name)) {
    renewed[TAG.label] = canonicalLabel(label.name)
  }
  if (hold !== undefined && (tags[TAG.hold] ?? 'false') !== hold) renewed[TAG.hold] = hold
  if (isReady && tags[TAG.readyAt] === undefined && nowMs !== undefined)
    renewed[TAG.readyAt] = new Date(nowMs).toISOString()
  return renewed
}

/** A clone as it was judged to be ours. */
export interface FoundClone {
  readonly cluster: ClusterSnapshot
  readonly identity: CloneIdentity
}

/** A person's word on a clone that is about to be removed: it is written before the deletion, which then sees it. */
export async function writeHold(
  aws: AwsRun,
  found: FoundClone,
  hold: string | undefined,
): Promise<ClusterSnapshot> {
  const { cluster } = found
  if (hold === undefined || clusterPhase(cluster.status) === 'deleting') return cluster
  const held = (tags: Tags): Tags => ((tags[TAG.hold] ?? 'false') === hold ? {} : { [TAG.hold]: hold })
  // Gone since it was listed: no one needs the tag now.
  return Object.keys(held(cluster.tags ?? {})).length === 0
    ? cluster
    : ((await writeTags(aws, found, held)) ?? cluster)
}

const TRIES = 5
const BETWEEN_TRIES_MS = 2_000

/**
 * Writes the tags that a clone wants, and gives the cluster with them; `undefined` when AWS says that it is gone. The clone is read
 * and judged right before: the call goes by name, and nothing that waits stands between that look and it. One that AWS is deleting
 * by then gets no tags. Throws where the name belongs to another cluster by then.
 */
export async function writeTags(
  aws: AwsRun,
  { cluster: found, identity }: FoundClone,
  wanted: (tags: Tags) => Tags,
): Promise<ClusterSnapshot | undefined> {
  const { rds, once, clock, awsNow, signal } = aws
  for (let tries = 1; ; tries++) {
    let createdAtMs = UNKNOWN_TIME_MS
    try {
      const cluster = await describeCluster(rds, found.identifier, signal)
      if (cluster === undefined) return undefined
      const ownership = ownershipOf(cluster, identity)
      if (!ownership.owned || cluster.resourceId !== found.resourceId)
        throw nameTaken(
          found.identifier,
          ownership.owned ? 'another cluster has taken its name meanwhile' : ownership.because,
        )
      createdAtMs = ownership.createdAtMs
      const tags = wanted(ownership.tags)
      if (Object.keys(tags).length === 0 || clusterPhase(cluster.status) === 'deleting') return cluster
      await once.send(
        new AddTagsToResourceCommand({
          ResourceName: cluster.arn,
          Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
        }),
      )
      return { ...cluster, tags: { ...ownership.tags, ...tags } }
    } catch (error) {
      if (hasCode(error, 'DBClusterNotFoundFault')) return undefined
      const mayPass =
        isDeniedToNew(error, { createdAtMs, nowMs: awsNow() ?? UNKNOWN_TIME_MS }) ||
        (isPassing(error) && tries < TRIES)
      if (!mayPass || signal.aborted) {
        // Where a policy goes by tags, what is not there any more is denied.
        const isGone =
          isDenied(error) &&
          error.operation === 'AddTagsToResource' &&
          (await describeCluster(rds, found.identifier, signal).catch(() => found)) === undefined
        if (isGone) return undefined
        throw error
      }
      await clock.sleep(BETWEEN_TRIES_MS, signal)
    }
  }
}

function nameTaken(identifier: string, because: string): Failure {
  return new Failure({
    title: 'Cluster not owned',
    what: `Cluster "${identifier}" is not the clone that this run has found: ${because}. It was not touched.`,
    remedy: 'Look at the cluster and its tags in the RDS console, then run again.',
  })
}
